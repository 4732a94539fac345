"""Ranges of any length, in requests that a server accepts, put together on one grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.prometheus.client import Answer, PrometheusClient
from fvcapacity.inputs.prometheus.failures import TooMuchError
from fvcapacity.inputs.prometheus.shapes import refuse_shape

Floats = npt.NDArray[np.float64]
MOST_POINTS = 10_000
"""Points of a series in one request; Prometheus refuses more than 11,000."""
MOST_HALVINGS = 6
_LATEST_S = 1e12
Labels = tuple[tuple[str, str], ...]


class GridSeries(Frozen):
    """One series on a grid: NaN where the server gave no point."""

    labels: Labels
    values: Floats

    @property
    def label(self) -> dict[str, str]:
        """The labels, by name."""
        return dict(self.labels)


def fetch_grid(
    client: PrometheusClient, query: str, start_s: int, points: int, step_s: int
) -> tuple[list[GridSeries], tuple[str, ...]]:
    """Evaluate a query at ``points`` instants from ``start_s``, ``step_s`` apart, in as many requests as it takes.

    Returns
    -------
    tuple
        The series in the order of their labels, each with one value per instant, and the server's warnings.

    Raises
    ------
    SourceError
        When a request fails, also in its smallest form.
    """
    rows: dict[Labels, Floats] = {}
    warnings: dict[str, None] = {}
    for first, count in spans(points, MOST_POINTS):
        for begin, answer in ask_range(client, query, start_s + first * step_s, count, step_s):
            warnings.update(dict.fromkeys(answer.warnings))
            offset = (begin - start_s) // step_s
            for series in answer.result:
                labels = labels_of(series)
                row = rows.setdefault(labels, np.full(points, np.nan))
                times, values = samples_of(series)
                places = offset + np.rint((times - begin) / step_s)
                if not ((places >= 0) & (places < points)).all():
                    refuse_shape(query, "samples stand outside of the range that was asked for")
                row[places.astype(np.int64)] = values
    return [GridSeries(labels, rows[labels]) for labels in sorted(rows)], tuple(warnings)


def spans(points: int, most: int) -> Iterator[tuple[int, int]]:
    """Cut ``points`` instants into (first, count) of at most ``most``."""
    for first in range(0, points, most):
        yield first, min(most, points - first)


def ask_range(
    client: PrometheusClient, query: str, start_s: int, points: int, step_s: int, depth: int = MOST_HALVINGS
) -> Iterator[tuple[int, Answer]]:
    """Ask for a range; one that is too much for the server is asked for in halves, ``depth`` times over.

    Yields
    ------
    tuple
        Instant of the first point, and the answer from there on.
    """
    try:
        answer = client.query_range(query, start_s, start_s + (points - 1) * step_s, step_s)
    except TooMuchError:
        if points < 2 or depth < 1:
            raise
    else:
        yield start_s, answer
        return
    half = points // 2
    yield from ask_range(client, query, start_s, half, step_s, depth - 1)
    yield from ask_range(client, query, start_s + half * step_s, points - half, step_s, depth - 1)


def labels_of(series: dict[str, Any]) -> Labels:
    """Return the labels of a series of an answer, in their order."""
    return tuple(sorted(series["metric"].items()))


def samples_of(series: dict[str, Any]) -> tuple[Floats, Floats]:
    """Return instants (seconds) and values of a series of an answer.

    Raises
    ------
    SourceError
        When the samples are no pairs of numbers.
    """
    pairs: Sequence[Any] = series.get("values") or ()
    count = len(pairs)
    try:
        times = np.fromiter((pair[0] for pair in pairs), np.float64, count)
        values = np.fromiter((float(pair[1]) for pair in pairs), np.float64, count)
    except (TypeError, ValueError, LookupError, OverflowError):
        refuse_shape("", "its samples are no pairs of an instant and a number")
    if not (np.abs(times) < _LATEST_S).all():  # also what is no number at all
        refuse_shape("", "its samples have instants that no clock shows")
    return times, values
