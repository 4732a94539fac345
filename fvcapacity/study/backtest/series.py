"""Measures of services and routes in bins of some minutes, from measurements or from a simulation: one way for both."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fvcapacity.study.grid import Floats, Grid

BIN_S = 300.0
PERCENT = 95.0
LEAST_REQUESTS = 20
"""A bin with fewer requests has no 95th percentile to speak of."""
Series = dict[tuple[str, str], Floats]
"""By (subject, measure), shape (bins,): ``("service/cart", "cpu_cores")``."""

_MEANS = {"memory_bytes": "memory_bytes", "ready": "replicas"}


def bin_length(grid: Grid) -> float:
    """Return the length of a bin in seconds: five minutes, or the interval where that is longer."""
    return max(BIN_S, grid.interval_s)


def bin_starts(start: pd.Timestamp, end: pd.Timestamp, step_s: float) -> pd.DatetimeIndex:
    """Return the starts of the whole bins of a stretch."""
    count = int((end - start) / pd.Timedelta(step_s, "s"))
    return pd.date_range(start, periods=count, freq=pd.Timedelta(step_s, "s"))


def binned(grid: Grid, starts: pd.DatetimeIndex, step_s: float) -> Series:
    """Return every measure that a grid holds, by bin; NaN where a bin is not measured whole."""
    found: Series = {}
    for (service, measure), values in grid.usage.items():
        if measure == "cpu_core_s":
            found[f"service/{service}", "cpu_cores"] = _sums(grid, values, starts, step_s) / step_s
        elif measure in _MEANS:
            found[f"service/{service}", _MEANS[measure]] = _means(grid, values, starts, step_s)
    requests = _sums(grid, np.nansum(grid.requests, axis=1), starts, step_s)
    if not np.isnan(grid.failed).all():
        failed = _sums(grid, np.nansum(grid.failed, axis=1), starts, step_s)
        found["route/all", "error_ratio"] = np.where(requests > 0, failed / np.maximum(requests, 1.0), np.nan)
    for subject, part in grid.latency.groupby("subject", sort=True):
        found[str(subject), "p95_s"] = percentiles(part, starts, step_s)
    return found


def percentiles(buckets: pd.DataFrame, starts: pd.DatetimeIndex, step_s: float) -> Floats:
    """Return the 95th percentile by bin, linear within its bucket (as ``histogram_quantile`` of Prometheus).

    NaN where there are too few requests, or where it lies beyond the last finite edge.
    """
    edges = np.sort(buckets["le_s"].unique())
    place = ((buckets["time_utc"] - starts[0]) / pd.Timedelta(step_s, "s")).to_numpy(np.float64)
    inside = (place >= 0) & (place < len(starts))
    counts = np.zeros((len(starts), len(edges)))
    column = np.searchsorted(edges, buckets["le_s"].to_numpy())
    np.add.at(counts, (place[inside].astype(np.int64), column[inside]), buckets["count"].to_numpy()[inside])
    cumulative = counts.cumsum(axis=1)
    total = cumulative[:, -1]
    rank = total * PERCENT / 100
    bucket = (cumulative >= np.maximum(rank, 1e-9)[:, None]).argmax(axis=1)
    rows = np.arange(len(starts))
    before = np.where(bucket > 0, cumulative[rows, np.maximum(bucket - 1, 0)], 0.0)
    low = np.where(bucket > 0, edges[np.maximum(bucket - 1, 0)], 0.0)
    within = (rank - before) / np.maximum(counts[rows, bucket], 1e-300)
    with np.errstate(invalid="ignore"):
        value = low + (edges[bucket] - low) * within
    return np.where((total >= LEAST_REQUESTS) & np.isfinite(edges[bucket]), value, np.nan)


def _sums(grid: Grid, values: Floats, starts: pd.DatetimeIndex, step_s: float) -> Floats:
    part = pd.Series(values, index=grid.times).resample(pd.Timedelta(step_s, "s"), origin=starts[0])
    whole = part.sum(min_count=max(round(step_s / grid.interval_s), 1))
    return np.asarray(whole.reindex(starts), np.float64)


def _means(grid: Grid, values: Floats, starts: pd.DatetimeIndex, step_s: float) -> Floats:
    part = pd.Series(values, index=grid.times).resample(pd.Timedelta(step_s, "s"), origin=starts[0])
    return np.asarray(part.mean().reindex(starts), np.float64)
