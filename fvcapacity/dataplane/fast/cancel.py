"""Callers give up: time-outs, and work that is undone with all that it called."""

from __future__ import annotations

from fvcapacity.dataplane.fast.calls import release_pool, settle_attempt, unlink_child
from fvcapacity.dataplane.fast.container import give_back
from fvcapacity.dataplane.fast.cpu import plan_later, settle, stop
from fvcapacity.dataplane.fast.layout import NONE
from fvcapacity.dataplane.fast.memory import State, attempt_at, call_at, container_at, line_at, operation_at
from fvcapacity.dataplane.fast.rows import (
    NO_BURST,
    PROBE,
    PROBE_RESULT,
    QUEUED,
    RUNNING,
    follow_up,
    leave_line,
    note,
    release,
)
from fvcapacity.dataplane.fast.timeouts import end_timeout
from fvcapacity.dataplane.fast.visit import close_visit, count_visit
from fvcapacity.dataplane.statistics import Cause
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics.jit import part

_TIMEOUT, _STEP_TIMED_OUT = int(Cause.TIMEOUT), int(Step.TIMED_OUT)


@part
def time_out(s: State, row: int) -> None:
    """A caller gives up waiting for an attempt (or a kubelet for its probe)."""
    a = attempt_at(s, row)
    if a.kind == PROBE:
        end_timeout(s, row)
        a.live = 0
        follow_up(s, PROBE_RESULT, a.caller, 0)
        release(s, row)
        return
    if s.tracing:
        note(s, _STEP_TIMED_OUT, a.identity, 0, 0)
    if a.waits:
        _leave_pool_line(s, row)
    elif call_at(s, a.call).cancel:
        cancel(s, row)
    settle_attempt(s, row, _TIMEOUT)


@part
def _leave_pool_line(s: State, row: int) -> None:
    a = attempt_at(s, row)
    leave_line(s, line_at(s, a.pool), row)
    a.waits, a.pool = 0, NONE


@part
def cancel(s: State, root: int) -> None:
    """Undo an attempt and all that it called, the innermost first; nothing of it uses anything from now on."""
    row = root
    _mark(s, row)
    while True:
        child = attempt_at(s, row).first_child
        if child >= 0:
            if attempt_at(s, child).waits:
                _leave_pool_line(s, child)
                _drop(s, child)
            else:
                row = child
                _mark(s, row)
            continue
        if attempt_at(s, row).visiting:
            _take_out(s, row)
        release_pool(s, row)
        if row == root:
            return
        child, row = row, attempt_at(s, row).caller
        _drop(s, child)


@part
def _mark(s: State, row: int) -> None:
    attempt_at(s, row).cancelled = 1


@part
def _drop(s: State, row: int) -> None:
    """Forget a call that its caller no longer waits for."""
    unlink_child(s, row)
    end_timeout(s, row)
    attempt_at(s, row).live = 0
    release(s, row)


@part
def _take_out(s: State, row: int) -> None:
    """Take a visit out of its container, whatever it does there."""
    a = attempt_at(s, row)
    c = container_at(s, a.container)
    a.visiting = 0
    if a.burst == RUNNING:
        thread = a.thread
        settle(s, c.node)
        stop(s, thread)
        if thread != a.own_thread:
            give_back(s, thread)
        plan_later(s, c.node)
    elif a.burst == QUEUED:
        leave_line(s, line_at(s, _line_of(s, row)), row)
        a.burst = NO_BURST
    if a.own_thread >= 0:
        give_back(s, a.own_thread)
    elif line_at(s, c.first_line).per_request and a.at < call_at(s, a.call).start:
        leave_line(s, line_at(s, c.first_line), row)  # it still waited for a thread of its own
    close_visit(s, row)
    count_visit(s, row, _TIMEOUT)
    release(s, row)


@part
def _line_of(s: State, row: int) -> int:
    """Return the line in which a visit's burst waits: that of the operation's thread group."""
    a = attempt_at(s, row)
    return container_at(s, a.container).first_line + operation_at(s, a.at).group
