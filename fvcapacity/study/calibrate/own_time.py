"""Whether how long a service takes says something of its own work, or of those whom it waits for."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from fvcapacity.scenario.call_graph import edges
from fvcapacity.scenario.demands import expected_demands
from fvcapacity.scenario.topology import Topology
from fvcapacity.study.grid import Floats, Grid

LEAST_OWN = 0.5
"""Share of its time that a service with callees has to spend in its own CPU, for its histogram to be about itself."""


def own_shares(
    grid: Grid, topology: Topology, counts: Mapping[str, Floats], bucket_edges: tuple[float, ...]
) -> dict[str, float]:
    """Return the share of a visit that is the service's own: 1 for one that calls nobody.

    For the others it is the CPU of a visit (calibrated demands and visits, weighted by the measured routes) over the
    mean of the measured histogram.

    Parameters
    ----------
    counts
        Counts of the buckets by service.
    bucket_edges
        Upper edges of the buckets; the last is infinite.
    """
    callers = {caller for caller, _ in edges(topology)}
    demands = expected_demands(topology)
    totals = dict(zip(grid.routes, np.nansum(grid.requests, axis=0).tolist(), strict=True))
    found = {}
    for service, values in counts.items():
        if service not in callers:
            found[service] = 1.0
            continue
        visits = math.fsum(totals[r] * demands.visits[r, service] for r in totals)
        cpu = math.fsum(totals[r] * demands.cpu_s[r, service] for r in totals)
        mean = _mean(values, bucket_edges)
        found[service] = min(cpu / visits / mean, 1.0) if visits > 0 and mean > 0 else 0.0
    return found


def _mean(counts: Floats, upper: tuple[float, ...]) -> float:
    """Return the mean of a histogram with every request in the middle of its bucket, the last at its lower edge."""
    lower = np.array([0.0, *upper[:-1]])
    middle = np.where(np.isinf(upper), lower, (lower + np.array(upper)) / 2)
    total = float(counts.sum())
    return float((counts * middle).sum()) / total if total else math.nan
