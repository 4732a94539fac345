"""The stay of an attempt at a container: it runs the operations of its call (see ``reference/visit.py``)."""

from __future__ import annotations

from fvcapacity.dataplane.fast.ahead import expect_call
from fvcapacity.dataplane.fast.calls import end, issue, new_attempt
from fvcapacity.dataplane.fast.container import DRAINING, give_back, submit
from fvcapacity.dataplane.fast.cpu import start
from fvcapacity.dataplane.fast.heap import push
from fvcapacity.dataplane.fast.layout import NONE, TIMERS
from fvcapacity.dataplane.fast.memory import (
    Row,
    State,
    add_visit,
    attempt_at,
    call_at,
    container_at,
    heap_at,
    operation_at,
    replay_at,
    service_at,
    service_minute,
)
from fvcapacity.dataplane.fast.rows import note, notice, release, wake
from fvcapacity.dataplane.plane import EventKind
from fvcapacity.dataplane.statistics import Cause
from fvcapacity.dataplane.trace import Step
from fvcapacity.program.layout import Op
from fvcapacity.semantics.balancing import operation_time, takes_branch
from fvcapacity.semantics.draw import RECORDED, recorded_row
from fvcapacity.semantics.jit import inlined, merged, part
from fvcapacity.semantics.versions import AS_DESCRIBED, answers_with_error, scaled_demand

_END, _CPU, _CALL, _BRANCH, _JUMP, _WAIT = (
    int(Op.END), int(Op.CPU), int(Op.CALL), int(Op.BRANCH), int(Op.JUMP), int(Op.WAIT),
)  # fmt: skip
_SERVED, _DRAINED, _LEFT = int(Cause.SERVED), int(EventKind.DRAINED), int(Step.LEFT)
_ERROR_RESPONSE, _AS_DESCRIBED = int(Cause.ERROR_RESPONSE), int(AS_DESCRIBED)


@merged
def go_on(s: State, row: int, cause: int) -> None:
    """What a visit waited for is over: begin its next operation, or end. A call that failed ends it."""
    if cause and operation_at(s, attempt_at(s, row).at).kind == _CALL:
        kind = _END
    else:
        kind, cause = _next_operation(s, row), _SERVED
    if kind == _CPU:
        _begin_burst(s, row)
    elif kind == _CALL:
        _begin_calls(s, row)
    elif kind == _END:
        _end_visit(s, row, cause)
    else:
        _begin_pause(s, row)


@merged
def _next_operation(s: State, row: int) -> int:
    """Turn to a visit's next operation that takes time, or its end; return the kind."""
    a = attempt_at(s, row)
    a.at += 1
    while True:
        op = operation_at(s, a.at)
        kind = op.kind
        if kind == _BRANCH:
            a.at = a.at + 1 if takes_branch(a.identity, op.path, op.mean) else op.a
        elif kind == _JUMP:
            a.at = op.a
        else:
            return kind


@inlined
def _time_of(s: State, a: Row, op: Row) -> int:
    """Return the drawn or recorded time of an operation of a visit."""
    if op.dist == RECORDED:
        return int(replay_at(s, op.a + recorded_row(a.client, op.b)).value)
    return operation_time(a.identity, op.path, op.dist, op.mean, op.sigma)


@merged
def _begin_burst(s: State, row: int) -> None:
    a = attempt_at(s, row)
    op = operation_at(s, a.at)
    demand = _time_of(s, a, op)
    factor = container_at(s, a.container).demand_milli
    if factor != _AS_DESCRIBED:
        demand = scaled_demand(demand, factor)
    if demand == 0:
        wake(s, row, 0)
        return
    a.demand_ns, a.queued_ns = demand, s.now_ns
    if s.looks_ahead:
        expect_call(s, a.identity, a.at + 1)
    if op.group == 0 and a.own_thread >= 0:
        start(s, a.own_thread, row)
    else:
        submit(s, a.container, row, op.group)


@merged
def _begin_calls(s: State, row: int) -> None:
    a = attempt_at(s, row)
    op = operation_at(s, a.at)
    first, count = op.a, op.b
    a.join_left, a.join_cause, a.join_place = count, _SERVED, count
    last = NONE
    for place in range(count):
        child = new_attempt(s, row, a.identity, a.container, first + place, place, 0)
        if last < 0:
            a.first_child = child
        else:
            attempt_at(s, last).next_sibling = child
        last = child
    child = a.first_child
    for place in range(count):
        # A call may be over at once, and leave the list; a visit's next call stands behind it all the same.
        following = attempt_at(s, child).next_sibling if place + 1 < count else NONE
        issue(s, child)
        child = following


@merged
def _begin_pause(s: State, row: int) -> None:
    a = attempt_at(s, row)
    op = operation_at(s, a.at)
    if op.kind == _WAIT:
        until = s.now_ns + _time_of(s, a, op)
    else:
        c = container_at(s, a.container)
        service = service_at(s, c.service)
        busy = int(op.mean * service.disk_interval_ns)
        c.disk_free_ns = max(s.now_ns, c.disk_free_ns) + busy
        until = c.disk_free_ns + service.disk_latency_ns
    a.refs += 1
    push(heap_at(s, TIMERS), until, a.identity, row)


@merged
def _end_visit(s: State, row: int, cause: int) -> None:
    """A visit ran to its end: free what it held and answer the caller."""
    a = attempt_at(s, row)
    c = container_at(s, a.container)
    a.visiting = 0
    if a.own_thread >= 0:
        give_back(s, a.own_thread)
    if cause == _SERVED and c.error_ppm > 0 and answers_with_error(a.identity, c.error_ppm):
        cause = _ERROR_RESPONSE
    if cause == 0:
        c.memory_bytes += service_at(s, c.service).growth_bytes
    close_visit(s, row)
    count_visit(s, row, cause)
    end(s, row, cause)
    release(s, row)


@part
def close_visit(s: State, row: int) -> None:
    """Take a visit off its container's books."""
    a = attempt_at(s, row)
    c = container_at(s, a.container)
    if a.open_before >= 0:
        attempt_at(s, a.open_before).open_after = a.open_after
    else:
        c.first_open = a.open_after
    if a.open_after >= 0:
        attempt_at(s, a.open_after).open_before = a.open_before
    c.open -= 1
    c.memory_bytes -= a.held_bytes
    if c.state == DRAINING and c.open == 0:
        notice(s, _DRAINED, a.container)


@part
def count_answer(s: State, container: int, failed: bool, slow: bool) -> None:
    """Count what became of an attempt at a container that is watched."""
    c = container_at(s, container)
    c.answered += 1
    if failed:
        c.failed += 1
    if slow:
        c.slow += 1


@part
def count_visit(s: State, row: int, cause: int) -> None:
    """Book a visit that ended, well or not."""
    a = attempt_at(s, row)
    c = container_at(s, a.container)
    service = c.service
    elapsed = s.now_ns - a.arrived_ns
    if c.watch_ns >= 0:
        count_answer(s, a.container, cause != _SERVED or a.live == 0, elapsed > c.watch_ns)
    minute = service_minute(s, service)
    minute.visits += 1
    minute.elapsed_ns += elapsed
    if s.tracing:
        note(s, _LEFT, a.identity, c.pod, cause)
    if cause:
        minute.failed += 1
        return
    call = call_at(s, a.call)
    minute.response_bytes += call.response_bytes
    minute.log_bytes += call.log_bytes
    minute.written_bytes += call.written_bytes
    add_visit(s, service, elapsed)
