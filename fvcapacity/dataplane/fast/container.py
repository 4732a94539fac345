"""The serving container of a pod: threads and their queues, and what happens when it ends."""

from __future__ import annotations

from fvcapacity.dataplane.fast.cpu import count_burst, plan, rest, serve_quotas, settle, start, stop
from fvcapacity.dataplane.fast.layout import NEVER, NONE, State
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
from fvcapacity.dataplane.fast.tree import set_node_time
from fvcapacity.dataplane.statistics import ServiceColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics.jit import inlined, njit

STARTING, LISTENING, DRAINING, DEAD = range(4)
_WAIT = int(ServiceColumn.QUEUE_WAIT_NS)
_STEP_BURST_END = int(Step.BURST_END)


@inlined
def _take_idle(s: State, line: int) -> int:
    """Take the idle thread with the smallest number (the top of a heap)."""
    own, idle = s.lines[line], s.idle
    first = own.first_thread
    own.free -= 1
    taken, last = idle[first], idle[first + own.free]
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= own.free:
            break
        if child + 1 < own.free and idle[first + child + 1] < idle[first + child]:
            child += 1
        if last < idle[first + child]:
            break
        idle[first + hole] = idle[first + child]
        hole = child
    idle[first + hole] = last
    return taken


@inlined
def _put_idle(s: State, line: int, thread: int) -> None:
    own, idle = s.lines[line], s.idle
    first, hole = own.first_thread, own.free
    own.free += 1
    while hole > 0 and thread < idle[first + ((hole - 1) >> 1)]:
        idle[first + hole] = idle[first + ((hole - 1) >> 1)]
        hole = (hole - 1) >> 1
    idle[first + hole] = thread


@njit
def submit(s: State, container: int, row: int, group: int) -> None:
    """Let a burst run on the next free thread of a group."""
    line = s.containers[container].first_line + group
    if s.lines[line].free > 0:
        start(s, _take_idle(s, line), row)
    else:
        s.attempts[row].burst = QUEUED
        stand_in_line(s.attempts, s.lines[line], row)


@inlined
def take_thread(s: State, container: int, row: int) -> bool:
    """Give a visit a thread of its own, or put it into the queue."""
    line = s.containers[container].first_line
    if s.lines[line].free > 0:
        s.attempts[row].own_thread = _take_idle(s, line)
        return True
    stand_in_line(s.attempts, s.lines[line], row)
    return False


@njit
def give_back(s: State, thread: int) -> None:
    """Hand a free thread to the first in the queue, or let it idle."""
    t = s.threads[thread]
    line = t.line
    if s.lines[line].length == 0:
        rest(s, thread)
        _put_idle(s, line, thread)
        return
    row = serve_line(s.attempts, s.lines[line])
    a = s.attempts[row]
    if a.burst == QUEUED:
        start(s, thread, row)
    else:
        core, service = s.core[0], s.containers[t.container].service
        s.statistics.service_counts[core.bin, service, _WAIT] += core.now_ns - a.arrived_ns
        a.own_thread = thread
        wake(s, row, 0)


@inlined
def full(s: State, container: int) -> bool:
    """Tell whether one more request would be refused."""
    line = s.lines[s.containers[container].first_line]
    return line.free == 0 and line.length >= line.limit


@njit
def tick(s: State, node: int) -> None:
    """A node's own event: settle, serve quotas, end the bursts that are done, plan."""
    n = s.nodes[node]
    set_node_time(s, node, NEVER)
    settle(s, node)
    n.ticking = 1
    if n.first_limited >= 0:
        serve_quotas(s, node)
    ended = 0
    thread = n.first_running
    first = NONE
    while thread >= 0:
        if s.threads[thread].remaining_ns <= 0:
            ended += 1
            first = thread
        thread = s.threads[thread].after
    if ended == 1:
        _end_burst(s, first)
    else:
        for _ in range(ended):
            _end_burst(s, _first_ended(s, node))
    n.ticking = 0
    plan(s, node)


@njit
def _first_ended(s: State, node: int) -> int:
    """Return the thread whose burst is done and has the smallest identity."""
    found = NONE
    thread = s.nodes[node].first_running
    while thread >= 0:
        t = s.threads[thread]
        if t.remaining_ns <= 0 and (
            found < 0 or s.attempts[t.attempt].identity < s.attempts[s.threads[found].attempt].identity
        ):
            found = thread
        thread = t.after
    return found


@njit
def _end_burst(s: State, thread: int) -> None:
    row = s.threads[thread].attempt
    container = s.threads[thread].container
    count_burst(s, thread)
    if s.core[0].tracing:
        c = s.containers[container]
        note(s, _STEP_BURST_END, s.attempts[row].identity, c.pod, thread - c.first_thread)
    stop(s, thread)
    line = s.threads[thread].line
    if line < 0 or s.lines[line].per_request:  # a visit keeps it, or a probe had one of its own
        rest(s, thread)
    else:
        give_back(s, thread)
    _burst_done(s, row, container)


@inlined
def _burst_done(s: State, row: int, container: int) -> None:
    a = s.attempts[row]
    if a.kind == PROBE:
        if a.live:
            a.live = 0
            end_timeout(s, row)
            follow_up(s, PROBE_RESULT, a.caller, 1)
            release(s, row)
        release(s, row)
    elif a.kind == STARTUP:
        follow_up(s, LISTEN, container, 0)
        release(s, row)
    else:
        a.refs += 1
        follow_up(s, PROCEED, row, 0)


@njit
def leave_node(s: State, container: int) -> None:
    """Stop every burst: the container is gone from its node."""
    c = s.containers[container]
    settle(s, c.node)
    c.state = DEAD
    for thread in range(c.first_thread, c.first_thread + c.threads):
        row = s.threads[thread].attempt
        if row >= 0:
            stop(s, thread)
            if s.attempts[row].kind:
                release(s, row)
    for line in range(c.first_line, c.first_line + c.lines):
        while s.lines[line].length > 0:
            row = serve_line(s.attempts, s.lines[line])
            s.attempts[row].burst = NO_BURST
            if s.attempts[row].kind:
                release(s, row)
    for pool in range(c.first_pool, c.first_pool + c.pools):
        while s.lines[pool].length > 0:
            serve_line(s.attempts, s.lines[pool])
    plan(s, c.node)
