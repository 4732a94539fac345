"""The serving container of a pod: threads and their queues, and what happens when it ends."""

from __future__ import annotations

from fvcapacity.dataplane.fast.cpu import (
    count_burst,
    plan_later,
    refill_quotas,
    renew_slices,
    rest,
    settle,
    start,
    stop,
)
from fvcapacity.dataplane.fast.layout import NONE
from fvcapacity.dataplane.fast.memory import (
    State,
    attempt_at,
    container_at,
    idle_at,
    line_at,
    node_at,
    service_minute,
    thread_at,
)
from fvcapacity.dataplane.fast.plain import book_deferred
from fvcapacity.dataplane.fast.rows import (
    LISTEN,
    NO_BURST,
    PROBE,
    PROBE_RESULT,
    PROCEED,
    QUEUED,
    STARTUP,
    follow_up,
    note,
    release,
    serve_line,
    stand_in_line,
    wake,
)
from fvcapacity.dataplane.fast.timeouts import end_timeout
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics.jit import inlined, merged, part

STARTING, LISTENING, DRAINING, DEAD = range(4)
_STEP_BURST_END = int(Step.BURST_END)


@part
def _take_idle(s: State, line: int) -> int:
    """Take the idle thread with the smallest number (the top of a heap)."""
    own = line_at(s, line)
    first = own.first_thread
    own.free -= 1
    taken, last = idle_at(s, first).value, idle_at(s, first + own.free).value
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= own.free:
            break
        if child + 1 < own.free and idle_at(s, first + child + 1).value < idle_at(s, first + child).value:
            child += 1
        if last < idle_at(s, first + child).value:
            break
        idle_at(s, first + hole).value = idle_at(s, first + child).value
        hole = child
    idle_at(s, first + hole).value = last
    return taken


@merged
def _put_idle(s: State, line: int, thread: int) -> None:
    own = line_at(s, line)
    first, hole = own.first_thread, own.free
    own.free += 1
    while hole > 0 and thread < idle_at(s, first + ((hole - 1) >> 1)).value:
        idle_at(s, first + hole).value = idle_at(s, first + ((hole - 1) >> 1)).value
        hole = (hole - 1) >> 1
    idle_at(s, first + hole).value = thread


@part
def submit(s: State, container: int, row: int, group: int) -> None:
    """Let a burst run on the next free thread of a group."""
    line = container_at(s, container).first_line + group
    if line_at(s, line).free > 0:
        start(s, _take_idle(s, line), row)
    else:
        attempt_at(s, row).burst = QUEUED
        stand_in_line(s, line_at(s, line), row)


@merged
def take_thread(s: State, container: int, row: int) -> bool:
    """Give a visit a thread of its own, or put it into the queue."""
    line = container_at(s, container).first_line
    if line_at(s, line).free > 0:
        attempt_at(s, row).own_thread = _take_idle(s, line)
        return True
    stand_in_line(s, line_at(s, line), row)
    return False


@part
def give_back(s: State, thread: int) -> None:
    """Hand a free thread to the first in the queue, or let it idle."""
    t = thread_at(s, thread)
    line = t.line
    if line_at(s, line).length == 0:
        rest(s, thread)
        _put_idle(s, line, thread)
        return
    row = serve_line(s, line_at(s, line))
    a = attempt_at(s, row)
    if a.burst == QUEUED:
        start(s, thread, row)
    else:
        service = container_at(s, t.container).service
        service_minute(s, service).queue_wait_ns += s.now_ns - a.arrived_ns
        a.own_thread = thread
        wake(s, row, 0)


@inlined
def full(s: State, container: int) -> bool:
    """Tell whether one more request would be refused."""
    line = line_at(s, container_at(s, container).first_line)
    return line.free == 0 and line.length >= line.limit


@merged
def tick(s: State, node: int) -> None:
    """A node's own event: settle, serve quotas, end the bursts that are done, plan."""
    n = node_at(s, node)
    settle(s, node)
    if n.plain:
        ended, last = n.next_ties, n.next_thread
        if ended > 1:
            book_deferred(s, node)
    else:
        ended, last = _serve_quotas(s, node)
    for _ in range(ended):
        _end_burst(s, last if ended == 1 else _first_ended(s, node))
    plan_later(s, node)


@merged
def _serve_quotas(s: State, node: int) -> tuple[int, int]:
    """Refill quotas and hand out slices; return how many bursts are done, and the last of them."""
    n = node_at(s, node)
    if n.edge_ns <= s.now_ns:
        refill_quotas(s, node)
    ended, spent, last, thread = 0, 0, NONE, n.first_running
    while thread >= 0:
        t = thread_at(s, thread)
        if t.remaining_ns <= 0:
            ended, last = ended + 1, thread
        elif t.slice_ns == 0:
            spent += 1
        thread = t.after
    if spent > 0 and n.first_limited >= 0:
        renew_slices(s, node)
    return ended, last


@part
def _first_ended(s: State, node: int) -> int:
    """Return the thread whose burst is done and has the smallest identity."""
    found = NONE
    thread = node_at(s, node).first_running
    while thread >= 0:
        t = thread_at(s, thread)
        if t.remaining_ns <= 0 and (
            found < 0 or attempt_at(s, t.attempt).identity < attempt_at(s, thread_at(s, found).attempt).identity
        ):
            found = thread
        thread = t.after
    return found


@merged
def _end_burst(s: State, thread: int) -> None:
    row = thread_at(s, thread).attempt
    container = thread_at(s, thread).container
    count_burst(s, thread)
    if s.tracing:
        c = container_at(s, container)
        note(s, _STEP_BURST_END, attempt_at(s, row).identity, c.pod, thread - c.first_thread)
    stop(s, thread)
    line = thread_at(s, thread).line
    if line < 0 or attempt_at(s, row).own_thread == thread:  # a visit keeps it, or a probe had one of its own
        rest(s, thread)
    else:
        give_back(s, thread)
    _burst_done(s, row, container)


@part
def listen(s: State, container: int) -> None:
    """Let a container listen, its start-up work being done; until then its row serves no other."""
    container_at(s, container).refs += 1
    follow_up(s, LISTEN, container, 0)


@merged
def _burst_done(s: State, row: int, container: int) -> None:
    a = attempt_at(s, row)
    if a.kind == PROBE:
        if a.live:
            a.live = 0
            end_timeout(s, row)
            follow_up(s, PROBE_RESULT, a.caller, 1)
            release(s, row)
        release(s, row)
    elif a.kind == STARTUP:
        listen(s, container)
        release(s, row)
    else:
        a.refs += 1
        follow_up(s, PROCEED, row, 0)


@part
def leave_node(s: State, container: int) -> None:
    """Stop every burst: the container is gone from its node."""
    c = container_at(s, container)
    settle(s, c.node)
    c.state = DEAD
    for thread in range(c.first_thread, c.first_thread + c.threads):
        row = thread_at(s, thread).attempt
        if row >= 0:
            stop(s, thread)
            if attempt_at(s, row).kind:
                release(s, row)
    for line in range(c.first_line, c.first_line + c.lines):
        while line_at(s, line).length > 0:
            row = serve_line(s, line_at(s, line))
            attempt_at(s, row).burst = NO_BURST
            if attempt_at(s, row).kind:
                release(s, row)
    for pool in range(c.first_pool, c.first_pool + c.pools):
        while line_at(s, pool).length > 0:
            serve_line(s, line_at(s, pool))
    plan_later(s, c.node)
