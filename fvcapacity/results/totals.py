"""What a whole replication adds up to, part by part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fvcapacity.dataplane.statistics import Statistics
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.span import bins_of, windows_of

Ints = npt.NDArray[np.int64]


@dataclass
class Totals:
    """Sums over the parts of a replication that were added so far.

    Attributes
    ----------
    before, routes
        int64, shape (routes, route columns): counted in the warm-up, and in the window.
    route_histogram, service_histogram
        int64, shape (routes or services, BINS): of the window.
    services
        int64, shape (services, service columns): counted in the window.
    memory_peaks
        Largest pod of each workload in the window, in bytes.
    whole
        All counts and response times of the run in one bin, with the requests that are open at its end.
    """

    before: Ints
    routes: Ints
    services: Ints
    route_histogram: Ints
    service_histogram: Ints
    whole: Statistics
    memory_peaks: dict[str, int] = field(default_factory=dict)


def total(outcome: RunOutcome) -> Totals:
    """Return what one part adds up to."""
    counted, bins, windows = outcome.statistics, bins_of(outcome), windows_of(outcome)
    judged, timed = slice(bins.first, bins.stop), slice(windows.first, windows.stop)
    peaks: dict[str, int] = {}
    for sample in outcome.history.workloads:
        if sample.time_ns >= outcome.warm_up_ns:
            peaks[sample.workload] = max(peaks.get(sample.workload, 0), sample.memory_peak_bytes)
    return Totals(
        before=counted.route_counts[: bins.first].sum(axis=0),
        routes=counted.route_counts[judged].sum(axis=0),
        services=counted.service_counts[judged].sum(axis=0),
        route_histogram=counted.route_histogram[timed].sum(axis=0, dtype=np.int64),
        service_histogram=counted.service_histogram[timed].sum(axis=0, dtype=np.int64),
        whole=Statistics(
            route_counts=counted.route_counts.sum(axis=0, keepdims=True),
            route_histogram=counted.route_histogram.sum(axis=0, keepdims=True, dtype=np.int64),
            service_counts=counted.service_counts.sum(axis=0, keepdims=True),
            service_histogram=counted.service_histogram.sum(axis=0, keepdims=True, dtype=np.int64),
            route_open=counted.route_open,
            route_open_histogram=counted.route_open_histogram,
        ),
        memory_peaks=peaks,
    )


def add(first: Totals | None, second: Totals) -> Totals:
    """Return the sum of two stretches, the second after the first."""
    if first is None:
        return second
    peaks = dict(first.memory_peaks)
    for workload, peak in second.memory_peaks.items():
        peaks[workload] = max(peaks.get(workload, 0), peak)
    names = ("before", "routes", "services", "route_histogram", "service_histogram")
    sums = {name: getattr(first, name) + getattr(second, name) for name in names}
    pairs: Any = zip(first.whole, second.whole, strict=True)
    return Totals(**sums, whole=Statistics(*(a + b for a, b in pairs)), memory_peaks=peaks)
