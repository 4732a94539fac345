"""How attempts travel (see ``reference/calls.py``): issue, wait for a connection, send, end, settle, retry."""

from __future__ import annotations

from fvcapacity.dataplane.fast.heap import push
from fvcapacity.dataplane.fast.layout import DELIVERIES, NONE, TIMERS
from fvcapacity.dataplane.fast.memory import (
    State,
    add_response,
    add_to_route,
    attempt_at,
    breaker_at,
    call_at,
    container_at,
    heap_at,
    line_at,
    request_at,
    served_at,
    service_minute,
)
from fvcapacity.dataplane.fast.rows import ATTEMPT, NO_BURST, note, release, serve_line, stand_in_line, take_row, wake
from fvcapacity.dataplane.fast.timeouts import begin_timeout, end_timeout
from fvcapacity.dataplane.fast.users import user_answered
from fvcapacity.dataplane.statistics import Cause, RouteColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics.balancing import attempt_identity
from fvcapacity.semantics.faults import lookup_delay_ns
from fvcapacity.semantics.jit import inlined, merged, part

_CIRCUIT_OPEN, _SERVED = int(Cause.CIRCUIT_OPEN), int(Cause.SERVED)
_EGRESS, _FIRST_CAUSE = int(RouteColumn.EGRESS_BYTES), int(RouteColumn.SERVED)
_STEP_WAITS, _STEP_RETRIED, _STEP_ENDED = int(Step.WAITS), int(Step.RETRIED), int(Step.ENDED)


@part
def new_attempt(s: State, caller: int, caller_identity: int, home: int, call: int, place: int, number: int) -> int:
    """Write the row of an attempt that nobody has issued yet; its one reference is the caller's."""
    row = take_row(s)
    a = attempt_at(s, row)
    a.kind, a.refs, a.live, a.call = ATTEMPT, 1, 1, call
    a.identity = attempt_identity(caller_identity, call_at(s, call).path, number)
    a.burst, a.visiting, a.own_thread, a.first_child = NO_BURST, 0, NONE, NONE
    a.caller, a.home, a.place, a.number, a.next_sibling = caller, home, place, number, NONE
    a.cancelled, a.waits, a.pool, a.timeout_class = 0, 0, NONE, NONE
    if home >= 0:
        container_at(s, home).refs += 1
        a.client = attempt_at(s, caller).client
    return row


@part
def issue(s: State, row: int) -> None:
    """Begin an attempt: the clock of its time-out runs from here."""
    if not _issue(s, row):
        settle_attempt(s, row, _CIRCUIT_OPEN)


@merged
def _issue(s: State, row: int) -> bool:
    """Begin an attempt; return False when the caller's breaker refuses it."""
    a = attempt_at(s, row)
    call = call_at(s, a.call)
    if a.caller >= 0 and call.breaker >= 0:
        breaker = breaker_at(s, container_at(s, a.home).first_breaker + call.breaker)
        if s.now_ns < breaker.open_until_ns:
            return False
    if call.timeout_class >= 0:
        begin_timeout(s, row, call.timeout_class)
    if a.caller >= 0 and call.pool >= 0:
        pool = container_at(s, a.home).first_pool + call.pool
        if line_at(s, pool).free == 0:
            a.waits, a.pool = 1, pool
            stand_in_line(s, line_at(s, pool), row)
            if s.tracing:
                note(s, _STEP_WAITS, a.identity, container_at(s, a.home).pod, 0)
            return True
        line_at(s, pool).free -= 1
        a.pool = pool
    _send(s, row)
    return True


@merged
def _send(s: State, row: int) -> None:
    a = attempt_at(s, row)
    a.refs += 1
    call = call_at(s, a.call)
    due = s.now_ns + call.network_ns
    if call.delayed_ppm:
        due += lookup_delay_ns(a.identity, call.delayed_ppm, call.delay_ns)
    push(heap_at(s, DELIVERIES), due, a.identity, row)


@merged
def release_pool(s: State, row: int) -> None:
    """Free the pooled connection of an attempt, for the next that waits."""
    a = attempt_at(s, row)
    pool = a.pool
    if pool < 0:
        return
    a.pool = NONE
    line = line_at(s, pool)
    if line.length == 0:
        line.free += 1
        return
    following = serve_line(s, line)
    attempt_at(s, following).waits = 0
    _send(s, following)


@inlined
def end(s: State, row: int, cause: int) -> None:
    """An attempt is over at the called side: free its connection and tell the caller."""
    release_pool(s, row)
    if attempt_at(s, row).live:
        settle_attempt(s, row, cause)


@part
def settle_attempt(s: State, row: int, cause: int) -> None:
    """Tell the caller how an attempt ended, or try again."""
    while True:
        again = _settle(s, row, cause)
        if again < 0 or _issue(s, again):
            return
        row, cause = again, _CIRCUIT_OPEN


@merged
def _settle(s: State, row: int, cause: int) -> int:
    """Settle an attempt; return the one that is to be issued in its place at once, or NONE."""
    a = attempt_at(s, row)
    call = call_at(s, a.call)
    a.live = 0
    end_timeout(s, row)
    again = NONE
    if a.caller >= 0 and call.breaker >= 0 and cause != _CIRCUIT_OPEN:
        _count_failure(s, row, cause)
    if cause and a.number < call.retries:
        again = _retry(s, row)
    elif a.caller < 0:
        _end_request(s, row, cause)
    else:
        unlink_child(s, row)
        _join(s, row, _SERVED if call.optional else cause)
    release(s, row)
    return again


@merged
def _join(s: State, row: int, cause: int) -> None:
    """One of the caller's calls ended for good; its place decides which cause is told."""
    a = attempt_at(s, row)
    caller = attempt_at(s, a.caller)
    if cause and a.place < caller.join_place:
        caller.join_cause, caller.join_place = cause, a.place
    caller.join_left -= 1
    if caller.join_left == 0:
        wake(s, a.caller, caller.join_cause)


@merged
def _count_failure(s: State, row: int, cause: int) -> None:
    a = attempt_at(s, row)
    call = call_at(s, a.call)
    breaker = breaker_at(s, container_at(s, a.home).first_breaker + call.breaker)
    breaker.failures = breaker.failures + 1 if cause else 0
    if breaker.failures >= call.breaker_failures:
        breaker.open_until_ns = s.now_ns + call.breaker_open_ns


@merged
def _retry(s: State, row: int) -> int:
    """Make the next attempt; return it when it is to be issued at once."""
    a = attempt_at(s, row)
    call = call_at(s, a.call)
    caller_identity = attempt_at(s, a.caller).identity if a.caller >= 0 else a.client
    again = new_attempt(s, a.caller, caller_identity, a.home, a.call, a.place, a.number + 1)
    b = attempt_at(s, again)
    b.client, b.route, b.entered_ns, b.user = a.client, a.route, a.entered_ns, a.user
    service_minute(s, call.service).retries += 1
    if s.tracing:
        note(s, _STEP_RETRIED, b.identity, 0, b.number)
    if a.caller >= 0:
        _take_place(s, row, again)
    if call.backoff_ns == 0:
        return again
    b.refs += 1
    due = s.now_ns + (call.backoff_ns << a.number)
    push(heap_at(s, TIMERS), due, b.identity, again)
    return NONE


@merged
def _take_place(s: State, row: int, again: int) -> None:
    """Put an attempt into the list of its caller's calls where another one was."""
    a = attempt_at(s, row)
    attempt_at(s, again).next_sibling = a.next_sibling
    caller = attempt_at(s, a.caller)
    if caller.first_child == row:
        caller.first_child = again
        return
    before = caller.first_child
    while attempt_at(s, before).next_sibling != row:
        before = attempt_at(s, before).next_sibling
    attempt_at(s, before).next_sibling = again


@merged
def unlink_child(s: State, row: int) -> None:
    """Take an attempt off the list of its caller's calls."""
    a = attempt_at(s, row)
    caller = attempt_at(s, a.caller)
    if caller.first_child == row:
        caller.first_child = a.next_sibling
        return
    before = caller.first_child
    while attempt_at(s, before).next_sibling != row:
        before = attempt_at(s, before).next_sibling
    attempt_at(s, before).next_sibling = a.next_sibling


@merged
def _end_request(s: State, row: int, cause: int) -> None:
    """A request is answered, or its user has given up."""
    a = attempt_at(s, row)
    add_to_route(s, a.route, _FIRST_CAUSE + cause, 1)
    if cause == 0:
        add_to_route(s, a.route, _EGRESS, call_at(s, a.call).response_bytes)
        served_at(s, a.route).value += 1
    response = s.now_ns - a.entered_ns
    add_response(s, a.route, response)
    if s.tracing:
        note(s, _STEP_ENDED, a.client, 0, cause)
    if s.record_from_ns <= a.entered_ns < s.record_until_ns:
        _record(s, row, response, cause)
    if a.user >= 0:
        user_answered(s, a.user)


@merged
def _record(s: State, row: int, response_ns: int, cause: int) -> None:
    a, line = attempt_at(s, row), request_at(s, s.recorded)
    line.identity, line.route, line.entered_ns, line.response_ns, line.cause = (
        a.client, a.route, a.entered_ns, response_ns, cause,
    )  # fmt: skip
    s.recorded += 1
