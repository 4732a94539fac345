"""Figures to the tables of measurements, part by part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fvcapacity.inputs.prometheus.assemble import Figures
from fvcapacity.inputs.prometheus.growth import Grid
from fvcapacity.tabular.arrow import Part

Floats = npt.NDArray[np.float64]


def starts_of(grid: Grid) -> npt.NDArray[np.datetime64]:
    """Return the start of every interval."""
    return grid.edges(0, grid.count)[:-1].astype("datetime64[s]").astype("datetime64[ns]")


def traffic_parts(figures: Figures, grid: Grid) -> Iterator[Part]:
    """Yield requests and failed ones by interval, route by route."""
    times, missing = starts_of(grid), np.full(grid.count, np.nan)
    for route, requests in sorted(figures.requests.items()):
        yield {"time_utc": times, "route": route, "requests": requests, "failed": figures.failed.get(route, missing)}


def usage_parts(figures: Figures, grid: Grid) -> Iterator[Part]:
    """Yield the figures by interval, measure by measure of each service."""
    times = starts_of(grid)
    for (service, measure), values in sorted(figures.usage.items()):
        value = np.where(np.isfinite(values), values, np.nan)
        yield {"time_utc": times, "service": service, "measure": measure, "value": value}


def latency_parts(figures: Figures, grid: Grid) -> Iterator[Part]:
    """Yield the counts by interval, bucket by bucket of each subject."""
    times = starts_of(grid)
    for subject, buckets in sorted(figures.latency.items()):
        for edge, count in buckets:
            yield {"time_utc": times, "subject": subject, "le_s": np.full(grid.count, edge), "count": count}
