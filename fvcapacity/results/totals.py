"""What a whole replication adds up to, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from fvcapacity.control.history import ClusterSample, WorkloadSample
from fvcapacity.dataplane.statistics import Statistics
from fvcapacity.frozen import Frozen
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.span import bins_of, windows_of

Ints = npt.NDArray[np.int64]


class WorkloadExtremes(Frozen):
    """How far the minute samples of a workload went, and in how many its HPA's maximum was wanted."""

    desired_min: int
    desired_max: int
    ready_min: int
    ready_max: int
    pending_max: int
    minutes_at_maximum: int
    memory_peak_bytes: int

    @classmethod
    def of(cls, samples: Sequence[WorkloadSample], most: int | None, end_ns: int) -> WorkloadExtremes:
        """Return the extremes of samples of one workload.

        Parameters
        ----------
        most
            Its largest size, when an HPA scales it.
        end_ns
            Samples from here on do not begin a minute of the window.
        """
        desired, ready = [sample.desired for sample in samples], [sample.ready for sample in samples]
        at_maximum = most is not None and sum(s.desired >= most for s in samples if s.time_ns < end_ns)
        pending, memory = max(s.pending for s in samples), max(s.memory_peak_bytes for s in samples)
        return cls(min(desired), max(desired), min(ready), max(ready), pending, int(at_maximum), memory)

    def and_then(self, other: WorkloadExtremes) -> WorkloadExtremes:
        """Return the extremes of both."""
        return WorkloadExtremes(
            min(self.desired_min, other.desired_min),
            max(self.desired_max, other.desired_max),
            min(self.ready_min, other.ready_min),
            max(self.ready_max, other.ready_max),
            max(self.pending_max, other.pending_max),
            self.minutes_at_maximum + other.minutes_at_maximum,
            max(self.memory_peak_bytes, other.memory_peak_bytes),
        )


class PoolExtremes(Frozen):
    """How many machines the minute samples of a pool had."""

    nodes_min: int
    nodes_max: int

    @classmethod
    def of(cls, samples: Sequence[ClusterSample]) -> PoolExtremes:
        """Return the extremes of samples of one pool."""
        nodes = [sample.nodes for sample in samples]
        return cls(min(nodes), max(nodes))

    def and_then(self, other: PoolExtremes) -> PoolExtremes:
        """Return the extremes of both."""
        return PoolExtremes(min(self.nodes_min, other.nodes_min), max(self.nodes_max, other.nodes_max))


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
    workloads, pools
        Extremes of the samples in the window, in the order of their first ones.
    whole
        All counts and response times of the run in one bin, with the requests that are open at its end.
    """

    before: Ints
    routes: Ints
    services: Ints
    route_histogram: Ints
    service_histogram: Ints
    whole: Statistics
    workloads: dict[str, WorkloadExtremes] = field(default_factory=dict)
    pools: dict[str, PoolExtremes] = field(default_factory=dict)


def total(outcome: RunOutcome, most: Mapping[str, int]) -> Totals:
    """Return what one part adds up to.

    Parameters
    ----------
    most
        Largest size of every workload that an HPA scales.
    """
    counted, bins, windows = outcome.statistics, bins_of(outcome), windows_of(outcome)
    judged, timed = slice(bins.first, bins.stop), slice(windows.first, windows.stop)
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
        workloads=_workloads(outcome, most),
        pools=_pools(outcome),
    )


def _workloads(outcome: RunOutcome, most: Mapping[str, int]) -> dict[str, WorkloadExtremes]:
    end = min(outcome.warm_up_ns + outcome.duration_ns, outcome.complete_until_ns)
    samples = _by(attrgetter("workload"), outcome.history.workloads, outcome.warm_up_ns)
    return {name: WorkloadExtremes.of(own, most.get(name), end) for name, own in samples.items()}


def _pools(outcome: RunOutcome) -> dict[str, PoolExtremes]:
    samples = _by(attrgetter("pool"), outcome.history.cluster, outcome.warm_up_ns)
    return {name: PoolExtremes.of(own) for name, own in samples.items()}


def _by(name_of: Callable[[Any], str], samples: Iterable[Any], since_ns: int) -> dict[str, list[Any]]:
    """Return the samples since an instant by whose they are, in the order of their first ones."""
    found: dict[str, list[Any]] = {}
    for sample in samples:
        if sample.time_ns >= since_ns:
            found.setdefault(name_of(sample), []).append(sample)
    return found


def add(first: Totals | None, second: Totals) -> Totals:
    """Return the sum of two stretches, the second after the first."""
    if first is None:
        return second
    names = ("before", "routes", "services", "route_histogram", "service_histogram")
    sums = {name: getattr(first, name) + getattr(second, name) for name in names}
    pairs: Any = zip(first.whole, second.whole, strict=True)
    return Totals(
        **sums,
        whole=Statistics(*(a + b for a, b in pairs)),
        workloads=_both(first.workloads, second.workloads),
        pools=_both(first.pools, second.pools),
    )


def _both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return the extremes of two stretches by name."""
    joined = {name: later.and_then(first[name]) if name in first else later for name, later in second.items()}
    return {**first, **joined}
