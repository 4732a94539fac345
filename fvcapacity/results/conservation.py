"""No request is ever lost: what arrived was served, failed for a cause, or is still open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fvcapacity.dataplane.statistics import RouteColumn, Statistics
from fvcapacity.errors import InvariantError

ENDED = slice(RouteColumn.SERVED, RouteColumn.ERROR_RESPONSE + 1)
FAILED = slice(RouteColumn.TIMEOUT, RouteColumn.ERROR_RESPONSE + 1)


def check_conservation(statistics: Statistics, routes: Sequence[str], replication: int = 0) -> None:
    """Check that the requests of a whole run, warm-up included, add up for every route.

    Two sums must hold: arrived = served + failed + open, and the response times in the histogram are
    as many as the requests that ended.

    Raises
    ------
    InvariantError
        Naming the routes and their figures.
    """
    counts = statistics.route_counts.sum(axis=0)
    arrived = counts[:, RouteColumn.ARRIVED]
    ended = counts[:, ENDED].sum(axis=1)
    still_open = statistics.route_open
    timed = statistics.route_histogram.sum(axis=(0, 2), dtype=np.int64)
    ages = statistics.route_open_histogram.sum(axis=1, dtype=np.int64)
    wrong = [
        f"{name}: {arrived[i]} arrived, {ended[i]} ended, {still_open[i]} open; "
        f"{timed[i]} response times, {ages[i]} ages"
        for i, name in enumerate(routes)
        if arrived[i] != ended[i] + still_open[i] or timed[i] != ended[i] or ages[i] != still_open[i]
    ]
    if np.any(statistics.route_counts < 0):
        wrong.append("a counter is negative")
    if wrong:
        raise InvariantError(
            f"requests are not conserved in replication {replication}: " + "; ".join(wrong),
            hint="this is a defect of fvcapacity; please report it with the scenario and the seed",
        )
