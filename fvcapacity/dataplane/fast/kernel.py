"""The loop: which event is next, and who handles it. What the wrapper calls."""

from __future__ import annotations

from fvcapacity.dataplane.fast.calls import issue, new_attempt
from fvcapacity.dataplane.fast.cancel import time_out
from fvcapacity.dataplane.fast.container import DEAD, LISTENING, submit, tick
from fvcapacity.dataplane.fast.cpu import plan, settle
from fvcapacity.dataplane.fast.delivery import deliver, kill
from fvcapacity.dataplane.fast.heap import pop, push
from fvcapacity.dataplane.fast.layout import NONE, Ints, State
from fvcapacity.dataplane.fast.probes import probe, take_result
from fvcapacity.dataplane.fast.rows import (
    LISTEN,
    NO_BURST,
    PROBE_RESULT,
    PROCEED,
    STARTUP,
    follow_up,
    note,
    notice,
    release,
    take_row,
)
from fvcapacity.dataplane.fast.timeouts import next_timeout
from fvcapacity.dataplane.fast.tree import next_node
from fvcapacity.dataplane.fast.users import active_users, begin_stage, next_slot, schedule_user, user_identity
from fvcapacity.dataplane.fast.visit import go_on
from fvcapacity.dataplane.plane import EventKind
from fvcapacity.dataplane.statistics import BIN_NS, WINDOW_NS, RouteColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics.draw import mix
from fvcapacity.semantics.events import SALT_STARTUP
from fvcapacity.semantics.jit import inlined, njit

DONE, NOTICE, NEED_ARRIVALS, NEED_ROWS, NEED_ROOM = range(5)
"""Why the kernel came back: at ``until``; control must hear something; the next chunk; more rows of attempts; room for
records or trace."""

MARGIN = 64
"""Free rows that one event and one follow-up can never use up, besides a call for each of the widest fan-out."""

LINES_A_ROW = 8
"""More lines of the trace than one event writes for each attempt that is open."""

_STARTED, _ARRIVED = int(EventKind.STARTED), int(RouteColumn.ARRIVED)
_STEP_ARRIVED = int(Step.ARRIVED)
_NODE, _TIMER, _DELIVER, _TIMEOUT, _STREAM, _USER, _PROBE, _STAGE = range(8)


@njit
def advance(s: State, until_ns: int, margin: int) -> int:
    """Run [now, until) and return DONE, or stop earlier and say why; nothing is half done then."""
    core = s.core[0]
    while True:
        if core.ring_head != core.ring_tail:
            if core.free_attempts < margin:
                return NEED_ROWS
            _follow(s)
            continue
        if core.outbox_head != core.outbox_tail:
            return NOTICE
        status = _lacks(s, margin)
        if status != DONE:
            return status
        source, time_ns = _next(s)
        if time_ns >= until_ns:
            core.now_ns = until_ns
            return DONE
        core.now_ns = time_ns
        if time_ns >= core.next_bin_ns:
            turn_to(s)
        core.events += 1
        _handle(s, source)


@inlined
def _lacks(s: State, margin: int) -> int:
    """Tell what the wrapper has to bring before the next event."""
    core = s.core[0]
    if core.free_attempts < margin:
        return NEED_ROWS
    if core.chunk_position >= core.chunk_size and not core.chunk_final:
        return NEED_ARRIVALS
    most = s.attempts.size - core.free_attempts + margin  # requests that one event could end
    if s.records.shape[0] > 0 and core.recorded + most > s.records.shape[0]:
        return NEED_ROOM
    if core.tracing and core.traced + LINES_A_ROW * most > s.trace.shape[0]:
        return NEED_ROOM
    return DONE


@inlined
def _next(s: State) -> tuple[int, int]:
    """Return the source and the time of the next event; sources are asked in the order of their ranks."""
    core = s.core[0]
    while True:
        source, time_ns = _NODE, s.node_times[next_node(s)]
        if core.timers > 0 and s.timers[0].time_ns < time_ns:
            source, time_ns = _TIMER, s.timers[0].time_ns
        if core.deliveries > 0 and s.deliveries[0].time_ns < time_ns:
            source, time_ns = _DELIVER, s.deliveries[0].time_ns
        if core.timeouts_bound_ns < time_ns:
            source, time_ns = _TIMEOUT, core.timeouts_bound_ns
        if core.chunk_position < core.chunk_size and s.chunk_times[core.chunk_position] < time_ns:
            source, time_ns = _STREAM, s.chunk_times[core.chunk_position]
        if s.user_plan.stage_times.size > core.next_stage and s.user_plan.stage_times[core.next_stage] < time_ns:
            source, time_ns = _STAGE, s.user_plan.stage_times[core.next_stage]
        if core.user_turns > 0 and s.user_turns[0].time_ns < time_ns:
            source, time_ns = _USER, s.user_turns[0].time_ns
        if core.probe_ticks > 0 and s.probe_ticks[0].time_ns < time_ns:
            source, time_ns = _PROBE, s.probe_ticks[0].time_ns
        if source != _TIMEOUT:
            return source, time_ns
        next_timeout(s)
        if core.timeouts_bound_ns == time_ns:
            return source, time_ns


@njit
def _handle(s: State, source: int) -> None:
    core = s.core[0]
    if source == _NODE:
        tick(s, next_node(s))
    elif source == _DELIVER:
        row = s.deliveries[0].item
        core.deliveries = pop(s.deliveries, core.deliveries)
        deliver(s, row)
    elif source == _TIMER:
        row = s.timers[0].item
        core.timers = pop(s.timers, core.timers)
        _timer(s, row)
    elif source == _TIMEOUT:
        time_out(s, next_timeout(s))
    elif source == _STREAM:
        at = core.chunk_position
        core.chunk_position += 1
        begin_request(s, s.chunk_routes[at], s.chunk_identities[at], NONE)
    elif source == _PROBE:
        worker = s.probe_ticks[0].item
        core.probe_ticks = pop(s.probe_ticks, core.probe_ticks)
        probe(s, worker)
    elif source == _USER:
        item = s.user_turns[0].item
        core.user_turns = pop(s.user_turns, core.user_turns)
        _ask(s, item >> 1, item & 1)
    else:
        begin_stage(s)


@inlined
def _follow(s: State) -> None:
    """Do the first thing that was put off."""
    core = s.core[0]
    entry = s.ring[core.ring_head]
    kind, item, value = entry.kind, entry.item, entry.value
    core.ring_head += 1
    if core.ring_head == s.ring.size:
        core.ring_head = 0
    if kind == PROCEED:
        if s.attempts[item].visiting:
            go_on(s, item, value)
        release(s, item)
    elif kind == PROBE_RESULT:
        take_result(s, item, value)
    elif s.containers[item].state != DEAD:
        s.containers[item].state = LISTENING
        notice(s, _STARTED, item)


@njit
def _timer(s: State, row: int) -> None:
    """A wait or a disk operation is over, or a back-off: the attempt is not a visit yet then."""
    a = s.attempts[row]
    if a.visiting:
        go_on(s, row, 0)
    elif a.live:
        issue(s, row)
    release(s, row)


@njit
def turn_to(s: State) -> None:
    """Begin the minute (and the window) in which the present instant lies."""
    core = s.core[0]
    last_bin, last_window = s.statistics.route_counts.shape[0] - 1, s.statistics.route_histogram.shape[0] - 1
    core.bin = min(core.now_ns // BIN_NS, last_bin)
    core.next_bin_ns = (core.now_ns // BIN_NS + 1) * BIN_NS
    core.window = min(core.now_ns // WINDOW_NS, last_window)


@njit
def begin_request(s: State, route: int, identity: int, user: int) -> None:
    """A request enters the cluster."""
    core = s.core[0]
    s.statistics.route_counts[core.bin, route, _ARRIVED] += 1
    s.arrived[route] += 1
    if core.tracing:
        note(s, _STEP_ARRIVED, identity, 0, route)
    row = new_attempt(s, NONE, identity, NONE, s.code.route_call[route], 0, 0)
    a = s.attempts[row]
    a.client, a.route, a.entered_ns, a.user = identity, route, core.now_ns, user
    issue(s, row)


@njit
def _ask(s: State, user: int, granted: int) -> None:
    """A user's turn: leave, wait for a slot of the cap on all users' rate, or ask."""
    if user >= active_users(s):
        s.users[user] = NONE
        return
    if s.user_plan.slot_ns and not granted:
        slot = next_slot(s)
        if slot > s.core[0].now_ns:
            schedule_user(s, user, slot, 1)
            return
    number = s.users[user]
    s.users[user] = number + 1
    journey = s.user_plan.journey
    begin_request(s, journey[number % journey.size], user_identity(s, user, number), user)


@njit
def settle_all(s: State) -> None:
    """Book all progress up to now."""
    for node in range(s.nodes.size):
        if s.nodes[node].number >= 0:
            settle(s, node)


@njit
def set_capacity(s: State, node: int, capacity: int) -> None:
    """Change what a node has left besides its background load."""
    settle(s, node)
    s.nodes[node].capacity = capacity
    plan(s, node)


@njit
def begin_startup(s: State, container: int) -> None:
    """Let a container burn its start-up CPU, after which it listens."""
    c = s.containers[container]
    work = s.services[c.service].startup_cpu_ns
    if work == 0:
        follow_up(s, LISTEN, container, 0)
        return
    row = take_row(s)
    a = s.attempts[row]
    a.kind, a.refs, a.live, a.identity = STARTUP, 1, 0, mix(c.identity, SALT_STARTUP)
    a.home, a.container, a.timeout_class, a.burst = container, container, NONE, NO_BURST
    a.demand_ns, a.queued_ns = work, s.core[0].now_ns
    c.refs += 1
    submit(s, container, row, 0)


@njit
def add_probe(s: State, worker: int) -> None:
    """Let a worker wait for its first tick."""
    w, core = s.workers[worker], s.core[0]
    core.probe_ticks = push(s.probe_ticks, core.probe_ticks, w.tick_ns, mix(w.identity, w.number), worker)


@njit
def stop_container(s: State, container: int, cause: int) -> None:
    """End a container that still runs."""
    kill(s, container, cause)


@njit
def usage(s: State, rows: Ints, out: Ints) -> None:
    """Write CPU, memory, open requests and queued ones of some containers into ``out``, shape (rows, 4)."""
    for i in range(rows.size):
        c = s.containers[rows[i]]
        queued = 0
        for line in range(c.first_line, c.first_line + c.lines):
            queued += s.lines[line].length
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = c.cpu_ns, c.memory_bytes, c.open, queued
