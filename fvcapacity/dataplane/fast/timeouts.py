"""Time-outs without a heap: who waits for the same duration is due in the order of beginning.

Each duration has a list, in which an attempt takes and leaves its place in constant time, so that no dead timer is ever
kept. The kernel looks at ``s.timeouts_bound_ns`` alone: nothing is due before it. Only when the clock reaches it are
the lists looked at, and the bound is set anew; that is about once in a duration, not once in a call.
"""

from __future__ import annotations

from fvcapacity.dataplane.fast.layout import NEVER, NONE
from fvcapacity.dataplane.fast.memory import State, attempt_at, timeouts_at
from fvcapacity.semantics.jit import part


@part
def begin_timeout(s: State, row: int, list_number: int) -> None:
    """Let an attempt time out when the list's duration is over."""
    own, a = timeouts_at(s, list_number), attempt_at(s, row)
    a.timeout_class = list_number
    a.due_ns = s.now_ns + own.duration_ns
    before = own.last
    # Of those that began in this very nanosecond the identity decides.
    while before >= 0 and attempt_at(s, before).due_ns == a.due_ns and attempt_at(s, before).identity > a.identity:
        before = attempt_at(s, before).timeout_before
    a.timeout_before = before
    if before >= 0:
        a.timeout_after = attempt_at(s, before).timeout_after
        attempt_at(s, before).timeout_after = row
    else:
        a.timeout_after = own.first
        own.first = row
    if a.timeout_after >= 0:
        attempt_at(s, a.timeout_after).timeout_before = row
    else:
        own.last = row
    if a.due_ns < s.timeouts_bound_ns:
        s.timeouts_bound_ns = a.due_ns


@part
def end_timeout(s: State, row: int) -> None:
    """Take an attempt off its list, if it stands on one."""
    a = attempt_at(s, row)
    if a.timeout_class < 0:
        return
    own = timeouts_at(s, a.timeout_class)
    if a.timeout_before >= 0:
        attempt_at(s, a.timeout_before).timeout_after = a.timeout_after
    else:
        own.first = a.timeout_after
    if a.timeout_after >= 0:
        attempt_at(s, a.timeout_after).timeout_before = a.timeout_before
    else:
        own.last = a.timeout_before
    a.timeout_class = NONE


@part
def next_timeout(s: State) -> int:
    """Return the attempt that is due first, or NONE, and set the bound to its time."""
    found, due, identity = NONE, NEVER, 0
    for number in range(s.timeouts_rows):
        row = timeouts_at(s, number).first
        if row >= 0:
            a = attempt_at(s, row)
            if a.due_ns < due or (a.due_ns == due and a.identity < identity):
                found, due, identity = row, a.due_ns, a.identity
    s.timeouts_bound_ns = due
    return found
