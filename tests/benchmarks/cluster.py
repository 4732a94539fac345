"""Does a big cluster slow a request down? 5,000 pods on 300 nodes beside 250 on 15, both under 2,000 requests a second.

A request calls the first service, which calls the second; each has half of the pods, chosen at random. Every pod has a
readiness and a liveness probe every 10 s. A probe is carried like a request (it arrives, queues, burns CPU and ends),
and the big cluster has 1,000 of them a second: time is therefore counted for each request or probe. As a request visits
two pods and a probe one, time for each visit is told as well. Starting the pods is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.plane import ProbeSpec
from fvcapacity.dataplane.statistics import ServiceColumn, Statistics
from tests.benchmarks.clocks import timed
from tests.benchmarks.systems import PoissonRequests, System, carry, served
from tests.support.tiny import MS, SECOND, chain, program_of

RATE = 2000.0
SMALL, BIG = (15, 250), (300, 5000)
"""Nodes and pods."""

PROBE = ProbeSpec(
    initial_delay_ns=0,
    period_ns=10 * SECOND,
    timeout_ns=SECOND,
    success_threshold=1,
    failure_threshold=3,
    queued=True,
    cpu_ns=MS // 2,
)


@dataclass(frozen=True)
class Carried:
    """What a cluster carried, and the CPU seconds that it took."""

    requests: int
    probes: int
    seconds: float

    @property
    def each(self) -> float:
        """CPU seconds a request or probe."""
        return self.seconds / (self.requests + self.probes)

    @property
    def visit(self) -> float:
        """CPU seconds a visit of a pod."""
        return self.seconds / (2 * self.requests + self.probes)


def cluster_run(size: tuple[int, int], seconds: int = 180) -> Carried:
    """Carry so many seconds of requests on a cluster of so many nodes and pods."""
    nodes, pods = size
    system = System(
        program_of(
            {"a": {"threads": {"main": {"count": 1}}}, "b": {"threads": {"main": {"count": 1}}}},
            {"r": {"steps": [chain("a", "b", mean_ms=1.0, distribution="exponential")], "client_timeout": "30s"}},
        ),
        PoissonRequests(round(RATE * seconds), RATE),
        [{"service": "ab"[i % 2], "node": i % nodes, "readiness": PROBE, "liveness": PROBE} for i in range(pods)],
        nodes=[8.0] * nodes,
    )
    plane = system.plane(FastPlane)
    spent = timed(lambda: _carried(plane, (seconds + 1) * SECOND))
    assert spent.work == system.requests.count, "requests were lost"
    count = probes(plane.statistics)
    assert abs(count - pods * (seconds + 1) / 5) <= 2 * pods, f"{count} probes from {pods} pods"
    return Carried(spent.work, count, spent.seconds)


def _carried(plane: FastPlane, until_ns: int) -> int:
    carry(plane, until_ns)
    return served(plane.statistics)


def probes(statistics: Statistics) -> int:
    """Probes that were sent; none of them failed."""
    assert not statistics.service_counts[:, :, ServiceColumn.PROBE_FAILURES].any()
    return int(statistics.service_counts[:, :, ServiceColumn.PROBES].sum())


def small_and_big(turns: int = 9, seconds: int = 90) -> tuple[Carried, Carried]:
    """Return the least disturbed run of each cluster, of so many that are taken in turns.

    The state of 5,000 pods does not fit into a core's own cache, and whoever else uses the one that cores share (other
    machines, too, on a host of many) doubles the time of a run: it can only add to it.
    """
    pairs = [(cluster_run(SMALL, seconds), cluster_run(BIG, seconds)) for _ in range(turns)]
    small, big = (min(runs, key=lambda run: run.seconds) for runs in zip(*pairs, strict=True))
    return small, big
