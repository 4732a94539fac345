"""The fast plane: control's commands on one side, the compiled kernel on the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fvcapacity.dataplane.fast import kernel
from fvcapacity.dataplane.fast.container import DEAD, DRAINING
from fvcapacity.dataplane.fast.containers import ContainerRows
from fvcapacity.dataplane.fast.layout import NONE, Ints
from fvcapacity.dataplane.fast.rows import ATTEMPT
from fvcapacity.dataplane.fast.tables import (
    ServicePlan,
    empty_state,
    grown,
    more_attempts,
    more_nodes,
    sized,
    timeout_lists,
)
from fvcapacity.dataplane.plane import (
    AddNode,
    Command,
    ContainerUsage,
    DrainContainer,
    EventKind,
    Observation,
    PlaneEvent,
    ProbeSpec,
    RemoveNode,
    SetBackground,
    SetEndpoints,
    StartContainer,
    StopContainer,
)
from fvcapacity.dataplane.source import ArrivalSource
from fvcapacity.dataplane.statistics import Cause, Statistics, count_open, empty_statistics
from fvcapacity.dataplane.trace import NO_RECORDS, RequestRecord, Step, TraceLine
from fvcapacity.errors import InvariantError
from fvcapacity.program.program import Program
from fvcapacity.semantics.cpu import node_capacity
from fvcapacity.semantics.probes import LIVENESS, READINESS, STARTUP, first_tick, worker_identity

_RECORD_ROOM = 1 << 16


class FastPlane:
    """A data plane (see ``dataplane.plane.Plane``) compiled with Numba.

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
    ) -> None:
        self.program = program
        self.source = source
        self.seed = seed
        self.statistics: Statistics = empty_statistics(duration_ns, len(program.routes), len(program.services))
        plan = ServicePlan(program.arrays)
        self.rows = ContainerRows(program.arrays, plan)
        self.cpu_before: dict[int, int] = {}
        """CPU that earlier runs of a pod's container have used."""
        self.node_rows: dict[int, int] = {}
        self.cpu_cores: dict[int, float] = {}
        self._margin = kernel.MARGIN + int(program.arrays.op_b.max(initial=0))
        self._free_workers: list[int] = []
        self._records: list[Ints] = []
        self._trace: list[Ints] = []
        state = empty_state(program.arrays, plan, self.statistics, source.users, seed)
        state.core["record_from_ns"], state.core["record_until_ns"] = records
        state.core["tracing"], state.core["chunk_final"] = tracing, source.stream is None
        if records[1] > records[0]:
            state = state._replace(records=np.zeros((_RECORD_ROOM, 5), np.int64))
        if tracing:
            state = state._replace(trace=np.zeros((_RECORD_ROOM, 5), np.int64))
        self.state = more_attempts(state)

    @property
    def now(self) -> int:
        """The present instant in nanoseconds."""
        return int(self.state.core["now_ns"][0])

    @property
    def events(self) -> int:
        """How many state changes were taken from a queue so far."""
        return int(self.state.core["events"][0])

    @property
    def records(self) -> list[RequestRecord]:
        """Requests that ended, of those that were to be recorded."""
        self._put_away()
        return [RequestRecord(*row[:4], Cause(row[4])) for part in self._records for row in part.tolist()]

    @property
    def trace(self) -> list[TraceLine]:
        """Every step so far (empty unless ``tracing``)."""
        self._put_away()
        return [TraceLine(row[0], Step(row[1]), *row[2:]) for part in self._trace for row in part.tolist()]

    def advance(self, until: int) -> PlaneEvent | None:
        """Run [now, until); see ``Plane.advance``."""
        event = self._next_notice()
        if event is not None or until <= self.now:
            return event
        while (status := kernel.advance(self.state, until, self._margin)) != kernel.DONE:
            if status == kernel.NOTICE:
                return self._next_notice()
            _BRING[status](self)
        return None

    def apply(self, commands: Sequence[Command]) -> None:
        """Carry out control's commands; see ``Plane.apply``."""
        if self.now >= int(self.state.core["next_bin_ns"][0]):
            kernel.turn_to(self.state)
        for command in commands:
            _APPLY[type(command)](self, command)

    def observe(self) -> Observation:
        """Return usage and counts at the present instant."""
        state, before = self.state, self.cpu_before
        kernel.settle_all(state)
        pods = list(self.rows.of_pod)
        out = np.empty((len(pods), 4), np.int64)
        kernel.usage(state, np.fromiter(self.rows.of_pod.values(), np.int64, len(pods)), out)
        usage = {
            pod: ContainerUsage(cpu + before.get(pod, 0), memory, open_requests, queued)
            for pod, (cpu, memory, open_requests, queued) in zip(pods, out.tolist(), strict=True)
        }
        return Observation(self.now, usage, tuple(state.served.tolist()), tuple(state.arrived.tolist()))

    def finish(self) -> None:
        """Settle all progress and account for what is still open."""
        kernel.settle_all(self.state)
        attempts = self.state.attempts
        clients = (attempts["refs"] > 0) & (attempts["live"] > 0) & (attempts["caller"] < 0)
        for row in attempts[clients & (attempts["kind"] == ATTEMPT)]:
            count_open(self.statistics, int(row["route"]), self.now - int(row["entered_ns"]))

    # -- what the kernel asks for --------------------------------------------------------------------

    def _next_notice(self) -> PlaneEvent | None:
        core, outbox = self.state.core, self.state.outbox
        head = int(core["outbox_head"][0])
        if head == int(core["outbox_tail"][0]):
            return None
        time_ns, kind, pod = outbox[head].item()
        core["outbox_head"] = (head + 1) % len(outbox)
        return PlaneEvent(time_ns, EventKind(kind), pod)

    def _bring_arrivals(self) -> None:
        assert self.source.stream is not None
        chunk = self.source.stream.next_chunk()
        core = self.state.core
        core["chunk_position"], core["chunk_size"] = 0, 0
        if chunk is None:
            core["chunk_final"] = 1
            return
        columns = [np.require(column, np.int64, ("C", "W")) for column in chunk[:3]]
        self.state = self.state._replace(chunk_times=columns[0], chunk_routes=columns[1], chunk_identities=columns[2])
        core["chunk_size"] = len(columns[0])

    def _bring_rows(self) -> None:
        self.state = more_attempts(self.state)

    def _put_away(self) -> None:
        """Keep what was written down elsewhere, and make room for all that one event could add."""
        state, core = self.state, self.state.core
        most = (len(state.attempts) + self._margin) * kernel.LINES_A_ROW + _RECORD_ROOM
        for kept, table, size in ((self._records, state.records, "recorded"), (self._trace, state.trace, "traced")):
            kept.append(table[: int(core[size][0])].copy())
            core[size] = 0
        self.state = state._replace(
            records=grown(state.records, most) if 0 < len(state.records) < most else state.records,
            trace=grown(state.trace, most) if 0 < len(state.trace) < most else state.trace,
        )

    # -- commands ------------------------------------------------------------------------------------

    def _add_node(self, command: AddNode) -> None:
        free = np.flatnonzero(self.state.nodes["number"] < 0)
        if not free.size:
            self.state = more_nodes(self.state)
            free = np.flatnonzero(self.state.nodes["number"] < 0)
        row = int(free[0])
        node = self.state.nodes[row]
        node["number"], node["settled_ns"] = command.node, self.now
        node["capacity"] = node_capacity(command.cpu_cores, command.background_cores)
        node["first_running"], node["last_running"], node["first_limited"] = NONE, NONE, NONE
        node["running"], node["contended"], node["ticking"] = 0, 0, 0
        self.node_rows[command.node], self.cpu_cores[command.node] = row, command.cpu_cores

    def _set_background(self, command: SetBackground) -> None:
        capacity = node_capacity(self.cpu_cores[command.node], command.background_cores)
        kernel.set_capacity(self.state, self.node_rows[command.node], capacity)

    def _remove_node(self, command: RemoveNode) -> None:
        node = self.state.nodes[self.node_rows.pop(command.node)]
        if node["running"] or node["first_limited"] >= 0:
            raise InvariantError(f"node {command.node} left with running containers")
        node["number"] = NONE
        del self.cpu_cores[command.node]

    def _start(self, command: StartContainer) -> None:
        before = self.rows.of_pod.get(command.pod, NONE)
        if before >= 0:
            self._keep_cpu(command.pod, before)
        self.state, row = self.rows.take(self.state, command, self.node_rows[command.node], self.seed)
        if int(self.state.core["free_attempts"][0]) < self._margin:
            self._bring_rows()
        if not command.warm:
            kernel.begin_startup(self.state, row)
        if command.startup is not None and not command.warm:
            self._add_worker(row, STARTUP, command.startup, warm=False)
        if command.readiness is not None:
            self._add_worker(row, READINESS, command.readiness, command.warm)
        if command.liveness is not None:
            self._add_worker(row, LIVENESS, command.liveness, command.warm)

    def _add_worker(self, container: int, kind: int, spec: ProbeSpec, warm: bool) -> None:
        if not self._free_workers:
            self._find_workers()
        number, state = self._free_workers.pop(), self.state
        timeouts = self._timeout_list(spec.timeout_ns)
        worker, identity = state.workers[number], worker_identity(int(state.containers[container]["identity"]), kind)
        values = {
            "container": container, "kind": kind, "period_ns": spec.period_ns, "queued": spec.queued,
            "timeout_class": timeouts, "success_threshold": spec.success_threshold,
            "failure_threshold": spec.failure_threshold, "cpu_ns": spec.cpu_ns, "identity": identity,
            "good": warm if kind == READINESS else kind == LIVENESS, "successes": 0, "failures": 0, "number": 0,
            "tick_ns": self.now + first_tick(spec.initial_delay_ns, spec.period_ns, identity, warm),
        }  # fmt: skip
        for name, value in values.items():
            worker[name] = value
        state.containers[container]["refs"] += 1
        kernel.add_probe(self.state, number)

    def _find_workers(self) -> None:
        """List the workers that are done, or make more."""
        free = np.flatnonzero(self.state.workers["container"] < 0)
        if not free.size:
            before = len(self.state.workers)
            workers = grown(self.state.workers, max(32, 2 * before))
            workers["container"][before:] = NONE
            self.state = sized(
                self.state._replace(workers=workers, probe_ticks=grown(self.state.probe_ticks, len(workers)))
            )
            free = np.arange(before, len(workers))
        self._free_workers = free[::-1].tolist()

    def _timeout_list(self, duration_ns: int) -> int:
        """Return the list of a duration; a new one is made for one that was not there."""
        durations = self.state.timeouts["duration_ns"]
        if duration_ns not in durations:
            lists = timeout_lists([*durations.tolist(), duration_ns])
            lists[:-1] = self.state.timeouts
            self.state = self.state._replace(timeouts=lists)
        return int(np.flatnonzero(self.state.timeouts["duration_ns"] == duration_ns)[0])

    def _keep_cpu(self, pod: int, row: int) -> None:
        self.cpu_before[pod] = self.cpu_before.get(pod, 0) + int(self.state.containers[row]["cpu_ns"])

    def _drain(self, command: DrainContainer) -> None:
        row = self.rows.of_pod[command.pod]
        container = self.state.containers[row]
        if container["state"] == DEAD:
            return
        container["state"] = DRAINING
        if container["open"] == 0:
            kernel.notice(self.state, int(EventKind.DRAINED), row)

    def _stop(self, command: StopContainer) -> None:
        row = self.rows.of_pod.get(command.pod, NONE)
        if row < 0:
            return
        self._keep_cpu(command.pod, row)
        if self.state.containers[row]["state"] != DEAD:
            if int(self.state.core["free_attempts"][0]) < self._margin:
                self._bring_rows()
            kernel.kill(self.state, row, int(Cause.TERMINATED))
        self.rows.forget(self.state, command.pod)

    def _set_endpoints(self, command: SetEndpoints) -> None:
        rows = [self.rows.of_pod[pod] for pod in command.pods if pod in self.rows.of_pod]
        if len(rows) > self.state.endpoints.shape[1]:
            wider = np.zeros((len(self.state.endpoints), 2 * len(rows)), np.int64)
            wider[:, : self.state.endpoints.shape[1]] = self.state.endpoints
            self.state = self.state._replace(endpoints=wider)
        state, service = self.state, self.state.services[command.service]
        for row in state.endpoints[command.service, : int(service["endpoints"])]:
            state.containers[row]["refs"] -= 1
        for row in rows:
            state.containers[row]["refs"] += 1
        state.endpoints[command.service, : len(rows)] = rows
        service["endpoints"] = len(rows)


_BRING: dict[int, Callable[[FastPlane], None]] = {
    kernel.NEED_ARRIVALS: FastPlane._bring_arrivals,
    kernel.NEED_ROWS: FastPlane._bring_rows,
    kernel.NEED_ROOM: FastPlane._put_away,
}

_APPLY: dict[type, Callable[..., None]] = {
    AddNode: FastPlane._add_node,
    SetBackground: FastPlane._set_background,
    RemoveNode: FastPlane._remove_node,
    StartContainer: FastPlane._start,
    DrainContainer: FastPlane._drain,
    StopContainer: FastPlane._stop,
    SetEndpoints: FastPlane._set_endpoints,
}
