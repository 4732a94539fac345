"""Rows of attempts: taken, held by references, given back; the lines in which they wait; what is put off to a ring."""

from __future__ import annotations

from fvcapacity.dataplane.fast.layout import NONE, State, Table
from fvcapacity.semantics.jit import inlined, njit

ATTEMPT, PROBE, STARTUP = range(3)
"""Kinds of rows in the table of attempts."""

NO_BURST, QUEUED, RUNNING = range(3)

PROCEED, PROBE_RESULT, LISTEN = range(3)
"""Kinds of follow-ups: what becomes possible within an event is done right after it, first come first served."""


@inlined
def take_row(s: State) -> int:
    """Return a free row; the kernel has seen to it that there is one."""
    core = s.core[0]
    row = core.free_attempt
    core.free_attempt = s.attempts[row].line_after
    core.free_attempts -= 1
    return row


@inlined
def release(s: State, row: int) -> None:
    """Give up one reference to a row; the last one gives it back."""
    a = s.attempts[row]
    a.refs -= 1
    if a.refs == 0:
        core = s.core[0]
        a.line_after = core.free_attempt
        core.free_attempt = row
        core.free_attempts += 1
        if a.home >= 0:
            s.containers[a.home].refs -= 1


@inlined
def follow_up(s: State, kind: int, item: int, value: int) -> None:
    """Put off what became possible until the present event is through."""
    core = s.core[0]
    entry = s.ring[core.ring_tail]
    entry.kind, entry.item, entry.value = kind, item, value
    core.ring_tail += 1
    if core.ring_tail == s.ring.size:
        core.ring_tail = 0


@inlined
def wake(s: State, row: int, value: int) -> None:
    """Let a visit go on with what it waits for."""
    s.attempts[row].refs += 1
    follow_up(s, PROCEED, row, value)


@njit
def notice(s: State, kind: int, container: int) -> None:
    """Tell control; ``advance`` returns when the present event is through."""
    core = s.core[0]
    entry = s.outbox[core.outbox_tail]
    entry.time_ns, entry.kind, entry.pod = core.now_ns, kind, s.containers[container].pod
    core.outbox_tail += 1
    if core.outbox_tail == s.outbox.size:
        core.outbox_tail = 0


@njit
def note(s: State, step: int, identity: int, pod: int, value: int) -> None:
    """Write a line of the trace."""
    core = s.core[0]
    row = core.traced
    s.trace[row, 0], s.trace[row, 1], s.trace[row, 2] = core.now_ns, step, identity
    s.trace[row, 3], s.trace[row, 4] = pod, value
    core.traced += 1


@inlined
def stand_in_line(attempts: Table, line: Table, row: int) -> None:
    """Put a row at the end of a line."""
    a = attempts[row]
    a.line_before, a.line_after = line.last, NONE
    if line.last >= 0:
        attempts[line.last].line_after = row
    else:
        line.first = row
    line.last = row
    line.length += 1


@njit
def leave_line(attempts: Table, line: Table, row: int) -> None:
    """Take a row out of a line, wherever it stands."""
    a = attempts[row]
    if a.line_before >= 0:
        attempts[a.line_before].line_after = a.line_after
    else:
        line.first = a.line_after
    if a.line_after >= 0:
        attempts[a.line_after].line_before = a.line_before
    else:
        line.last = a.line_before
    line.length -= 1


@inlined
def serve_line(attempts: Table, line: Table) -> int:
    """Take the first row out of a line that is not empty."""
    row = line.first
    line.first = attempts[row].line_after
    if line.first >= 0:
        attempts[line.first].line_before = NONE
    else:
        line.last = NONE
    line.length -= 1
    return row
