"""A request on its way: attempts that callers make, and the visits at services that serve them.

A visit is a process that runs the operations of its call: a generator of SimPy events, driven by their callbacks. An
attempt belongs to the caller: it knows the time-out, holds the pooled connection, and tells the caller how it ended.
An attempt whose caller no longer listens is an orphan: its visit goes on, and nobody hears of it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from fvcapacity.dataplane.reference.clock import At
from fvcapacity.dataplane.reference.node import Burst
from fvcapacity.dataplane.statistics import Cause, ServiceColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.program.layout import Op
from fvcapacity.semantics import events
from fvcapacity.semantics.balancing import attempt_identity, operation_time, takes_branch
from fvcapacity.semantics.draw import RECORDED, recorded_row
from fvcapacity.semantics.versions import scaled_demand

if TYPE_CHECKING:
    from fvcapacity.dataplane.reference.container import Container, Pool
    from fvcapacity.dataplane.reference.node import Thread
    from fvcapacity.dataplane.reference.plane import ReferencePlane

END, CPU, CALL, BRANCH, JUMP, WAIT = Op.END, Op.CPU, Op.CALL, Op.BRANCH, Op.JUMP, Op.WAIT


class Client:
    """The caller of a whole request: the user in front of the ingress."""

    __slots__ = ("arrived_ns", "identity", "route", "user")

    def __init__(self, identity: int, route: int, arrived_ns: int, user: int) -> None:
        self.identity = identity
        self.route = route
        self.arrived_ns = arrived_ns
        self.user = user
        """Number of the virtual user who asked, or -1."""


class Join:
    """What a caller waits for: a number of calls made at once, and the first cause of failure among them."""

    __slots__ = ("cause", "failed_place", "left", "visit")

    def __init__(self, visit: Visit, calls: int) -> None:
        self.visit = visit
        self.left = calls
        self.cause = Cause.SERVED
        self.failed_place = calls

    def ended(self, place: int, cause: Cause) -> None:
        """One of the calls ended for good; its place decides which cause is told."""
        if cause and place < self.failed_place:
            self.cause, self.failed_place = cause, place
        self.left -= 1
        if self.left == 0:
            self.visit.wake(self.cause)


class Attempt:
    """One attempt at one call."""

    __slots__ = (
        "call", "caller", "cancelled", "client", "due_ns", "hung", "identity", "join", "live", "number", "place",
        "pool", "visit", "waits",
    )  # fmt: skip

    def __init__(self, caller: Visit | Client, call: int, join: Join | None, place: int, number: int, path: int):
        self.caller = caller
        self.client: Client = caller if isinstance(caller, Client) else caller.attempt.client
        self.call = call
        self.join = join
        self.place = place
        self.number = number
        self.identity: int = attempt_identity(caller.identity, path, number)
        self.live = True
        """The caller still waits for it."""
        self.cancelled = False
        self.hung = False
        """It was lost with the machine that it was sent to, and its caller does not know."""
        self.due_ns = 0
        """When its time-out is over."""
        self.waits = False
        """It waits for a pooled connection."""
        self.pool: Pool | None = None
        self.visit: Visit | None = None


class Visit:
    """The stay of an attempt at a container."""

    __slots__ = (
        "arrived_ns", "attempt", "burst", "calls", "container", "dead", "held_bytes", "identity", "plane", "process",
        "thread", "waiting",
    )  # fmt: skip

    def __init__(self, plane: ReferencePlane, attempt: Attempt, container: Container, held_bytes: int) -> None:
        self.plane = plane
        self.attempt = attempt
        self.container = container
        self.identity = attempt.identity
        self.held_bytes = held_bytes
        self.arrived_ns = plane.env._now
        self.dead = False
        self.thread: Thread | None = None
        """Thread that it holds from start to end (groups of kind per_request)."""
        self.burst: Burst | None = None
        self.calls: list[Attempt] = []
        self.waiting: simpy.Event | None = None
        self.process = self._run()

    def proceed(self, event: simpy.Event | None = None) -> None:
        """Run to the next wait; a callback of the event that was waited for (a bare SimPy process)."""
        if self.dead:
            return  # cancelled or killed while it waited
        awaited = next(self.process, None) if event is None else self._send(event._value)
        if awaited is not None:
            awaited.callbacks.append(self.proceed)

    def _send(self, value: Any) -> simpy.Event | None:
        try:
            return self.process.send(value)
        except StopIteration:
            return None

    def wake(self, value: Any) -> None:
        """Let the process go on with what it waits for."""
        if not self.dead and self.waiting is not None:
            self.waiting.succeed(value)

    def _run(self) -> Generator[simpy.Event, Any, None]:
        plane, env, container, code = self.plane, self.plane.env, self.container, self.plane.code
        if container.groups[0].per_request:
            self.thread = container.take_thread(self, 0)
            if self.thread is None:
                self.waiting = simpy.Event(env)
                yield self.waiting
        at, cause = code.call_start[self.attempt.call], Cause.SERVED
        while (kind := code.op_kind[at]) != END:
            if kind == CPU:
                self._begin_burst(at)
            elif kind == CALL:
                self._begin_calls(at)
            elif kind == BRANCH:
                taken = takes_branch(self.identity, code.op_path[at], code.op_mean_ns[at])
                at = at + 1 if taken else code.op_a[at]
                continue
            elif kind == JUMP:
                at = code.op_a[at]
                continue
            else:
                self._begin_pause(at, kind)
            cause = yield self.waiting  # type: ignore[misc]
            if kind == CALL and cause:
                break
            at += 1
        plane.end_visit(self, cause if kind == CALL else Cause.SERVED)

    def _time_of(self, at: int) -> int:
        """Return the drawn or recorded time of an operation."""
        code = self.plane.code
        if code.op_dist[at] == RECORDED:
            row = recorded_row(self.attempt.client.identity, code.op_b[at])
            return int(code.recorded_ns[code.op_a[at] + row])
        return operation_time(self.identity, code.op_path[at], code.op_dist[at], code.op_mean_ns[at], code.op_sigma[at])

    def _begin_burst(self, at: int) -> None:
        code, env, container = self.plane.code, self.plane.env, self.container
        demand = scaled_demand(self._time_of(at), container.demand_milli)
        self.waiting = simpy.Event(env)
        if demand == 0:
            self.waiting.succeed()
            return
        self.burst = Burst(self.identity, demand, self.waiting, env._now)
        group = code.op_group[at]
        if group == 0 and self.thread is not None:
            container.node.start(self.thread, self.burst)
        else:
            container.submit(self.burst, group)

    def _begin_calls(self, at: int) -> None:
        plane = self.plane
        first, count = plane.code.op_a[at], plane.code.op_b[at]
        self.waiting = simpy.Event(plane.env)
        join = Join(self, count)
        self.calls = [
            Attempt(self, call, join, place, 0, plane.code.call_path[call])
            for place, call in enumerate(range(first, first + count))
        ]
        for attempt in list(self.calls):
            plane.issue(attempt)

    def _begin_pause(self, at: int, kind: int) -> None:
        plane, code = self.plane, self.plane.code
        now = plane.env._now
        if kind == WAIT:
            until = now + self._time_of(at)
        else:
            busy = int(code.op_mean_ns[at] * code.service_disk_interval_ns[self.container.service])
            self.container.disk_free_ns = max(now, self.container.disk_free_ns) + busy
            until = self.container.disk_free_ns + code.service_disk_latency_ns[self.container.service]
        self.waiting = At(plane.env, until, events.TIMER, self.identity)


def count_visit(visit: Visit, cause: Cause) -> None:
    """Book a visit that ended, well or not."""
    plane, service = visit.plane, visit.container.service
    row = plane.tally.services[service]
    elapsed = plane.env._now - visit.arrived_ns
    visit.container.count_answer(cause != Cause.SERVED or not visit.attempt.live, elapsed)
    row[ServiceColumn.VISITS] += 1
    row[ServiceColumn.ELAPSED_NS] += elapsed
    plane.tally.note(plane.env._now, Step.LEFT, visit.identity, visit.container.pod, cause)
    if cause:
        row[ServiceColumn.FAILED] += 1
        return
    call, code = visit.attempt.call, plane.code
    row[ServiceColumn.RESPONSE_BYTES] += code.call_response_bytes[call]
    row[ServiceColumn.LOG_BYTES] += code.call_log_bytes[call]
    row[ServiceColumn.WRITTEN_BYTES] += code.call_written_bytes[call]
    plane.tally.visit(plane.env._now, service, elapsed)
