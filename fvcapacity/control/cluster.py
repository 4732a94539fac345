"""The cluster as controllers share it: the records, the clock, the work queue, and what goes out."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Literal, TypeAlias

import simpy

from fvcapacity.control.clock import At, Rank
from fvcapacity.control.history import ClusterEvent, History
from fvcapacity.control.quotas import Quotas
from fvcapacity.control.shapes import PodShape, pod_shape
from fvcapacity.control.state import ControlState, NodeRecord, PodRecord, WorkloadRecord
from fvcapacity.dataplane.plane import Command, Observation
from fvcapacity.decisions.scheduler import SchedulingPod
from fvcapacity.decisions.scheduler.queue import Change
from fvcapacity.program.program import Program
from fvcapacity.scenario.cluster import Workload
from fvcapacity.scenario.model import ClusterTimings, Scenario
from fvcapacity.semantics.draw import mix, stable_hash

Process: TypeAlias = Generator[simpy.Event, None, None]
Handler: TypeAlias = Callable[["Cluster", str], None]


class Cluster:
    """What every controller gets.

    Controllers do not call each other: they change records and enqueue work, which another controller takes up at
    the same instant when its rank comes, or later.
    """

    def __init__(self, scenario: Scenario, program: Program, seed: int, now_ns: int = 0) -> None:
        self.scenario = scenario
        self.program = program
        self.seed = seed
        self.timings: ClusterTimings = scenario.file.cluster
        self.env = simpy.Environment(initial_time=now_ns)
        self.state = ControlState()
        self.quotas = Quotas(scenario.cluster)
        self.history = History()
        self.commands: list[Command] = []
        self.observe: Callable[[], Observation] = lambda: Observation(self.now)
        self.samples_pods = scenario.file.monitoring.keeps_pods(scenario.file.window.duration)
        self.running = False
        """False while the start state is built: what stood before the run makes no events."""
        self._handlers: dict[str, tuple[Rank, Handler]] = {}

    @property
    def now(self) -> int:
        """Nanoseconds since the start of the run."""
        return int(self.env.now)

    def handle(self, kind: str, rank: Rank, handler: Handler) -> None:
        """Say who does one kind of work, and at which rank."""
        self._handlers[kind] = (rank, handler)

    def enqueue(self, kind: str, key: str = "", delay_ns: int = 0) -> None:
        """Plan work; work of the same kind and key that was planned before gives way."""
        due = self.now + delay_ns
        if self.state.queue.get((kind, key)) != due:
            self.state.queue.pop((kind, key), None)  # the queue keeps the order in which work was planned
            self.state.queue[kind, key] = due
            self.env.process(self._worker(kind, key))

    def sync(self, kind: str, key: str) -> None:
        """Do one kind of work now."""
        self._handlers[kind][1](self, key)

    def take_up(self) -> None:
        """Wait for all planned work again, after the records came back from a checkpoint."""
        for kind, key in self.state.queue:
            self.env.process(self._worker(kind, key))

    def cancel(self, kind: str, key: str) -> None:
        """Forget planned work."""
        self.state.queue.pop((kind, key), None)

    def _worker(self, kind: str, key: str) -> Process:
        """Wait for one piece of work and do it, unless it was cancelled or moved meanwhile."""
        rank, handler = self._handlers[kind]
        yield At(self.env, self.state.queue[kind, key], rank)
        if self.state.queue.get((kind, key)) == self.now:
            del self.state.queue[kind, key]
            handler(self, key)

    def event(
        self, kind: Literal["Normal", "Warning"], reason: str, target: str, message: str, workload: str = ""
    ) -> None:
        """Record what ``kubectl get events`` would show."""
        self.history.events.append(
            ClusterEvent(time_ns=self.now, type=kind, reason=reason, object=target, message=message, workload=workload)
        )

    def pod_event(
        self, pod: PodRecord, reason: str, message: str, kind: Literal["Normal", "Warning"] = "Normal"
    ) -> None:
        """Record an event of a pod."""
        self.event(kind, reason, f"pod/{pod.name}", message, pod.workload)

    def tell_scheduler(self, change: Change, node: str, pod: SchedulingPod | None = None) -> None:
        """Let the scheduler know of a change of or on a node that may make room for pods without a place."""
        if self.running:
            self.state.scheduler.events.append((change, node, pod))
            self.enqueue("scheduler")

    def identity(self, name: str, number: int) -> int:
        """Return what stands for the UID of an object: the same in every run with this seed."""
        return int(mix(mix(self.seed, stable_hash(name)), number))

    def shape_of(self, workload: Workload) -> PodShape:
        """Return the shape of the pods that a workload's template makes in this cluster."""
        scenario = self.scenario
        namespaces, init_ns = scenario.cluster.namespaces, self.timings.init_container
        return pod_shape(workload, scenario.topology, self.program, namespaces, init_ns)

    def workload_of(self, pod: PodRecord) -> WorkloadRecord:
        """Return the workload that owns a pod."""
        return self.state.workloads[pod.workload]

    def ready_nodes(self) -> list[NodeRecord]:
        """Return the nodes that run pods, in order of creation."""
        return [node for node in self.state.nodes.values() if node.ready and not node.deleted]
