"""Attempts reach a container, or are refused by it; containers are killed with all that they hold."""

from __future__ import annotations

from fvcapacity.dataplane.fast.calls import end
from fvcapacity.dataplane.fast.container import LISTENING, full, leave_node, take_thread
from fvcapacity.dataplane.fast.heap import first, pop, push
from fvcapacity.dataplane.fast.layout import DELIVERIES, NONE, SORTER
from fvcapacity.dataplane.fast.memory import (
    State,
    attempt_at,
    call_at,
    connection_at,
    container_at,
    endpoint_at,
    heap_at,
    line_at,
    scratch_at,
    service_at,
    service_minute,
)
from fvcapacity.dataplane.fast.rows import note, notice, release
from fvcapacity.dataplane.fast.timeouts import end_timeout
from fvcapacity.dataplane.fast.visit import count_answer, count_visit
from fvcapacity.dataplane.plane import EventKind
from fvcapacity.dataplane.statistics import Cause
from fvcapacity.dataplane.trace import Step
from fvcapacity.program.layout import Balance
from fvcapacity.semantics.balancing import connection, pick
from fvcapacity.semantics.faults import ANSWER_PATIENCE_NS, CONNECT_PATIENCE_NS, given_up_ns
from fvcapacity.semantics.jit import merged, part
from fvcapacity.semantics.memory import over_limit
from fvcapacity.semantics.versions import takes_canary

_NO_ENDPOINT, _QUEUE_FULL, _REFUSED_CAUSE, _OOM_CAUSE = (
    int(Cause.NO_ENDPOINT), int(Cause.QUEUE_FULL), int(Cause.CONNECTION_REFUSED), int(Cause.OOM_KILLED),
)  # fmt: skip
_TIMEOUT = int(Cause.TIMEOUT)
_HUNG = 2
"""Value of ``cancelled``: the attempt was lost with the machine that it was sent to, and its caller does not know."""
_RANDOM, _ROUND_ROBIN = int(Balance.RANDOM), int(Balance.ROUND_ROBIN)
_OOM = int(EventKind.OOM_KILLED)
_STEP_VISIT, _STEP_REFUSED = int(Step.VISIT), int(Step.REFUSED)


@merged
def deliver(s: State, row: int) -> int:
    """An attempt reaches its service; return its row when its visit begins at once, or NONE."""
    a = attempt_at(s, row)
    if a.cancelled:
        if a.cancelled == _HUNG:
            refuse(s, row, 0, _TIMEOUT)
        else:
            release(s, row)
        return NONE
    call = call_at(s, a.call)
    container = _endpoint(s, row, call.service)
    if container < 0:
        refuse(s, row, 0, _NO_ENDPOINT)
        return NONE
    c = container_at(s, container)
    if c.state != LISTENING or full(s, container):
        service_minute(s, call.service).refused += 1
        if c.lost:
            _hang(s, row, CONNECT_PATIENCE_NS)
            return NONE
        if c.watch_ns >= 0:
            count_answer(s, container, True, False)
        refuse(s, row, c.pod, _QUEUE_FULL if c.state == LISTENING else _REFUSED_CAUSE)
        return NONE
    c.memory_bytes += call.held_bytes
    if over_limit(c.memory_bytes, c.memory_limit_bytes):
        notice(s, _OOM, container)
        if c.watch_ns >= 0:
            count_answer(s, container, True, False)
        kill(s, container, _OOM_CAUSE)
        refuse(s, row, c.pod, _OOM_CAUSE)
        return NONE
    _begin_visit(s, row, container, call.held_bytes)
    if s.tracing:
        note(s, _STEP_VISIT, a.identity, c.pod, a.call)
    a.at = call.start - 1  # a visit goes on with its next operation
    if not line_at(s, c.first_line).per_request or take_thread(s, container, row):
        return row
    return NONE


@part
def refuse(s: State, row: int, pod: int, cause: int) -> None:
    """An attempt was not let in."""
    if s.tracing:
        note(s, _STEP_REFUSED, attempt_at(s, row).identity, pod, cause)
    end(s, row, cause)
    release(s, row)


@merged
def _begin_visit(s: State, row: int, container: int, held_bytes: int) -> None:
    """Put a visit on its container's books. The reference of the delivery becomes the visit's."""
    a, c = attempt_at(s, row), container_at(s, container)
    a.visiting, a.container, a.arrived_ns, a.held_bytes = 1, container, s.now_ns, held_bytes
    a.open_before, a.open_after = NONE, c.first_open
    if c.first_open >= 0:
        attempt_at(s, c.first_open).open_before = row
    c.first_open = row
    c.open += 1


@merged
def _endpoint(s: State, row: int, service_number: int) -> int:
    """Return the container that an attempt goes to, or NONE."""
    service = service_at(s, service_number)
    if service.weight >= 0:
        return _weighted(s, row, service_number)
    ready = service.endpoints
    if ready == 0:
        return NONE
    if service.balance == _ROUND_ROBIN:
        turn = service.turn % ready
        service.turn = turn + 1
        return endpoint_at(s, service_number, turn)
    if ready == 1 and service.balance == _RANDOM:
        return endpoint_at(s, service_number, 0)
    a = attempt_at(s, row)
    chosen = endpoint_at(s, service_number, pick(a.identity, ready))
    if service.balance == _RANDOM:
        return chosen
    return _held_connection(s, row, service_number, chosen)


@part
def _weighted(s: State, row: int, service_number: int) -> int:
    """Return the container that a router with weights sends an attempt to, or NONE when nobody is in its group."""
    identity, service = attempt_at(s, row).identity, service_at(s, service_number)
    before, ready = 0, service.endpoints
    if takes_canary(identity, service.weight):
        before, ready = service.endpoints, service.canaries
    if ready == 0:
        return NONE
    return endpoint_at(s, service_number, before + pick(identity, ready))


@merged
def _held_connection(s: State, row: int, service_number: int, chosen: int) -> int:
    """Return the container at the other end of the attempt's connection; a new one goes to ``chosen``."""
    a, service = attempt_at(s, row), service_at(s, service_number)
    place = service.first_connection + connection(a.identity, service.connections)
    if a.home >= 0:
        place += container_at(s, a.home).first_connection
    for i in range(service.endpoints):
        held = endpoint_at(s, service_number, i)
        if container_at(s, held).pod == connection_at(s, place).value:
            return held
    connection_at(s, place).value = container_at(s, chosen).pod
    return chosen


@part
def kill(s: State, container: int, cause: int) -> None:
    """A container ends at once; its open visits fail in the order of their identities (if anybody can tell)."""
    c = container_at(s, container)
    leave_node(s, container)
    count = _by_identity(s, container)
    c.memory_bytes, c.open, c.first_open = 0, 0, NONE
    for i in range(count):
        row = scratch_at(s, i).value
        attempt_at(s, row).visiting = 0
        _forsake_children(s, row)
    for i in range(count):
        row = scratch_at(s, i).value
        count_visit(s, row, cause)
        if c.lost:
            _hang(s, row, ANSWER_PATIENCE_NS)
        else:
            end(s, row, cause)
            release(s, row)


@part
def _hang(s: State, row: int, patience_ns: int) -> None:
    """Nobody answers an attempt, and nobody tells its caller. The row's reference is handed on."""
    a = attempt_at(s, row)
    a.cancelled = _HUNG
    push(
        heap_at(s, DELIVERIES),
        given_up_ns(s.now_ns, call_at(s, a.call).timeout_ns, a.due_ns, patience_ns),
        a.identity,
        row,
    )


@part
def _by_identity(s: State, container: int) -> int:
    """List the open visits of a container in the scratch array, ordered."""
    sorter = heap_at(s, SORTER)
    row = container_at(s, container).first_open
    while row >= 0:
        push(sorter, attempt_at(s, row).identity, 0, row)
        row = attempt_at(s, row).open_after
    count = sorter.size
    for i in range(count):
        scratch_at(s, i).value = first(sorter).item
        pop(sorter)
    return count


@part
def _forsake_children(s: State, row: int) -> None:
    """Nobody listens to a killed visit's calls any more; they go on unseen."""
    child = attempt_at(s, row).first_child
    attempt_at(s, row).first_child = NONE
    while child >= 0:
        following = attempt_at(s, child).next_sibling
        attempt_at(s, child).live = 0
        end_timeout(s, child)
        release(s, child)
        child = following
