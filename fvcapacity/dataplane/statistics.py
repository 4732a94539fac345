"""What a plane counts while it runs: flat arrays whose size does not depend on the number of requests.

Counters stand in bins of one minute (or shorter ones that divide it, when a run asks for them), histograms in windows
of five, both counted from the start of the run (warm-up included; results leave it out). A request is counted as
arrived in the bin of its arrival, and as served or failed in the bin in which it ended.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fvcapacity.dataplane.histogram import BINS, bin_of
from fvcapacity.scenario.model import JUDGED_WINDOW_NS

MINUTE_NS = 60_000_000_000
"""Length of a bin, unless a run asks for shorter ones."""
WINDOW_NS = JUDGED_WINDOW_NS


class Cause(IntEnum):
    """How a request ended. Everything but SERVED is an error; names appear in the tables."""

    SERVED = 0
    TIMEOUT = 1
    """The caller (or the client) gave up waiting."""
    QUEUE_FULL = 2
    """The listen queue of the container was full."""
    NO_ENDPOINT = 3
    """The service had no ready pod."""
    CONNECTION_REFUSED = 4
    """The pod was known but its container did not listen (starting, draining, crashed)."""
    OOM_KILLED = 5
    """The container was killed at its memory limit while it held the request."""
    TERMINATED = 6
    """The container was stopped while it held the request."""
    CIRCUIT_OPEN = 7
    """The caller's circuit breaker refused to try."""
    ERROR_RESPONSE = 8
    """The version that served it answered with an error."""


class RouteColumn(IntEnum):
    """Columns of ``route_counts``; the failed ones follow in the order of `Cause`."""

    ARRIVED = 0
    SERVED = 1
    TIMEOUT = 2
    QUEUE_FULL = 3
    NO_ENDPOINT = 4
    CONNECTION_REFUSED = 5
    OOM_KILLED = 6
    TERMINATED = 7
    CIRCUIT_OPEN = 8
    ERROR_RESPONSE = 9
    EGRESS_BYTES = 10


class ServiceColumn(IntEnum):
    """Columns of ``service_counts``: sums over the containers of a service, probes included where CPU is meant."""

    VISITS = 0
    """Calls that ended at the service, well or not (probes left out)."""
    FAILED = 1
    """Of these, the ones that ended in an error."""
    CPU_NS = 2
    """CPU spent, by the time at which it was spent (settled at the node's events)."""
    QUEUE_WAIT_NS = 3
    """Time in the run queue before a thread was free, summed over CPU bursts (or requests)."""
    THROTTLED_WAIT_NS = 4
    """Time that running bursts stood still because the quota was spent."""
    BURST_NS = 5
    """Wall time of bursts from start to end, throttling and contention included."""
    ELAPSED_NS = 6
    """Wall time of visits from arrival at the pod to the answer."""
    PERIODS = 7
    """CFS periods that the kernel counts (``nr_periods``): a container drew on its quota in it or just before."""
    THROTTLED_PERIODS = 8
    """Of these, the ones in which it was throttled (``nr_throttled``)."""
    REFUSED = 9
    """Calls that found no listening container or a full queue."""
    PROBES = 10
    PROBE_FAILURES = 11
    LOG_BYTES = 12
    WRITTEN_BYTES = 13
    RESPONSE_BYTES = 14
    RETRIES = 15
    """Attempts beyond the first that callers made."""


class Statistics(NamedTuple):
    """Arrays of one run; ``bins`` of one length and ``windows`` of five minutes.

    Attributes
    ----------
    route_counts
        int64, shape (bins, routes, len(RouteColumn)).
    route_histogram
        uint32, shape (windows, routes, BINS): response times of requests as the client sees them, served or not.
    service_counts
        int64, shape (bins, services, len(ServiceColumn)).
    service_histogram
        uint32, shape (windows, services, BINS): wall times of visits that ended well.
    route_open
        int64, shape (routes,): requests still open when the run ended.
    route_open_histogram
        uint32, shape (routes, BINS): their ages at the end.
    """

    route_counts: npt.NDArray[np.int64]
    route_histogram: npt.NDArray[np.uint32]
    service_counts: npt.NDArray[np.int64]
    service_histogram: npt.NDArray[np.uint32]
    route_open: npt.NDArray[np.int64]
    route_open_histogram: npt.NDArray[np.uint32]


def empty_statistics(duration_ns: int, routes: int, services: int, bin_ns: int = MINUTE_NS) -> Statistics:
    """Return zeroed statistics for a run of ``duration_ns`` (warm-up included), in bins of ``bin_ns``."""
    bins = -(-duration_ns // bin_ns)
    windows = -(-duration_ns // WINDOW_NS)
    return Statistics(
        route_counts=np.zeros((bins, routes, len(RouteColumn)), np.int64),
        route_histogram=np.zeros((windows, routes, BINS), np.uint32),
        service_counts=np.zeros((bins, services, len(ServiceColumn)), np.int64),
        service_histogram=np.zeros((windows, services, BINS), np.uint32),
        route_open=np.zeros(routes, np.int64),
        route_open_histogram=np.zeros((routes, BINS), np.uint32),
    )


def by_minutes(statistics: Statistics, bin_ns: int) -> Statistics:
    """Return the same statistics with the counters of bins of ``bin_ns``, which divides a minute, summed to minutes."""
    if bin_ns == MINUTE_NS:
        return statistics
    first = np.arange(0, len(statistics.route_counts), MINUTE_NS // bin_ns)
    return statistics._replace(
        route_counts=np.add.reduceat(statistics.route_counts, first, axis=0),
        service_counts=np.add.reduceat(statistics.service_counts, first, axis=0),
    )


def count_open(statistics: Statistics, route: int, age_ns: int) -> None:
    """Count a request that is still open when the run ends."""
    statistics.route_open[route] += 1
    statistics.route_open_histogram[route, bin_of(age_ns)] += 1
