"""The reference plane: the semantics of the data plane, written with SimPy to be read.

Each visit of a request is a SimPy process, each node a CPU scheduler; the rules are those of ``semantics``. It is slow
and obviously right; the fast plane must give the same response time for every request.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from fvcapacity.dataplane.conditions import calls_made_by, slowed_demands, slowed_disk_ns, slowed_records
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
from fvcapacity.dataplane.reference.arrivals import Arrivals
from fvcapacity.dataplane.reference.calls import Calls
from fvcapacity.dataplane.reference.clock import Clock
from fvcapacity.dataplane.reference.code import as_lists
from fvcapacity.dataplane.reference.container import DEAD, DRAINING, LISTENING, STARTING, Container
from fvcapacity.dataplane.reference.node import Burst, CpuScheduler
from fvcapacity.dataplane.reference.probes import start_probes
from fvcapacity.dataplane.reference.tally import Tally
from fvcapacity.dataplane.reference.visit import Attempt, Client, Visit, count_visit
from fvcapacity.dataplane.source import ArrivalSource
from fvcapacity.dataplane.statistics import MINUTE_NS, Cause, RouteColumn, count_open, empty_statistics
from fvcapacity.dataplane.trace import NO_RECORDS, RequestRecord, Step, TraceLine
from fvcapacity.errors import InvariantError
from fvcapacity.program.program import Program
from fvcapacity.semantics.draw import mix
from fvcapacity.semantics.events import SALT_STARTUP
from fvcapacity.semantics.faults import ANSWER_PATIENCE_NS
from fvcapacity.semantics.versions import answers_with_error


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep Python's search for reference cycles out of the loop: it would cost half the time and find next to nothing.

    Finished visits leave no cycles. The few that killed ones leave are found between two calls of ``advance``.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class ReferencePlane:
    """A data plane (see ``dataplane.plane.Plane``) on SimPy.

    Parameters
    ----------
    program
        What requests do.
    source
        Where they come from.
    seed
        Seed of every draw that belongs to no request (period phases, probe times).
    duration_ns
        Length of the run, warm-up included.
    records
        Requests that arrive in this stretch of time leave a `RequestRecord` (memory grows with them).
    tracing
        Keep a `TraceLine` of every step.
    bin_ns
        Length of a bin of the counters; it divides a minute.
    """

    def __init__(
        self,
        program: Program,
        source: ArrivalSource,
        seed: int,
        duration_ns: int,
        *,
        records: tuple[int, int] = NO_RECORDS,
        tracing: bool = False,
        bin_ns: int = MINUTE_NS,
    ) -> None:
        self.program = program
        self.seed = seed
        self.code = as_lists(program.arrays)
        self.env = Clock(initial_time=0)
        self.statistics = empty_statistics(duration_ns, len(program.routes), len(program.services), bin_ns)
        self.tally = Tally(self.statistics, tracing=tracing, bin_ns=bin_ns)
        self.nodes: dict[int, CpuScheduler] = {}
        self.containers: dict[int, Container] = {}
        self.before: dict[int, tuple[int, ...]] = {}
        """What earlier runs of a pod's container have used and answered: see `_so_far`."""
        self.outbox: deque[PlaneEvent] = deque()
        self.open: dict[int, Client] = {}
        self.served = [0] * len(program.routes)
        self.arrived = [0] * len(program.routes)
        self.records: list[RequestRecord] = []
        self.recorded = records
        self.calls = Calls(self)
        self.issue = self.calls.issue
        self.arrivals = Arrivals(self, source)

    @property
    def now(self) -> int:
        """The present instant in nanoseconds."""
        return int(self.env._now)

    @property
    def trace(self) -> list[TraceLine]:
        """Every step so far (empty unless ``tracing``)."""
        return self.tally.trace or []

    def record_table(self) -> npt.NDArray[np.int64]:
        """Return the records as an array, shape (requests, 5)."""
        return np.array(self.records, np.int64).reshape(-1, 5)

    def advance(self, until: int) -> PlaneEvent | None:
        """Run [now, until); see ``Plane.advance``."""
        env = self.env
        if self.outbox:
            return self.outbox.popleft()
        with _no_collector():
            while (due := env.peek()) < until:
                self.tally.turn_to(due)  # type: ignore[arg-type]  # times are integers
                env.step()
                if self.outbox and env.settled():
                    return self.outbox.popleft()
        env.move_to(until)
        return None

    def apply(self, commands: Sequence[Command]) -> None:
        """Carry out control's commands; see ``Plane.apply``."""
        self.tally.turn_to(self.now)
        for command in commands:
            _APPLY[type(command)](self, command)

    def observe(self) -> Observation:
        """Return usage and counts at the present instant."""
        self._settle()
        usage = {
            pod: ContainerUsage(cpu_ns, c.memory_bytes, len(c.open), c.queued, *answers)
            for pod, c in self.containers.items()
            for cpu_ns, *answers in (self._so_far(pod, c),)
        }
        return Observation(self.now, usage, tuple(self.served), tuple(self.arrived))

    def finish(self) -> None:
        """Account for what is still open, and put the last bin away."""
        self._settle()
        self.tally.flush()
        for client in self.open.values():
            count_open(self.statistics, client.route, self.now - client.arrived_ns)

    def _settle(self) -> None:
        """Book all progress up to now, the last of it into the bin that ends now or later."""
        self.tally.turn_to(self.now - 1)
        for node in self.nodes.values():
            node.book()

    # -- requests ------------------------------------------------------------------------------------

    def begin_request(self, route: int, identity: int, user: int = -1) -> None:
        """A request enters the cluster."""
        now = self.now
        self.tally.routes[route][RouteColumn.ARRIVED] += 1
        self.tally.note(now, Step.ARRIVED, identity, 0, route)
        self.arrived[route] += 1
        client = self.open[identity] = Client(identity, route, now, user)
        call = self.code.route_call[route]
        self.issue(Attempt(client, call, None, 0, 0, self.code.call_path[call]))

    def end_request(self, client: Client, call: int, cause: Cause) -> None:
        """A request is answered, or its user has given up."""
        now, route = self.now, client.route
        del self.open[client.identity]
        row = self.tally.routes[route]
        row[RouteColumn.SERVED + cause] += 1
        if not cause:
            row[RouteColumn.EGRESS_BYTES] += self.code.call_response_bytes[call]
            self.served[route] += 1
        response = now - client.arrived_ns
        self.tally.response(now, route, response)
        self.tally.note(now, Step.ENDED, client.identity, 0, cause)
        if self.recorded[0] <= client.arrived_ns < self.recorded[1]:
            self.records.append(RequestRecord(client.identity, route, client.arrived_ns, response, cause))
        if client.user >= 0:
            self.arrivals.user_answered(client.user)

    def end_visit(self, visit: Visit, cause: Cause) -> None:
        """A visit ran to its end: free what it held and answer the caller."""
        container = visit.container
        visit.dead = True
        if visit.thread is not None:
            container.give_back(visit.thread)
        if not cause and container.error_ppm and answers_with_error(visit.identity, container.error_ppm):
            cause = Cause.ERROR_RESPONSE
        if not cause:
            container.memory_bytes += self.code.service_memory_growth_bytes[container.service]
        self.close(visit)
        count_visit(visit, cause)
        self.calls.end(visit.attempt, cause)

    def close(self, visit: Visit) -> None:
        """Take a visit off its container's books."""
        container = visit.container
        container.open.pop(visit.identity, None)
        container.memory_bytes -= visit.held_bytes
        visit.attempt.visit, visit.calls = None, []  # no reference cycles: memory is freed at once
        if container.state == DRAINING and not container.open:
            self.report(EventKind.DRAINED, container)

    # -- containers ----------------------------------------------------------------------------------

    def report(self, kind: EventKind, container: Container) -> None:
        """Tell control; ``advance`` returns when the present event is through."""
        self.outbox.append(PlaneEvent(self.now, kind, container.pod))

    def oom_kill(self, container: Container) -> None:
        """The kernel kills a container that is over its memory limit."""
        self.report(EventKind.OOM_KILLED, container)
        self.kill(container, Cause.OOM_KILLED)

    def kill(self, container: Container, cause: Cause) -> None:
        """A container ends at once; its open visits fail in the order of their identities (if anybody can tell)."""
        visits = [container.open[identity] for identity in sorted(container.open)]
        container.leave()
        container.memory_bytes = 0
        container.open.clear()
        for visit in visits:
            visit.dead = True
            for child in visit.calls:
                child.live = False
        for visit in visits:
            count_visit(visit, cause)
            if container.lost:
                self.calls.hang(visit.attempt, ANSWER_PATIENCE_NS)
            else:
                self.calls.end(visit.attempt, cause)

    def _so_far(self, pod: int, container: Container) -> tuple[int, ...]:
        """Return what a pod has used and answered over all runs of its container.

        That is its CPU, its answers, the failed and the slow ones, and its CFS periods, all and throttled.
        """
        c = container
        present = (c.cpu_ns, c.answered, c.failed, c.slow, c.periods, c.throttled_periods)
        before = self.before.get(pod)
        return present if before is None else tuple(map(sum, zip(before, present, strict=True)))

    def _start(self, command: StartContainer) -> None:
        before = self.containers.get(command.pod)
        if before is not None:
            self.before[command.pod] = self._so_far(command.pod, before)
        container = Container(command, self.nodes[command.node], self.program.arrays, self.seed, self.now)
        self.containers[command.pod] = container
        if not command.warm:
            self._begin_startup(container)
        start_probes(self, container, command)

    def _begin_startup(self, container: Container) -> None:
        work = self.code.service_startup_cpu_ns[container.service]
        done = self.env.event()
        done.callbacks.append(lambda _: self._listen(container))
        if work:
            container.submit(Burst(mix(container.identity, SALT_STARTUP), work, done, self.now), 0)
        else:
            done.succeed()

    def _listen(self, container: Container) -> None:
        if container.state == STARTING:
            container.state = LISTENING
            self.report(EventKind.STARTED, container)

    def _drain(self, command: DrainContainer) -> None:
        container = self.containers[command.pod]
        if container.state == DEAD:
            return
        container.state = DRAINING
        if not container.open:
            self.report(EventKind.DRAINED, container)

    def _stop(self, command: StopContainer) -> None:
        container = self.containers.pop(command.pod, None)
        if container is None:
            return
        self._settle()
        self.before[command.pod] = self._so_far(command.pod, container)
        container.lost = False
        if container.state != DEAD:
            self.kill(container, Cause.TERMINATED)

    def _lose(self, command: LoseContainer) -> None:
        container = self.containers.get(command.pod)
        if container is None:
            return
        container.lost = True
        if container.state != DEAD:
            self.kill(container, Cause.TERMINATED)

    def _set_pace(self, command: SetServicePace) -> None:
        arrays, code = self.program.arrays, self.code
        for at, mean in slowed_demands(arrays, command.service, command.cpu_milli):
            code.op_mean_ns[at] = mean
        for row, time_ns in slowed_records(arrays, command.service, command.cpu_milli):
            code.recorded_ns[row] = time_ns
        code.service_disk_interval_ns[command.service] = slowed_disk_ns(arrays, command.service, command.disk_milli)

    def _set_lookup(self, command: SetLookupDelay) -> None:
        slow = calls_made_by(self.program.arrays, command.callers) if command.share_ppm else []
        self.calls.lookups = dict.fromkeys(slow, (command.share_ppm, command.delay_ns))

    def _set_endpoints(self, command: SetEndpoints) -> None:
        pods, canaries = (
            tuple(self.containers[pod] for pod in group if pod in self.containers)
            for group in (command.pods, command.canaries)
        )
        self.calls.endpoints[command.service] = pods
        self.calls.weights[command.service] = None if command.weight is None else (command.weight, canaries)

    def _add_node(self, command: AddNode) -> None:
        self.nodes[command.node] = CpuScheduler(
            self.env, self.tally, command.node, command.cpu_cores, command.background_cores
        )

    def _set_background(self, command: SetBackground) -> None:
        node = self.nodes[command.node]
        node.settle()
        node.set_background(command.background_cores)
        node.plan()

    def _remove_node(self, command: RemoveNode) -> None:
        node = self.nodes.pop(command.node)
        if node.running or node.limited:
            raise InvariantError(f"node {command.node} left with running containers")


_APPLY: dict[type, Callable[..., None]] = {
    AddNode: ReferencePlane._add_node,
    SetBackground: ReferencePlane._set_background,
    RemoveNode: ReferencePlane._remove_node,
    StartContainer: ReferencePlane._start,
    DrainContainer: ReferencePlane._drain,
    StopContainer: ReferencePlane._stop,
    SetEndpoints: ReferencePlane._set_endpoints,
    LoseContainer: ReferencePlane._lose,
    SetServicePace: ReferencePlane._set_pace,
    SetLookupDelay: ReferencePlane._set_lookup,
}
