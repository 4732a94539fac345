"""Figures to the tables of measurements; pandas is needed from here on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.inputs.measurements import LATENCY, TRAFFIC, USAGE, empty
from fvcapacity.inputs.prometheus.assemble import Figures
from fvcapacity.inputs.prometheus.growth import Grid
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]


def traffic_frame(figures: Figures, grid: Grid) -> pd.DataFrame:
    """Return requests and failed ones by route and interval."""
    routes = sorted(figures.requests)
    if not routes:
        return empty(TRAFFIC)
    missing: Floats = np.full(grid.count, np.nan)
    columns = {"route": routes}
    values = {
        "requests": [figures.requests[route] for route in routes],
        "failed": [figures.failed.get(route, missing) for route in routes],
    }
    return _stacked(grid, columns, values)


def usage_frame(figures: Figures, grid: Grid) -> pd.DataFrame:
    """Return every measure of every service by interval."""
    keys = sorted(figures.usage)
    if not keys:
        return empty(USAGE)
    columns = {"service": [service for service, _ in keys], "measure": [measure for _, measure in keys]}
    return _stacked(grid, columns, {"value": [_finite(figures.usage[key]) for key in keys]})


def latency_frame(figures: Figures, grid: Grid) -> pd.DataFrame:
    """Return the buckets of every subject by interval."""
    rows = [(subject, edge, values) for subject in sorted(figures.latency) for edge, values in figures.latency[subject]]
    if not rows:
        return empty(LATENCY)
    table = _stacked(grid, {"subject": [row[0] for row in rows]}, {"count": [row[2] for row in rows]})
    table.insert(2, "le_s", np.repeat([row[1] for row in rows], grid.count))
    return table


def _stacked(grid: Grid, names: dict[str, list[str]], values: Mapping[str, Sequence[Floats]]) -> pd.DataFrame:
    """Return the rows below each other; names are categories, so that a million of them cost a million bytes."""
    count = len(next(iter(values.values())))
    starts = (np.arange(grid.count, dtype=np.int64) * grid.step_s + grid.start_s) * NS_PER_S
    times = pd.DatetimeIndex(np.tile(starts, count).view("datetime64[ns]")).tz_localize("UTC")
    columns: dict[str, object] = {"time_utc": times}
    for name, texts in names.items():
        columns[name] = _repeated(texts, grid.count)
    for name, rows in values.items():
        columns[name] = np.concatenate(rows)
    return pd.DataFrame(columns)


def _repeated(texts: Iterable[str], times: int) -> pd.Categorical:
    codes, names = pd.factorize(pd.Series(list(texts)), sort=False)
    return pd.Categorical.from_codes(np.repeat(codes, times), categories=names)


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)
