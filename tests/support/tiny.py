"""Tiny systems for tests: a topology in a few words, pods on nodes without a control plane."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.plane import AddNode, SetEndpoints, StartContainer
from fvcapacity.dataplane.reference.plane import ReferencePlane
from fvcapacity.dataplane.source import ArrivalChunk, ArrivalSource, ClosedUsers
from fvcapacity.dataplane.trace import EVERY_RECORD
from fvcapacity.program.compile import compile_program
from fvcapacity.program.program import Program
from fvcapacity.scenario.cluster import ClusterObjects, Container, PodTemplate, Service, Workload
from fvcapacity.scenario.topology import Topology
from fvcapacity.semantics.draw import mix

SECOND = 1_000_000_000
MS = 1_000_000


@dataclass
class Recorded:
    """A fixed list of arrivals: (time in ns, route), in order."""

    rows: list[tuple[int, int]]
    seed: int = 0
    done: bool = False
    position_ns: int = 0

    def next_chunk(self) -> ArrivalChunk | None:
        if self.done:
            return None
        self.done = True
        times = np.array([time for time, _ in self.rows], np.int64)
        routes = np.array([route for _, route in self.rows], np.int64)
        identities = np.array([mix(self.seed, number) for number in range(len(self.rows))], np.int64)
        return ArrivalChunk(times, routes, identities, 1 << 62)


def program_of(services: dict[str, Any], routes: dict[str, Any]) -> Program:
    """Compile a topology whose every service has a Deployment of its own."""
    for service in services.values():
        service.setdefault("network_round_trip", 0)
    routes = {name: {"path": f"/{name}", **route} for name, route in routes.items()}
    topology = Topology.model_validate({"services": services, "routes": routes})
    labels = {name: {"app": name} for name in services}
    workloads = tuple(
        Workload(
            kind="Deployment",
            name=name,
            namespace="default",
            template=PodTemplate(containers=(Container(name=name),), labels=labels[name]),
        )
        for name in services
    )
    objects = tuple(Service(name=n, namespace="default", selector=labels[n], ports={80: 80}) for n in services)
    return compile_program(topology, ClusterObjects(workloads=workloads, services=objects))


@dataclass
class Tiny:
    """Pods on nodes: ``pods`` are keyword sets of StartContainer, by service name or index."""

    program: Program
    arrivals: list[tuple[int, int]] = field(default_factory=list)
    pods: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[float] = field(default_factory=lambda: [64.0])
    users: ClosedUsers | None = None
    seed: int = 7
    duration_ns: int = 60 * SECOND
    stream: Any = None
    kind: type[ReferencePlane] | type[FastPlane] = ReferencePlane
    tracing: bool = False

    def plane(self) -> Any:
        source = ArrivalSource(copy(self.stream) or Recorded(self.arrivals, self.seed), self.users)
        plane = self.kind(self.program, source, self.seed, self.duration_ns, records=EVERY_RECORD, tracing=self.tracing)
        plane.apply([AddNode(node=i, name=f"node-{i}", cpu_cores=c) for i, c in enumerate(self.nodes)])
        members: dict[int, list[int]] = {}
        for number, pod in enumerate(self.pods, start=1):
            settings = {"cpu_shares": 102, "cpu_quota_ns": 0, "memory_limit_bytes": 0, "node": 0, "warm": True, **pod}
            if isinstance(settings["service"], str):
                settings["service"] = self.program.services.index(settings["service"])
            plane.apply([StartContainer(pod=number, name=f"pod-{number}", **settings)])
            members.setdefault(settings["service"], []).append(number)
        plane.apply([SetEndpoints(service=s, pods=tuple(pods)) for s, pods in members.items()])
        return plane

    def run(self) -> Any:
        plane = self.plane()
        while plane.advance(self.duration_ns) is not None:
            pass
        plane.finish()
        return plane


def cpu(mean_ms: float, distribution: str = "constant", **more: Any) -> dict[str, Any]:
    """A CPU step."""
    return {"cpu": {"mean_ms": mean_ms, "distribution": distribution, **more}}


def chain(*names: str, mean_ms: float, distribution: str) -> dict[str, Any]:
    """A call of the first service, which works and then calls the next, and so on."""
    inner = [chain(*names[1:], mean_ms=mean_ms, distribution=distribution)] if len(names) > 1 else []
    return {"call": names[0], "steps": [cpu(mean_ms, distribution), *inner]}
