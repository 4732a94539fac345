"""Rows of attempts: taken, held by references, given back; the lines in which they wait; what is put off to a ring."""

from __future__ import annotations

from fvcapacity.dataplane.fast.layout import NONE
from fvcapacity.dataplane.fast.memory import Row, State, attempt_at, container_at, follow_up_at, notice_at, trace_at
from fvcapacity.semantics.jit import inlined, part

ATTEMPT, PROBE, STARTUP = range(3)
"""Kinds of rows in the table of attempts."""

NO_BURST, QUEUED, RUNNING = range(3)

PROCEED, PROBE_RESULT, LISTEN = range(3)
"""Kinds of follow-ups: what becomes possible within an event is done right after it, first come first served."""


@inlined
def take_row(s: State) -> int:
    """Return a free row; the kernel has seen to it that there is one."""
    row = s.free_attempt
    s.free_attempt = attempt_at(s, row).line_after
    s.free_attempts -= 1
    return row


@inlined
def release(s: State, row: int) -> None:
    """Give up one reference to a row; the last one gives it back."""
    a = attempt_at(s, row)
    a.refs -= 1
    if a.refs == 0:
        a.line_after = s.free_attempt
        s.free_attempt = row
        s.free_attempts += 1
        if a.home >= 0:
            container_at(s, a.home).refs -= 1


@inlined
def follow_up(s: State, kind: int, item: int, value: int) -> None:
    """Put off what became possible until the present event is through."""
    entry = follow_up_at(s, s.ring_tail)
    entry.kind, entry.item, entry.value = kind, item, value
    s.ring_tail += 1
    if s.ring_tail == s.ring_rows:
        s.ring_tail = 0


@inlined
def wake(s: State, row: int, value: int) -> None:
    """Let a visit go on with what it waits for."""
    attempt_at(s, row).refs += 1
    follow_up(s, PROCEED, row, value)


@part
def notice(s: State, kind: int, container: int) -> None:
    """Tell control; ``advance`` returns when the present event is through."""
    entry = notice_at(s, s.outbox_tail)
    entry.time_ns, entry.kind, entry.pod = s.now_ns, kind, container_at(s, container).pod
    s.outbox_tail += 1
    if s.outbox_tail == s.outbox_rows:
        s.outbox_tail = 0


@part
def note(s: State, step: int, identity: int, pod: int, value: int) -> None:
    """Write a line of the trace."""
    line = trace_at(s, s.traced)
    line.time_ns, line.step, line.identity, line.pod, line.value = s.now_ns, step, identity, pod, value
    s.traced += 1


@part
def stand_in_line(s: State, line: Row, row: int) -> None:
    """Put a row at the end of a line."""
    a = attempt_at(s, row)
    a.line_before, a.line_after = line.last, NONE
    if line.last >= 0:
        attempt_at(s, line.last).line_after = row
    else:
        line.first = row
    line.last = row
    line.length += 1


@part
def leave_line(s: State, line: Row, row: int) -> None:
    """Take a row out of a line, wherever it stands."""
    a = attempt_at(s, row)
    if a.line_before >= 0:
        attempt_at(s, a.line_before).line_after = a.line_after
    else:
        line.first = a.line_after
    if a.line_after >= 0:
        attempt_at(s, a.line_after).line_before = a.line_before
    else:
        line.last = a.line_before
    line.length -= 1


@part
def serve_line(s: State, line: Row) -> int:
    """Take the first row out of a line that is not empty."""
    row = line.first
    line.first = attempt_at(s, row).line_after
    if line.first >= 0:
        attempt_at(s, line.first).line_before = NONE
    else:
        line.last = NONE
    line.length -= 1
    return row
