"""A scripted data plane and small scenarios for tests of the control plane."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.dataplane.plane import (
    AddNode,
    Command,
    ContainerUsage,
    DrainContainer,
    EventKind,
    LoseContainer,
    Observation,
    PlaneEvent,
    RemoveNode,
    SetBackground,
    SetEndpoints,
    SetLookupDelay,
    SetServicePace,
    StartContainer,
    StopContainer,
)
from fvcapacity.program.program import Program
from fvcapacity.scenario.cluster import ClusterObjects, Container, PodTemplate, Probe, Workload
from fvcapacity.scenario.model import ClusterTimings, NodePool, Scenario, ScenarioFile
from fvcapacity.scenario.rollouts import NewVersion, Rollout
from fvcapacity.scenario.topology import Route, ServiceModel, Step, Topology

S = 10**9
MI = 2**20
GI = 2**30


class FakePlane:
    """Starts containers after ``startup_s``, drains them after ``drain_s``, and plays a script of events.

    ``load(t, pods)`` returns the cores that each pod of a service burns; ``served_rps`` feeds the counters.
    """

    def __init__(
        self,
        *,
        startup_s: float = 2.0,
        drain_s: float = 1.0,
        load: Callable[[int, int], float] = lambda t, pods: 0.0,
        served_rps: float = 0.0,
        answers: Callable[[float], tuple[int, int, int]] = lambda age_s: (0, 0, 0),
        never_ready: Sequence[str] = (),
    ) -> None:
        self.now = 0
        self.startup_ns, self.drain_ns = round(startup_s * S), round(drain_s * S)
        self.load, self.served_rps = load, served_rps
        self.answers, self.never_ready = answers, never_ready
        self.started: dict[int, int] = {}
        self.nodes: set[int] = set()
        self.running: dict[int, StartContainer] = {}
        self.lost: set[int] = set()
        self.paces: dict[int, tuple[int, int]] = {}
        self.endpoints: dict[int, SetEndpoints] = {}
        self.cpu_ns: dict[int, float] = {}
        self.log: list[tuple[float, str, str]] = []
        self.names: dict[int, str] = {}
        self._settled_ns = 0
        self._events: list[tuple[int, int, EventKind, int]] = []

    def plan(self, time_ns: int, kind: EventKind, pod: int) -> None:
        heapq.heappush(self._events, (time_ns, int(kind), kind, pod))

    def advance(self, until: int) -> PlaneEvent | None:
        while self._events and self._events[0][0] < until:
            time_ns, _, kind, pod = heapq.heappop(self._events)
            if pod in self.running:
                self._settle(time_ns)
                return PlaneEvent(time_ns, kind, pod) if not self._swallow(kind, pod) else None
        self._settle(until)
        return None

    def _swallow(self, kind: EventKind, pod: int) -> bool:
        if kind is EventKind.OOM_KILLED:
            self.running.pop(pod)
        return False

    def _settle(self, time_ns: int) -> None:
        assert time_ns >= self.now, "time ran backwards"
        serving: dict[int, list[int]] = {}
        for pod, start in self.running.items():
            serving.setdefault(start.service, []).append(pod)
        for pods in serving.values():
            for pod in pods:
                self.cpu_ns[pod] += self.load(self.now, len(pods)) * (time_ns - self.now)
        self.now = time_ns

    def apply(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self._apply(command)

    def _apply(self, command: Command) -> None:
        match command:
            case AddNode():
                assert command.node not in self.nodes
                self.nodes.add(command.node)
                self._note("add-node", command.name)
            case RemoveNode():
                assert not [s for s in self.running.values() if s.node == command.node]
                self.nodes.remove(command.node)
                self._note("remove-node", str(command.node))
            case SetBackground():
                assert command.node in self.nodes
            case StartContainer():
                assert command.node in self.nodes, "a container needs its node"
                assert command.pod not in self.running, "started twice"
                self._start(command)
            case DrainContainer():
                assert command.pod in self.running
                self._note("drain", self.names[command.pod])
                self.plan(self.now + self.drain_ns, EventKind.DRAINED, command.pod)
            case LoseContainer():
                del self.running[command.pod]
                self.lost.add(command.pod)
                self._note("lose", self.names[command.pod])
            case SetServicePace():
                self.paces[command.service] = command.cpu_milli, command.disk_milli
                self._note("pace", f"{command.cpu_milli},{command.disk_milli}")
            case SetLookupDelay():
                self._note("lookups", f"{command.callers},{command.delay_ns // 10**6}ms,{command.share_ppm}")
            case StopContainer() if command.pod in self.lost:
                self.lost.remove(command.pod)
                self._note("stop", self.names[command.pod])
            case StopContainer():
                assert command.pod in self.running, f"{self.names[command.pod]} does not run"
                del self.running[command.pod]
                self._note("stop", self.names[command.pod])
            case SetEndpoints():
                assert {*command.pods, *command.canaries} <= set(self.names), "an endpoint that never was"
                self.endpoints[command.service] = command
                text = ",".join(self.names[pod] for pod in command.pods)
                if command.weight is not None:
                    text += f" {command.weight}%: " + ",".join(self.names[pod] for pod in command.canaries)
                self._note("endpoints", text)

    def _start(self, command: StartContainer) -> None:
        self.running[command.pod] = command
        self.names[command.pod] = command.name
        self.cpu_ns.setdefault(command.pod, 0.0)
        self.started[command.pod] = self.now
        self._note("warm" if command.warm else "start", command.name)
        if command.warm:
            return
        started = self.now + self.startup_ns
        self.plan(started, EventKind.STARTED, command.pod)
        if command.readiness is not None and not command.name.startswith(tuple(self.never_ready)):
            ready = max(started, self.now + command.readiness.initial_delay_ns) + 1
            self.plan(ready, EventKind.READY, command.pod)

    def observe(self) -> Observation:
        served = int(self.served_rps * self.now / S)
        return Observation(
            self.now,
            {
                pod: ContainerUsage(int(self.cpu_ns[pod]), 100 * MI, 0, 0, *self._answers(pod, start))
                for pod, start in self.running.items()
            },
            (served,),
            (served,),
        )

    def _answers(self, pod: int, start: StartContainer) -> tuple[int, int, int]:
        age_s = (self.now - self.started[pod]) / S
        return self.answers(age_s) if start.watch_ns is not None else (0, 0, 0)

    def _note(self, kind: str, name: str) -> None:
        self.log.append((self.now / S, kind, name))


@dataclass
class Run:
    """A finished run of control against the fake plane."""

    control: ControlPlane
    plane: FakePlane

    def events(self, *reasons: str) -> list[tuple[float, str, str]]:
        found = self.control.history.events
        return [(e.time_ns / S, e.reason, e.object) for e in found if not reasons or e.reason in reasons]


def drive(control: ControlPlane, plane: FakePlane, seconds: float) -> Run:
    """Run both planes as ``fvcapacity.run`` does."""
    end = round(seconds * S)
    control.observe = plane.observe
    plane.apply(control.take_commands())
    while plane.now < end:
        due = min(control.next_event_time(), end)
        event = plane.advance(due)
        time_ns = event.time_ns if event else due
        control.run_to(time_ns, event)
        plane.apply(control.take_commands())
    control.finish(end)
    return Run(control, plane)


def version(workload: Workload, at_s: float, number: int = 2, **rollout: Any) -> NewVersion:
    """Return a new version of a workload, deployed at a time; its hash is ``v2``, ``v3``..."""
    given = {"deploy": workload.key, "at": datetime(2026, 2, 14), **rollout}
    image = replace(workload.template.containers[0], image=f"{workload.name}:{number}")
    template = replace(workload.template, containers=(image, *workload.template.containers[1:]))
    changed = replace(workload, template=template)
    return NewVersion(Rollout.model_validate(given), round(at_s * S), changed, number, f"v{number}")


READY_AFTER_5 = Probe(handler="http", initial_delay_s=5, period_s=5)


def deployment(name: str = "web", **changes: Any) -> Workload:
    """Return a workload of one container: 100m and 128 MiB unless told otherwise."""
    container: dict[str, Any] = {
        "name": name,
        "image": f"{name}:1",
        "cpu_request_cores": changes.pop("cpu", 0.1),
        "memory_request_bytes": changes.pop("memory", 128 * MI),
        "readiness": changes.pop("readiness", READY_AFTER_5),
        "liveness": changes.pop("liveness", None),
        "cpu_limit_cores": changes.pop("cpu_limit", None),
        "memory_limit_bytes": changes.pop("memory_limit", None),
        "pre_stop_s": changes.pop("pre_stop_s", 0.0),
    }
    template: dict[str, Any] = {"labels": {"app": name}, **changes.pop("template", {})}
    extra = changes.pop("containers", ())
    return Workload(
        kind=changes.pop("kind", "Deployment"),
        name=name,
        namespace="shop",
        replicas=changes.pop("replicas", 1),
        selector={"matchLabels": {"app": name}},
        template=PodTemplate(containers=(Container(**container), *extra), **template),
        **changes,
    )


def pool(**changes: Any) -> NodePool:
    """Return a pool of nodes with one allocatable core and 2 GiB."""
    given: dict[str, Any] = {
        "instance_type": "small",
        "cpu": 1.0,
        "memory": 3 * GI,
        "allocatable_cpu": 1.0,
        "allocatable_memory": 2 * GI,
        "count": 1,
        "maximum": 4,
        "boot": "90s",
    }
    return NodePool(**{**given, **changes})


def plane_of(
    *workloads: Workload,
    pools: dict[str, NodePool] | None = None,
    serving: Sequence[str] = ("web",),
    seed: int = 1,
    timings: dict[str, Any] | None = None,
    gauges: dict[str, Any] | None = None,
    background: dict[str, Any] | None = None,
    init: dict[str, Any] | None = None,
    duration_s: float = 86_400,
    scenario: dict[str, Any] | None = None,
    versions: Sequence[NewVersion] = (),
    **objects: Any,
) -> ControlPlane:
    """Return a control plane over workloads; those named in ``serving`` enter the data plane."""
    by_name = {w.name: w for w in workloads}
    names = tuple(name for name in serving if name in by_name)
    topology = Topology(
        services={name: ServiceModel() for name in names},
        routes={"GET /": Route(path="/", steps=(Step(call=names[0] if names else "web", steps=()),))},
        gauges=gauges or {},
        background=background or {},
        init=init or {},
    )
    file = ScenarioFile.model_validate(
        {
            "name": "test",
            "manifests": ["m"],
            "topology": "t",
            "traffic": {"file": "f"},
            "window": {"start": datetime(2026, 2, 14), "duration": "1h", "warm_up": "0s"},
            "nodes": pools or {"general": pool()},
            "cluster": ClusterTimings(**(timings or {})),
            **(scenario or {}),
        }
    )
    cluster = ClusterObjects(workloads=workloads, **objects)
    whole = Scenario(file, cluster, topology, None, 0, versions=tuple(versions))
    program = Program(
        routes=("GET /",),
        services=names,
        user_routes=(True,),
        workloads=tuple(by_name[name].key for name in names),
        containers=tuple(by_name[name].template.containers[0].name for name in names),
        arrays=None,  # type: ignore[arg-type]
    )
    return ControlPlane(whole, program, seed, round(duration_s * S))
