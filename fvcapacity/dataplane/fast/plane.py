"""The fast plane: control's commands on one side, the compiled kernel on the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fvcapacity.dataplane.conditions import calls_made_by, slowed_demands, slowed_disk_ns, slowed_records
from fvcapacity.dataplane.fast import kernel
from fvcapacity.dataplane.fast.container import DEAD, DRAINING
from fvcapacity.dataplane.fast.containers import ContainerRows
from fvcapacity.dataplane.fast.layout import ARRIVAL, MOST, NEVER, NONE, Ints, Table
from fvcapacity.dataplane.fast.memory import Memory
from fvcapacity.dataplane.fast.rows import ATTEMPT
from fvcapacity.dataplane.fast.tables import (
    ServicePlan,
    empty_memory,
    make_room,
    more_attempts,
    more_nodes,
    timeout_list,
    write_statistics,
)
from fvcapacity.dataplane.plane import (
    AddNode,
    Command,
    ContainerUsage,
    DrainContainer,
    EventKind,
    LoseContainer,
    Observation,
    PlaneEvent,
    ProbeSpec,
    RemoveNode,
    SetBackground,
    SetEndpoints,
    SetLookupDelay,
    SetServicePace,
    StartContainer,
    StopContainer,
)
from fvcapacity.dataplane.source import ArrivalSource
from fvcapacity.dataplane.statistics import MINUTE_NS, WINDOW_NS, Cause, Statistics, count_open, empty_statistics
from fvcapacity.dataplane.trace import NO_RECORDS, RequestRecord, Step, TraceLine
from fvcapacity.errors import InvariantError
from fvcapacity.program.program import Program
from fvcapacity.semantics.cpu import first_slice, node_capacity
from fvcapacity.semantics.probes import LIVENESS, READINESS, STARTUP, first_tick, worker_identity

_RECORD_ROOM = 1 << 16
_FIRST_WORKERS = 32


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
        self.source = source
        self.seed = seed
        self.bin_ns = bin_ns
        self.statistics: Statistics = self._blank(duration_ns)
        plan = ServicePlan(program.arrays)
        self.rows = ContainerRows(program.arrays, plan)
        self.before: dict[int, Ints] = {}
        """What earlier runs of a pod's container have used and answered, in the order of ``ContainerUsage``."""
        self.node_rows: dict[int, int] = {}
        self.cpu_cores: dict[int, float] = {}
        self._margin = kernel.MARGIN + int(program.arrays.op_b.max(initial=0))
        self._free_workers: list[int] = []
        self._records: list[Table] = []
        self._trace: list[Table] = []
        self.memory: Memory = empty_memory(program.arrays, plan, source.users, seed)
        write_statistics(self.memory, self.statistics)
        core = self.memory.core
        core["bin_ns"] = core["next_bin_ns"] = bin_ns
        core["record_from_ns"], core["record_until_ns"] = records
        core["tracing"], core["chunk_final"] = tracing, source.stream is None
        for name, wanted in (("requests", records[1] > records[0]), ("trace", tracing)):
            if wanted:
                self.memory.reserve(name, _RECORD_ROOM)

    @property
    def now(self) -> int:
        """The present instant in nanoseconds."""
        return self.memory.get("now_ns")

    @property
    def events(self) -> int:
        """How many state changes were taken from a queue so far."""
        return self.memory.get("events")

    @property
    def records(self) -> list[RequestRecord]:
        """Requests that ended, of those that were to be recorded."""
        return [RequestRecord(row[0], row[1], row[2], row[3], Cause(row[4])) for row in self.record_table().tolist()]

    def record_table(self) -> Ints:
        """Return the records as an array, shape (requests, 5)."""
        self._put_away()
        return np.concatenate([part.view(np.int64).reshape(-1, 5) for part in self._records])

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
        while (status := kernel.advance(self.memory.state, until, self._margin)) != kernel.DONE:
            if status == kernel.NOTICE:
                return self._next_notice()
            _BRING[status](self)
        return None

    def apply(self, commands: Sequence[Command]) -> None:
        """Carry out control's commands; see ``Plane.apply``."""
        if self.now >= self.memory.get("next_bin_ns"):
            kernel.turn_to(self.memory.state, self.now)
        for command in commands:
            _APPLY[type(command)](self, command)

    def observe(self) -> Observation:
        """Return usage and counts at the present instant."""
        state = self.memory.state
        kernel.settle_all(state)
        pods = list(self.rows.of_pod)
        out = np.empty((len(pods), len(_SUMS)), np.int64)
        kernel.usage(state, np.fromiter(self.rows.of_pod.values(), np.int64, len(pods)), out)
        for row, pod in enumerate(pods):
            if (before := self.before.get(pod)) is not None:
                out[row] += before
        usage = dict(zip(pods, map(ContainerUsage._make, out.tolist()), strict=True))
        return Observation(
            self.now, usage, tuple(self.memory["served"].tolist()), tuple(self.memory["arrived"].tolist())
        )

    def finish(self) -> None:
        """Settle all progress and account for what is still open."""
        kernel.settle_all(self.memory.state)
        attempts = self.memory["attempts"]
        clients = (attempts["refs"] > 0) & (attempts["live"] > 0) & (attempts["caller"] < 0)
        for row in attempts[clients & (attempts["kind"] == ATTEMPT)]:
            count_open(self.statistics, int(row["route"]), self.now - int(row["entered_ns"]))

    def cut(self, duration_ns: int) -> Statistics:
        """Return what was counted so far, and count anew from the present instant on, for at most so long.

        The instant begins a window of five minutes.
        """
        counted, core = self.statistics, self.memory.core
        kernel.book_all_deferred(self.memory.state)
        self.statistics = self._blank(duration_ns)
        write_statistics(self.memory, self.statistics)
        core["first_bin"], core["first_window"] = self.now // self.bin_ns, self.now // WINDOW_NS
        kernel.turn_to(self.memory.state, self.now)
        return counted

    def checkpoint(self) -> dict[str, Any]:
        """Return all that the plane knows at the present instant, for `resume` in a new plane of the same run."""
        kept = {name: getattr(self, name) for name in _KEPT}
        return {**kept, "arrivals_ns": getattr(self.source.stream, "position_ns", 0)}

    def resume(self, checkpoint: dict[str, Any]) -> None:
        """Go on from a checkpoint of the same program, source and seed."""
        for name in _KEPT:
            setattr(self, name, checkpoint[name])
        if self.source.stream is not None:
            self.source.stream.position_ns = checkpoint["arrivals_ns"]
        write_statistics(self.memory, self.statistics)

    def _blank(self, duration_ns: int) -> Statistics:
        program = self.program
        return empty_statistics(duration_ns, len(program.routes), len(program.services), self.bin_ns)

    # -- what the kernel asks for --------------------------------------------------------------------

    def _next_notice(self) -> PlaneEvent | None:
        core, outbox = self.memory.core, self.memory["outbox"]
        head = self.memory.get("outbox_head")
        if head == self.memory.get("outbox_tail"):
            return None
        time_ns, kind, pod = outbox[head].item()
        core["outbox_head"] = (head + 1) % len(outbox)
        return PlaneEvent(time_ns, EventKind(kind), pod)

    def _bring_arrivals(self) -> None:
        assert self.source.stream is not None
        chunk = self.source.stream.next_chunk()
        core = self.memory.core
        core["arrival"], core["chunk_size"] = 0, 0
        if chunk is None:
            core["chunk_final"] = 1
            return
        arrivals = np.empty(len(chunk.times_ns), ARRIVAL)
        arrivals["time_ns"], arrivals["route"], arrivals["identity"] = chunk[:3]
        self.memory.put("arrivals", arrivals)
        core["chunk_size"] = len(arrivals)

    def _bring_rows(self) -> None:
        more_attempts(self.memory)

    def _put_away(self) -> None:
        """Keep what was written down elsewhere, and make room for all that one event could add."""
        memory = self.memory
        most = (len(memory["attempts"]) + self._margin) * kernel.LINES_A_ROW + _RECORD_ROOM
        for kept, name, size in ((self._records, "requests", "recorded"), (self._trace, "trace", "traced")):
            kept.append(memory[name][: memory.get(size)].copy())
            memory.core[size] = 0
            if len(memory[name]):
                memory.reserve(name, most)

    # -- commands ------------------------------------------------------------------------------------

    def _add_node(self, command: AddNode) -> None:
        free = np.flatnonzero(self.memory["nodes"]["number"] < 0)
        if not free.size:
            more_nodes(self.memory)
            free = np.flatnonzero(self.memory["nodes"]["number"] < 0)
        row = int(free[0])
        node = self.memory["nodes"][row]
        node["number"], node["settled_ns"], node["rated_ns"] = command.node, self.now, self.now
        node["capacity"] = node_capacity(command.cpu_cores, command.background_cores)
        node["slice_ns"] = first_slice(command.cpu_cores)
        node["first_running"], node["last_running"], node["first_limited"] = NONE, NONE, NONE
        node["running"], node["contended"], node["edge_ns"], node["plain"] = 0, 0, NEVER, 0
        self.node_rows[command.node], self.cpu_cores[command.node] = row, command.cpu_cores

    def _set_background(self, command: SetBackground) -> None:
        capacity = node_capacity(self.cpu_cores[command.node], command.background_cores)
        kernel.set_capacity(self.memory.state, self.node_rows[command.node], capacity)

    def _remove_node(self, command: RemoveNode) -> None:
        node = self.memory["nodes"][self.node_rows.pop(command.node)]
        if node["running"] or node["first_limited"] >= 0:
            raise InvariantError(f"node {command.node} left with running containers")
        node["number"] = NONE
        del self.cpu_cores[command.node]

    def _start(self, command: StartContainer) -> None:
        before = self.rows.of_pod.get(command.pod, NONE)
        if before >= 0:
            self._keep(command.pod, before)
        row = self.rows.take(self.memory, command, self.node_rows[command.node], self.seed)
        self._keep_margin()
        if not command.warm:
            kernel.begin_startup(self.memory.state, row)
        if command.startup is not None and not command.warm:
            self._add_worker(row, STARTUP, command.startup, warm=False)
        if command.readiness is not None:
            self._add_worker(row, READINESS, command.readiness, command.warm)
        if command.liveness is not None:
            self._add_worker(row, LIVENESS, command.liveness, command.warm)

    def _add_worker(self, container: int, kind: int, spec: ProbeSpec, warm: bool) -> None:
        if not self._free_workers:
            self._find_workers()
        number, memory = self._free_workers.pop(), self.memory
        worker, owner = memory["workers"][number], memory["containers"][container]
        identity = worker_identity(int(owner["identity"]), kind)
        values = {
            "container": container, "kind": kind, "period_ns": spec.period_ns, "queued": spec.queued,
            "timeout_class": timeout_list(memory, spec.timeout_ns), "cpu_ns": spec.cpu_ns, "identity": identity,
            "success_threshold": min(spec.success_threshold, MOST),
            "failure_threshold": min(spec.failure_threshold, MOST),
            "good": warm if kind == READINESS else kind == LIVENESS, "successes": 0, "failures": 0, "number": 0,
            "tick_ns": self.now + first_tick(spec.initial_delay_ns, spec.period_ns, identity, warm),
        }  # fmt: skip
        for name, value in values.items():
            worker[name] = value
        owner["refs"] += 1
        kernel.add_probe(memory.state, number)

    def _find_workers(self) -> None:
        """List the workers that are done, or make more."""
        memory = self.memory
        free = np.flatnonzero(memory["workers"]["container"] < 0)
        if not free.size:
            before = len(memory["workers"])
            memory.reserve("workers", max(_FIRST_WORKERS, 2 * before))
            memory["workers"]["container"][before:] = NONE
            memory.reserve_heap("probe_ticks", len(memory["workers"]))
            make_room(memory)
            free = np.arange(before, len(memory["workers"]))
        self._free_workers = free[::-1].tolist()

    def _keep_margin(self) -> None:
        """A command may need rows of attempts, as an event does."""
        while kernel.lacks_rows(self.memory.state, self._margin):
            self._bring_rows()

    def _keep(self, pod: int, row: int) -> None:
        """Remember what a pod's container used and answered, beyond its end."""
        kernel.book_all_deferred(self.memory.state)
        container = self.memory["containers"][row]
        used = np.array([container[name] if summed else 0 for name, summed in _SUMS.items()], np.int64)
        self.before[pod] = self.before.get(pod, 0) + used

    def _drain(self, command: DrainContainer) -> None:
        row = self.rows.of_pod[command.pod]
        container = self.memory["containers"][row]
        if container["state"] == DEAD:
            return
        container["state"] = DRAINING
        if container["open"] == 0:
            kernel.tell_drained(self.memory.state, row)

    def _stop(self, command: StopContainer) -> None:
        row = self.rows.of_pod.get(command.pod, NONE)
        if row < 0:
            return
        kernel.settle_all(self.memory.state)
        self._keep(command.pod, row)
        self.memory["containers"][row]["lost"] = 0
        self._kill(row)
        self.rows.forget(self.memory, command.pod)

    def _lose(self, command: LoseContainer) -> None:
        row = self.rows.of_pod.get(command.pod, NONE)
        if row < 0:
            return
        self.memory["containers"][row]["lost"] = 1
        self._kill(row)

    def _kill(self, row: int) -> None:
        if self.memory["containers"][row]["state"] != DEAD:
            self._keep_margin()
            kernel.kill_container(self.memory.state, row, int(Cause.TERMINATED))

    def _set_pace(self, command: SetServicePace) -> None:
        arrays, memory = self.program.arrays, self.memory
        for at, mean in slowed_demands(arrays, command.service, command.cpu_milli):
            memory["operations"][at]["mean"] = mean
        for row, time_ns in slowed_records(arrays, command.service, command.cpu_milli):
            memory["replays"][row] = time_ns
        busy = slowed_disk_ns(arrays, command.service, command.disk_milli)
        memory["services"][command.service]["disk_interval_ns"] = busy

    def _set_lookup(self, command: SetLookupDelay) -> None:
        calls = self.memory["calls"]
        calls["delayed_ppm"] = 0
        slow = calls_made_by(self.program.arrays, command.callers)
        calls["delayed_ppm"][slow], calls["delay_ns"][slow] = command.share_ppm, command.delay_ns

    def _set_endpoints(self, command: SetEndpoints) -> None:
        memory, known = self.memory, self.rows.of_pod
        pods, canaries = ([known[pod] for pod in group if pod in known] for group in (command.pods, command.canaries))
        rows = [*pods, *canaries]
        if len(rows) > memory["endpoints"].shape[1]:
            wider = np.zeros((len(memory["endpoints"]), 2 * len(rows)), np.int32)
            wider[:, : memory["endpoints"].shape[1]] = memory["endpoints"]
            memory.put("endpoints", wider)
            memory.core["endpoints_width"] = wider.shape[1]
        service, endpoints = memory["services"][command.service], memory["endpoints"][command.service]
        for row in endpoints[: int(service["endpoints"] + service["canaries"])]:
            memory["containers"][row]["refs"] -= 1
        for row in rows:
            memory["containers"][row]["refs"] += 1
        endpoints[: len(rows)] = rows
        service["endpoints"], service["canaries"] = len(pods), len(canaries)
        service["weight"] = NONE if command.weight is None else command.weight


_SUMS = {
    "cpu_ns": True, "memory_bytes": False, "open": False, "queued": False, "answered": True, "failed": True,
    "slow": True, "periods": True, "throttled_periods": True,
}  # fmt: skip
"""A container's fields in the order of `ContainerUsage`, and whether they add up over its runs."""

_KEPT = (
    "statistics", "memory", "rows", "before", "node_rows", "cpu_cores", "_free_workers", "_records", "_trace",
)  # fmt: skip
"""What a checkpoint holds besides the position in the stream of arrivals."""

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
    LoseContainer: FastPlane._lose,
    SetServicePace: FastPlane._set_pace,
    SetLookupDelay: FastPlane._set_lookup,
}
