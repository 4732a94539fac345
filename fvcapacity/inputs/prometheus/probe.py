"""A first look at a metric: is it there, under which name, how many series, how often scraped."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fvcapacity.errors import SourceError
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.growth import Grid
from fvcapacity.inputs.prometheus.labels import Labels, one_of, quoted, selector
from fvcapacity.inputs.prometheus.profiles import ProfileQuery
from fvcapacity.inputs.prometheus.ranges import fetch_grid, labels_of, samples_of

_LOOKS = 200
_SHOWN = 1000
_WATCHED_SERIES = 3
_LOOK_BACK_S = 1800


class Found(Frozen, dict=True):
    """A metric that the server has in the range.

    Attributes
    ----------
    selector
        How its series are selected.
    series
        Mean number of series at one time; ``most`` is the largest.
    labels
        Of some of the series.
    scrape_s
        Time between its samples; None when that cannot be told.
    first_s, last_s
        Instants of the first and last look at which it was there, ``look_s`` apart.
    """

    metric: str
    selector: str
    series: float
    most: int
    labels: tuple[Labels, ...]
    scrape_s: float | None
    first_s: int
    last_s: int
    look_s: int

    @cached_property
    def label_names(self) -> frozenset[str]:
        """Names of all labels that a series has."""
        return frozenset(name for labels in self.labels for name, value in labels if value)


class Scope(Frozen):
    """What of a server is wanted: namespaces, further matchers, and the time."""

    namespaces: tuple[str, ...]
    match: str
    grid: Grid


def find(client: PrometheusClient, query: ProfileQuery, scope: Scope) -> Found | None:
    """Return the first of a query's metrics that is there; None when none is.

    Raises
    ------
    SourceError
        When the server cannot be asked.
    """
    for name in query.metric:
        metric = f"{name}_bucket" if query.kind == "histogram" else name
        for label in query.namespace if scope.namespaces and query.namespace else ("",):
            inside = one_of(label, scope.namespaces) if label else ""
            found = _look(client, metric, selector(metric, query.where, inside, scope.match), scope.grid)
            if found is not None:
                return found
    return None


def is_ever(client: PrometheusClient, query: str, grid: Grid) -> bool:
    """Tell whether a query has an answer at some look at the range.

    Raises
    ------
    SourceError
        When the server cannot be asked.
    """
    looks, look_s = _looks(grid)
    return bool(fetch_grid(client, query, grid.start_s, looks, look_s)[0])


def nearest_names(names: list[str], wanted: tuple[str, ...]) -> list[str]:
    """Return the names of the server that come nearest to wanted ones, at most three."""
    close = [name for metric in wanted for name in get_close_matches(metric, names, n=3, cutoff=0.6)]
    return list(dict.fromkeys(close))[:3]


def _looks(grid: Grid) -> tuple[int, int]:
    """Return how many looks are taken at a range, and how far apart."""
    looks = min(_LOOKS, grid.count + 1)
    return looks, max((grid.end_s - grid.start_s) // max(looks - 1, 1), 1)


def _look(client: PrometheusClient, metric: str, selected: str, grid: Grid) -> Found | None:
    looks, look_s = _looks(grid)
    rows, _ = fetch_grid(client, f"count({selected})", grid.start_s, looks, look_s)
    counts = rows[0].values if rows else np.empty(0)
    counts = np.where(np.isfinite(counts), counts, np.nan)
    there = np.flatnonzero(counts > 0)
    if not there.size:
        return None
    at = grid.start_s + int(np.nanargmax(counts)) * look_s
    shown = client.query(f"topk({_SHOWN}, {selected})", at).result
    labels = tuple(sorted(labels_of(series) for series in shown))
    first, last = (grid.start_s + int(where) * look_s for where in (there[0], there[-1]))
    return Found(
        metric,
        selected,
        float(np.nanmean(counts[there])),
        int(np.nanmax(counts)),
        labels,
        scrape_interval(client, metric, labels, at),
        first,
        last,
        look_s,
    )


def scrape_interval(client: PrometheusClient, metric: str, labels: tuple[Labels, ...], at_s: int) -> float | None:
    """Return the time between samples of some series around an instant, to the second; None with too few samples."""
    chosen = [labels[index] for index in np.linspace(0, len(labels) - 1, _WATCHED_SERIES).astype(int)] if labels else []
    spans: list[npt.NDArray[np.float64]] = []
    for series in dict.fromkeys(chosen):
        inside = ",".join(f"{name}={quoted(value)}" for name, value in series if name != "__name__")
        for back_s in (_LOOK_BACK_S, 4 * _LOOK_BACK_S):
            result = client.query(f"{selector(metric, inside)}[{back_s}s]", at_s + _LOOK_BACK_S // 2).result
            if result and len(result[0].get("values", ())) > 2:
                spans.append(np.diff(samples_of(result[0])[0]))
                break
    if not spans:
        return None
    return max(float(np.round(np.median(np.concatenate(spans)))), 1.0)


def what_now(client: PrometheusClient, query: ProfileQuery, names: list[str]) -> tuple[str, str]:
    """Return a message and a remedy for a query whose metric is not there in the range.

    Raises
    ------
    SourceError
        When the server cannot be asked.
    """
    wanted = tuple(f"{name}_bucket" if query.kind == "histogram" else name for name in query.metric)
    shown = " or ".join(wanted)
    known = [name for name in wanted if name in names]
    if not known:
        close = nearest_names(names, wanted)
        hint = f"nearest names of the server: {', '.join(close)}" if close else "the server has no name like it"
        return f"the server has no metric {shown}", f"{hint}; write a profile with the right one"
    try:
        now = bool(client.query(f"count({known[0]})").result)
    except SourceError:
        now = False
    message = f"{known[0]} has no series that match in the range"
    if now:
        return message, "it has some now: a range beyond the server's retention, or matchers that exclude them?"
    hint = "check the range (in UTC unless it has an offset), --namespace, --match and where: in the profile"
    return message, f"it has none now either: {hint}"
