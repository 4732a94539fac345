"""The tables of the routes: over the window, by the minute, and by the window of five minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.dataplane.histogram import edges_ns, percentiles_s
from fvcapacity.dataplane.statistics import RouteColumn
from fvcapacity.program.program import Program
from fvcapacity.results import columns
from fvcapacity.results.conservation import ENDED, FAILED
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.span import Span, bins_of, instants, windows_of
from fvcapacity.results.totals import Totals
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.frames import conform

ALL = "all"
"""Name of the row that stands for the whole of the user routes."""
PERCENTS = (50.0, 90.0, 95.0, 99.0)
CAUSES = tuple(column.name for column in columns.CAUSES)

Ints = npt.NDArray[np.int64]


def with_whole(array: npt.NDArray[Any], users: npt.NDArray[np.bool_], axis: int) -> npt.NDArray[Any]:
    """Return the array with one more row along ``axis``: the sum over the user routes."""
    whole = np.compress(users, array, axis=axis).sum(axis=axis, keepdims=True, dtype=np.int64)
    return np.concatenate([array.astype(np.int64), whole], axis=axis)


def route_table(outcome: RunOutcome, totals: Totals, program: Program) -> pd.DataFrame:
    """Return the table ``routes`` of one replication."""
    users = np.array(program.user_routes, dtype=bool)
    before, counts = with_whole(totals.before, users, 0), with_whole(totals.routes, users, 0)
    histogram = with_whole(totals.route_histogram + totals.whole.route_open_histogram, users, 0)
    failed, ended = counts[:, FAILED].sum(axis=1), counts[:, ENDED].sum(axis=1)
    return conform(
        columns.ROUTES,
        {
            "replication": np.full(len(counts), outcome.replication),
            "route": [*program.routes, ALL],
            "user": [*program.user_routes, True],
            "requests": counts[:, RouteColumn.ARRIVED],
            "open_at_start": before[:, RouteColumn.ARRIVED] - before[:, ENDED].sum(axis=1),
            "served": counts[:, RouteColumn.SERVED],
            "failed": failed,
            "open_at_end": with_whole(totals.whole.route_open, users, 0),
            **_causes(counts),
            "error_ratio": ratio(failed, ended),
            **_named(percentiles_s(histogram, PERCENTS)),
            "egress_bytes": counts[:, RouteColumn.EGRESS_BYTES],
        },
    )


def route_counts(
    outcome: RunOutcome, program: Program, scenario: Scenario, spec: TableSpec = columns.ROUTE_MINUTES
) -> pd.DataFrame:
    """Return the table of the routes by the bin: ``route_minutes`` of one replication, or ``route_samples``."""
    span = bins_of(outcome)
    counts = outcome.statistics.route_counts[span.first : span.stop]
    flat = counts.transpose(1, 0, 2).reshape(-1, len(RouteColumn))
    return conform(
        spec,
        {
            **_keys(outcome, program.routes, span, scenario),
            "requests": flat[:, RouteColumn.ARRIVED],
            "served": flat[:, RouteColumn.SERVED],
            "failed": flat[:, FAILED].sum(axis=1),
            **_causes(flat),
            "egress_bytes": flat[:, RouteColumn.EGRESS_BYTES],
        },
    )


def route_windows(outcome: RunOutcome, program: Program, scenario: Scenario) -> pd.DataFrame:
    """Return the table ``route_windows`` of one replication, with the rows of `ALL` last."""
    users = np.array(program.user_routes, dtype=bool)
    span, bins = windows_of(outcome), bins_of(outcome)
    counts = with_whole(_per_window(outcome, span, bins), users, 1)
    timed = [(one.sum(axis=1), percentiles_s(one, PERCENTS)) for one in _window_histograms(outcome, span, users)]
    requests, percentiles = (np.concatenate(column) for column in zip(*timed, strict=True))
    failed = counts[:, :, FAILED].sum(axis=2).T.ravel()
    judgeable = np.repeat([*program.user_routes, True], len(span))
    enough = np.repeat([scenario.file.objectives.minimum_requests] * len(program.routes) + [1], len(span))
    complete = np.tile(span.complete, len(program.routes) + 1)
    return conform(
        columns.ROUTE_WINDOWS,
        {
            **_keys(outcome, (*program.routes, ALL), span, scenario),
            "requests": requests,
            "failed": failed,
            "error_ratio": ratio(failed, requests),
            **_named(percentiles),
            "complete": complete,
            "judged": judgeable & complete & (requests >= enough),
        },
    )


def _window_histograms(outcome: RunOutcome, span: Span, users: npt.NDArray[np.bool_]) -> Iterator[Ints]:
    """Yield the response times of each route by window, shape (windows, BINS), and of the user routes together.

    Those still open at the end are put into the last one by their age. It is a lower bound of their response time:
    leaving them out would make a hung system look fast.
    """
    statistics = outcome.statistics
    whole = np.zeros((len(span), statistics.route_histogram.shape[2]), np.int64)
    for route, user in enumerate(users):
        one = statistics.route_histogram[span.first : span.stop, route].astype(np.int64)
        if len(span):
            one[-1] += statistics.route_open_histogram[route]
        if user:
            whole += one
        yield one
    yield whole


def sparse_histogram(histogram: npt.NDArray[Any], names: tuple[str, ...], starts_ns: Ints | None) -> pd.DataFrame:
    """Return the bins of histograms that are not empty, one row each.

    Parameters
    ----------
    histogram
        Shape (windows, names, BINS), or (names, BINS) without ``starts_ns``.
    """
    where = np.nonzero(histogram)
    edges = edges_ns() / 1e9
    data: dict[str, Any] = {"name": np.array(names, dtype=object)[where[-2]]}
    if starts_ns is not None:
        data["time_s"] = starts_ns[where[0]] / 1e9
    return pd.DataFrame(
        {**data, "bin": where[-1], "from_s": edges[where[-1]], "count": histogram[where].astype(np.int64)}
    )


def ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return part / whole, NaN where there is no whole."""
    result = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=result, where=np.asarray(whole) > 0)
    return result


def _per_window(outcome: RunOutcome, span: Span, bins: Span) -> Ints:
    """Sum the bins of the counters into the windows, shape (windows, routes, columns)."""
    counts = outcome.statistics.route_counts[: bins.stop]
    starts = np.arange(span.first, span.stop) * (span.bin_ns // bins.bin_ns)
    if not len(starts):
        return np.zeros((0, *counts.shape[1:]), np.int64)
    return np.add.reduceat(counts, starts, axis=0)


def _keys(outcome: RunOutcome, names: tuple[str, ...], span: Span, scenario: Scenario) -> dict[str, Any]:
    rows = len(names) * len(span)
    return {
        "replication": np.full(rows, outcome.replication),
        "route": np.repeat(np.array(names, dtype=object), len(span)),
        **instants(scenario.start_ns, np.tile(span.starts_ns, len(names))),
        "covered_s": np.tile(span.covered_s, len(names)),
    }


def _causes(counts: Ints) -> dict[str, Ints]:
    return {name: counts[:, RouteColumn.TIMEOUT + i] for i, name in enumerate(CAUSES)}


def _named(percentiles: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    return {f"p{percent:.0f}_s": percentiles[:, i] for i, percent in enumerate(PERCENTS)}
