"""Memory of a service: what a pod takes by itself, and what each open request adds.

``memory = base pods + per_open_request open``. Where no gauge of open requests was measured, Little's law gives their
mean: visits a second times mean response time, from the latency buckets (Little, Operations Research 9(3), 1961).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.study.calibrate.by_route import BLOCK_S
from fvcapacity.study.calibrate.regression import fit, near_the_rest
from fvcapacity.study.calibrate.rows import usable_rows
from fvcapacity.study.grid import Floats, Grid

LEAST_ROWS = 60
HALF_A_POD = 0.5
Interval = tuple[float, float, float]
"""Estimate, low, high."""


class MemoryFit(Frozen):
    """What the memory of one service says.

    Attributes
    ----------
    base_bytes, per_open_bytes
        Estimate, low, high; ``per_open_bytes`` is None where the data do not show it.
    open_from
        ``gauge``, ``Little's law`` or ``""``.
    peak_bytes
        Largest memory that was measured, all pods together.
    """

    service: str
    base_bytes: Interval | None
    per_open_bytes: Interval | None
    open_from: str
    explained: float
    intervals: int
    peak_bytes: float
    problem: str = ""

    def shows_open_requests(self, before: float) -> bool:
        """Tell whether the data say more of the memory per open request than a topology did."""
        if self.per_open_bytes is None:
            return False
        _, low, high = self.per_open_bytes
        return low > 0 or (self.open_from == "gauge" and high < before)  # means over minutes blur what is small


def fit_memory(grid: Grid, service: str, *, seed: int = 0) -> MemoryFit:
    """Return base and memory per open request of a service."""
    memory, pods = grid.measure(service, "memory_bytes"), grid.measure(service, "pods")
    if memory is None or pods is None:
        what = "memory_bytes" if memory is None else "pods"
        return MemoryFit(service, None, None, "", float("nan"), 0, float("nan"), f"{what} was not measured")
    open_requests, source = _open_requests(grid, service)
    needed = [memory, pods] + ([open_requests] if open_requests is not None else [])
    rows = usable_rows(grid, service, needed, np.zeros((len(memory), 0)))
    used, count = rows.used, int(rows.used.sum())
    peak = float(np.nanmax(memory))
    if count < LEAST_ROWS:
        return MemoryFit(
            service, None, None, source, float("nan"), count, peak, f"{count} usable intervals, {LEAST_ROWS} are needed"
        )
    block = max(round(BLOCK_S / grid.interval_s), 1)
    columns = [pods[used]]
    varies = open_requests is not None and float(np.std(open_requests[used])) > 0
    if varies and open_requests is not None:
        columns.append(open_requests[used])
    design, values = np.column_stack(columns), memory[used]
    # open requests move memory by less than that; a pod that is counted at another instant than weighed moves it by one
    kept = near_the_rest(design, values, block=block, least=HALF_A_POD * float(np.median(values / pods[used])))
    fitted = fit(design[kept], values[kept], block=block, seed=seed)
    spans = [(float(a), float(b), float(c)) for a, b, c in zip(fitted.estimate, fitted.low, fitted.high, strict=True)]
    problem = "" if varies else "open requests are not known or never vary: only the base is measured"
    return MemoryFit(service, spans[0], spans[1] if varies else None, source, fitted.explained, count, peak, problem)


def _open_requests(grid: Grid, service: str) -> tuple[Floats | None, str]:
    gauge = grid.measure(service, "open_requests")
    if gauge is not None:
        return gauge, "gauge"
    visits, response = grid.measure(service, "requests"), mean_response_s(grid, service)
    if visits is None or response is None:
        return None, ""
    return np.asarray(visits / grid.interval_s * response), "Little's law"


def mean_response_s(grid: Grid, service: str) -> Floats | None:
    """Return the mean response time of a service by interval, from the middles of its buckets; None without any.

    A histogram may be coarser than the grid: its mean then holds for all intervals that it covers.
    """
    table = grid.latency[grid.latency["subject"] == f"service/{service}"]
    if not len(table):
        return None
    edges = np.sort(table["le_s"].unique())
    lower = np.concatenate([[0.0], edges[:-1]])
    middle = dict(zip(edges.tolist(), np.where(np.isinf(edges), lower, (edges + lower) / 2).tolist(), strict=True))
    weighted = table.assign(sum=table["count"] * table["le_s"].map(middle))
    sums = weighted.groupby("time_utc", sort=True)[["count", "sum"]].sum()
    mean = (sums["sum"] / sums["count"].where(sums["count"] > 0)).dropna()
    if not len(mean):
        return None
    step = pd.Series(mean.index).diff().min() if len(mean) > 1 else pd.Timedelta(grid.interval_s, "s")
    place = np.searchsorted(mean.index.to_numpy(), grid.times.to_numpy(), side="right") - 1
    known = place >= 0
    age = np.full(len(grid.times), np.inf)
    age[known] = (grid.times.to_numpy()[known] - mean.index.to_numpy()[place[known]]) / np.timedelta64(1, "s")
    fresh = known & (age < step.total_seconds())
    values = np.where(fresh, mean.to_numpy()[np.maximum(place, 0)], np.nan)
    return np.asarray(values, np.float64)
