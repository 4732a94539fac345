"""The loop: which event is next, and who handles it. What the wrapper calls."""

from __future__ import annotations

from fvcapacity.dataplane.fast.ahead import expect_arrival, expect_probes
from fvcapacity.dataplane.fast.calls import issue, new_attempt
from fvcapacity.dataplane.fast.cancel import time_out
from fvcapacity.dataplane.fast.container import LISTENING, STARTING, listen, submit, tick
from fvcapacity.dataplane.fast.cpu import book, plan_later, plan_nodes, settle
from fvcapacity.dataplane.fast.delivery import deliver, kill
from fvcapacity.dataplane.fast.heap import first, pop, push
from fvcapacity.dataplane.fast.layout import DELIVERIES, NONE, PROBE_TICKS, TIMERS, USER_TURNS, Ints
from fvcapacity.dataplane.fast.memory import (
    State,
    add_to_route,
    arrival_at,
    arrived_at,
    attempt_at,
    container_at,
    follow_up_at,
    heap_at,
    journey_at,
    line_at,
    node_at,
    route_call_at,
    service_at,
    stage_at,
    user_at,
    worker_at,
)
from fvcapacity.dataplane.fast.plain import book_deferred
from fvcapacity.dataplane.fast.probes import probe, take_result
from fvcapacity.dataplane.fast.rows import (
    NO_BURST,
    PROBE_RESULT,
    PROCEED,
    STARTUP,
    note,
    notice,
    release,
    take_row,
)
from fvcapacity.dataplane.fast.timeouts import next_timeout
from fvcapacity.dataplane.fast.tree import next_node, next_node_time
from fvcapacity.dataplane.fast.users import active_users, begin_stage, next_slot, schedule_user, user_identity
from fvcapacity.dataplane.fast.visit import go_on
from fvcapacity.dataplane.plane import EventKind
from fvcapacity.dataplane.statistics import WINDOW_NS, RouteColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics.draw import mix
from fvcapacity.semantics.events import SALT_STARTUP
from fvcapacity.semantics.jit import inlined, merged, njit, part

DONE, NOTICE, NEED_ARRIVALS, NEED_ROWS, NEED_ROOM = range(5)
"""Why the kernel came back: at ``until``; control must hear something; the next chunk; more rows of attempts; room for
records or trace."""

MARGIN = 64
"""Free rows that one event and one follow-up can never use up, besides a call for each of the widest fan-out."""

LINES_A_ROW = 8
"""More lines of the trace than one event writes for each attempt that is open."""

_STARTED, _DRAINED, _ARRIVED = int(EventKind.STARTED), int(EventKind.DRAINED), int(RouteColumn.ARRIVED)
_STEP_ARRIVED = int(Step.ARRIVED)
_NODE, _TIMER, _DELIVER, _TIMEOUT, _STREAM, _USER, _PROBE, _STAGE = range(8)


@njit
def advance(s: State, until_ns: int, margin: int) -> int:
    """Run [now, until) and return DONE, or stop earlier and say why; nothing is half done then."""
    while True:
        cause = 0
        if s.ring_head != s.ring_tail:
            if s.free_attempts < margin:
                return NEED_ROWS
            row, cause = _follow(s)
        else:
            if s.outbox_head != s.outbox_tail:
                return NOTICE
            status = _lacks(s, margin)
            if status != DONE:
                return status
            plan_nodes(s)
            source, time_ns = _next(s)
            if time_ns >= until_ns:
                s.now_ns = until_ns
                return DONE
            s.now_ns = time_ns
            if time_ns >= s.next_bin_ns:
                turn_to(s, time_ns)
            s.events += 1
            row = _handle(s, source)
        if row >= 0:
            go_on(s, row, cause)


@njit
def lacks_rows(s: State, margin: int) -> bool:
    """Tell whether an event could need more rows than are free.

    When a container is killed, all that it served may be tried again at once, while timers hold the rows of before: as
    many rows must be free as are taken.
    """
    return s.free_attempts < s.attempts_rows - s.free_attempts + margin


@inlined
def _lacks(s: State, margin: int) -> int:
    """Tell what the wrapper has to bring before the next event."""
    if lacks_rows(s, margin):
        return NEED_ROWS
    if s.arrival >= s.chunk_size and not s.chunk_final:
        return NEED_ARRIVALS
    most = s.attempts_rows - s.free_attempts + margin  # requests that one event could end
    if s.requests_rows > 0 and s.recorded + most > s.requests_rows:
        return NEED_ROOM
    if s.tracing and s.traced + LINES_A_ROW * most > s.trace_rows:
        return NEED_ROOM
    return DONE


@inlined
def _next(s: State) -> tuple[int, int]:
    """Return the source and the time of the next event; sources are asked in the order of their ranks."""
    while True:
        source, time_ns = _NODE, next_node_time(s)
        if heap_at(s, TIMERS).size > 0 and first(heap_at(s, TIMERS)).time_ns < time_ns:
            source, time_ns = _TIMER, first(heap_at(s, TIMERS)).time_ns
        if heap_at(s, DELIVERIES).size > 0 and first(heap_at(s, DELIVERIES)).time_ns < time_ns:
            source, time_ns = _DELIVER, first(heap_at(s, DELIVERIES)).time_ns
        if s.timeouts_bound_ns < time_ns:
            source, time_ns = _TIMEOUT, s.timeouts_bound_ns
        if s.next_stage < s.stages_rows and stage_at(s, s.next_stage).time_ns < time_ns:
            source, time_ns = _STAGE, stage_at(s, s.next_stage).time_ns
        if s.arrival < s.chunk_size and arrival_at(s, s.arrival).time_ns < time_ns:
            source, time_ns = _STREAM, arrival_at(s, s.arrival).time_ns
        if heap_at(s, USER_TURNS).size > 0:
            turn = first(heap_at(s, USER_TURNS))
            tie = source == _STREAM and turn.time_ns == time_ns
            if turn.time_ns < time_ns or (tie and turn.identity < arrival_at(s, s.arrival).identity):
                source, time_ns = _USER, turn.time_ns
        if heap_at(s, PROBE_TICKS).size > 0 and first(heap_at(s, PROBE_TICKS)).time_ns < time_ns:
            source, time_ns = _PROBE, first(heap_at(s, PROBE_TICKS)).time_ns
        if source != _TIMEOUT:
            return source, time_ns
        next_timeout(s)
        if s.timeouts_bound_ns == time_ns:
            return source, time_ns


@merged
def _handle(s: State, source: int) -> int:
    """Let an event happen; return the visit that goes on because of it, or NONE."""
    goes_on = NONE
    if source == _NODE:
        tick(s, next_node(s))
    elif source == _DELIVER:
        row = first(heap_at(s, DELIVERIES)).item
        pop(heap_at(s, DELIVERIES))
        goes_on = deliver(s, row)
    elif source == _TIMER:
        row = first(heap_at(s, TIMERS)).item
        pop(heap_at(s, TIMERS))
        goes_on = _timer(s, row)
    elif source == _TIMEOUT:
        time_out(s, next_timeout(s))
    elif source == _STREAM:
        arrival = arrival_at(s, s.arrival)
        s.arrival += 1
        begin_request(s, arrival.route, arrival.identity, NONE)
        if s.looks_ahead:
            expect_arrival(s)
    elif source == _PROBE:
        worker = first(heap_at(s, PROBE_TICKS)).item
        pop(heap_at(s, PROBE_TICKS))
        if s.looks_ahead:
            expect_probes(s)
        probe(s, worker)
    elif source == _USER:
        item = first(heap_at(s, USER_TURNS)).item
        pop(heap_at(s, USER_TURNS))
        _ask(s, item >> 1, item & 1)
    else:
        begin_stage(s)
    return goes_on


@merged
def _follow(s: State) -> tuple[int, int]:
    """Do the first thing that was put off; return the visit that goes on because of it, or NONE, and how it ended."""
    goes_on = NONE
    entry = follow_up_at(s, s.ring_head)
    kind, item, value = entry.kind, entry.item, entry.value
    s.ring_head += 1
    if s.ring_head == s.ring_rows:
        s.ring_head = 0
    if kind == PROCEED:
        if attempt_at(s, item).visiting:
            goes_on = item
        release(s, item)
    elif kind == PROBE_RESULT:
        take_result(s, item, value)
    else:
        _begin_to_listen(s, item)
    return goes_on, value


@merged
def _begin_to_listen(s: State, container: int) -> None:
    c = container_at(s, container)
    c.refs -= 1
    if c.state == STARTING:
        c.state = LISTENING
        notice(s, _STARTED, container)


@merged
def _timer(s: State, row: int) -> int:
    """A wait or a disk operation is over, and its visit goes on; or a back-off: the attempt is not a visit yet then."""
    a = attempt_at(s, row)
    goes_on = NONE
    if a.visiting:
        goes_on = row
    elif a.live and not a.cancelled:  # not one that was lost with its machine while it paused
        issue(s, row)
    release(s, row)
    return goes_on


@njit
def turn_to(s: State, time_ns: int) -> None:
    """Begin the bin (and the window) in which an instant lies."""
    s.bin = max(0, min(time_ns // s.bin_ns - s.first_bin, s.bins - 1))
    s.next_bin_ns = (time_ns // s.bin_ns + 1) * s.bin_ns
    s.window = max(0, min(time_ns // WINDOW_NS - s.first_window, s.windows - 1))


@part
def begin_request(s: State, route: int, identity: int, user: int) -> None:
    """A request enters the cluster."""
    add_to_route(s, route, _ARRIVED, 1)
    arrived_at(s, route).value += 1
    if s.tracing:
        note(s, _STEP_ARRIVED, identity, 0, route)
    row = new_attempt(s, NONE, identity, NONE, route_call_at(s, route).value, 0, 0)
    a = attempt_at(s, row)
    a.client, a.route, a.entered_ns, a.user = identity, route, s.now_ns, user
    issue(s, row)


@merged
def _ask(s: State, user: int, granted: int) -> None:
    """A user's turn: leave, wait for a slot of the cap on all users' rate, or ask."""
    if user >= active_users(s):
        user_at(s, user).value = ~user_at(s, user).value
        return
    if s.slot_ns and not granted:
        slot = next_slot(s)
        if slot > s.now_ns:
            schedule_user(s, user, slot, 1)
            return
    number = user_at(s, user).value
    user_at(s, user).value = number + 1
    route = journey_at(s, number % s.journey_rows).value
    begin_request(s, route, user_identity(s, user, number), user)


@njit
def settle_all(s: State) -> None:
    """Book all progress up to now, the last of it into the bin that ends now or later."""
    if s.now_ns > s.next_bin_ns:
        turn_to(s, s.now_ns - 1)
    for node in range(s.nodes_rows):
        if node_at(s, node).number >= 0:
            book(s, node)
    book_all_deferred(s)


@njit
def book_all_deferred(s: State) -> None:
    """Book what plain nodes have put off: up to each node's last event or look, and not beyond."""
    for node in range(s.nodes_rows):
        if node_at(s, node).plain:
            book_deferred(s, node)


@njit
def set_capacity(s: State, node: int, capacity: int) -> None:
    """Change what a node has left besides its background load."""
    settle(s, node)
    node_at(s, node).capacity = capacity
    plan_later(s, node)


@njit
def begin_startup(s: State, container: int) -> None:
    """Let a container burn its start-up CPU, after which it listens."""
    c = container_at(s, container)
    work = service_at(s, c.service).startup_cpu_ns
    if work == 0:
        listen(s, container)
        return
    row = take_row(s)
    a = attempt_at(s, row)
    a.kind, a.refs, a.live, a.identity = STARTUP, 1, 0, mix(c.identity, SALT_STARTUP)
    a.home, a.container, a.timeout_class, a.burst = container, container, NONE, NO_BURST
    a.demand_ns, a.queued_ns, a.own_thread = work, s.now_ns, NONE
    c.refs += 1
    submit(s, container, row, 0)


@njit
def add_probe(s: State, worker: int) -> None:
    """Let a worker wait for its first tick."""
    w = worker_at(s, worker)
    push(heap_at(s, PROBE_TICKS), w.tick_ns, mix(w.identity, w.number), worker)


@njit
def usage(s: State, rows: Ints, out: Ints) -> None:
    """Write what some containers used, hold and answered (`ContainerUsage`) into ``out``, shape (rows, 9)."""
    for i in range(rows.size):
        c = container_at(s, rows[i])
        queued = 0
        for line in range(c.first_line, c.first_line + c.lines):
            queued += line_at(s, line).length
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = c.cpu_ns, c.memory_bytes, c.open, queued
        out[i, 4], out[i, 5], out[i, 6] = c.answered, c.failed, c.slow
        out[i, 7], out[i, 8] = c.periods, c.throttled_periods


@njit
def kill_container(s: State, container: int, cause: int) -> None:
    """End a container that still runs."""
    kill(s, container, cause)


@njit
def tell_drained(s: State, container: int) -> None:
    """Tell control that a container holds no request any more."""
    notice(s, _DRAINED, container)
