"""Systems without a control plane, built so that nothing but the plane itself takes time or memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.plane import AddNode, SetEndpoints, StartContainer
from fvcapacity.dataplane.reference.plane import ReferencePlane
from fvcapacity.dataplane.source import ArrivalChunk, ArrivalSource
from fvcapacity.dataplane.statistics import RouteColumn, Statistics
from fvcapacity.program.program import Program
from tests.support.tiny import SECOND

PlaneKind = type[FastPlane] | type[ReferencePlane]

CHUNK = 10_000


@dataclass
class PoissonRequests:
    """So many requests of route 0, a Poisson stream of ``rate`` a second, made 10,000 at a time."""

    count: int
    rate: float
    seed: int = 1
    _made: int = 0
    _now: float = 0.0
    _draw: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._draw = np.random.default_rng(self.seed)

    def next_chunk(self) -> ArrivalChunk | None:
        size = min(CHUNK, self.count - self._made)
        if size <= 0:
            return None
        times = self._now + np.cumsum(self._draw.exponential(SECOND / self.rate, size))
        identities = self._draw.integers(-(1 << 63), 1 << 63, size, dtype=np.int64)
        self._made, self._now = self._made + size, float(times[-1])
        whole = times.astype(np.int64)
        return ArrivalChunk(whole, np.zeros(size, np.int64), identities, int(whole[-1]) + 1)


@dataclass(frozen=True)
class System:
    """Pods on nodes, and the requests that come to them."""

    program: Program
    requests: PoissonRequests
    pods: Sequence[dict[str, Any]]
    """Keyword sets of StartContainer."""
    nodes: Sequence[float] = (64.0,)
    """Cores of each."""

    @property
    def duration_ns(self) -> int:
        """Long enough for the last request to come and to be answered."""
        return round((1.1 * self.requests.count / self.requests.rate + 60) * SECOND)

    def plane(self, kind: PlaneKind) -> Any:
        """Return a plane on which all pods listen. No request leaves a record."""
        plane = kind(self.program, ArrivalSource(self.requests), 7, self.duration_ns)
        plane.apply([AddNode(node=i, name=f"node-{i}", cpu_cores=cores) for i, cores in enumerate(self.nodes)])
        common = {"cpu_shares": 102, "cpu_quota_ns": 0, "memory_limit_bytes": 0, "node": 0, "warm": True}
        members: dict[int, list[int]] = {}
        for number, pod in enumerate(self.pods, start=1):
            service = self.program.services.index(pod["service"])
            members.setdefault(service, []).append(number)
            settings = {**common, **pod, "service": service}
            plane.apply([StartContainer(pod=number, name=f"pod-{number}", **settings)])
        plane.apply([SetEndpoints(service=service, pods=tuple(pods)) for service, pods in members.items()])
        return plane


def carry(plane: Any, until_ns: int) -> None:
    """Run a plane on which nothing happens that control would have to decide."""
    event = plane.advance(until_ns)
    assert event is None, f"unexpected {event}"
    plane.finish()


def served(statistics: Statistics) -> int:
    """Requests that ended well."""
    return int(statistics.route_counts[:, :, RouteColumn.SERVED].sum())
