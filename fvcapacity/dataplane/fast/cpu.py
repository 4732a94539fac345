"""The CPUs of a node (see ``reference/node.py``): who runs, how fast, and who stands still.

Running threads of a node form a list in the order in which they began, because threads that live on one quota draw on
it in that order.
"""

from __future__ import annotations

from fvcapacity.dataplane.fast.layout import NEVER, NONE
from fvcapacity.dataplane.fast.memory import (
    State,
    attempt_at,
    container_at,
    node_at,
    scratch_at,
    service_minute,
    thread_at,
)
from fvcapacity.dataplane.fast.plain import become_plain, book_deferred, book_thread, end_plain, find_next, finishes
from fvcapacity.dataplane.fast.rows import NO_BURST, RUNNING, note
from fvcapacity.dataplane.fast.tree import set_node_time
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics.cfs_quota import (
    PERIOD_NS,
    SLICE_NS,
    counted_until,
    next_edge,
    periods_between,
    returned_when_idle,
    slices_drawn,
)
from fvcapacity.semantics.cpu import RATE_ONE, completion_time, fair_share, progress, saved_up, thread_rate
from fvcapacity.semantics.jit import inlined, merged, part

_STEP_BURST, _STEP_THROTTLED = int(Step.BURST), int(Step.THROTTLED)


@inlined
def settle(s: State, node: int) -> None:
    """Book the progress of all running bursts of a node up to now, at an event of the node: rates may change now."""
    book(s, node)
    node_at(s, node).rated_ns = s.now_ns


@inlined
def book(s: State, node: int) -> None:
    """Book the progress of all running bursts of a node up to now.

    Progress is counted from the node's last event and not from the last look at it: where it is rounded does not depend
    on how often somebody looks.
    """
    n = node_at(s, node)
    if n.plain and n.bin != s.bin:
        book_deferred(s, node)
        n.bin = s.bin
    since = n.settled_ns
    elapsed = s.now_ns - since
    if elapsed <= 0:
        return
    n.settled_ns = s.now_ns
    if n.plain:
        return
    booked = since - n.rated_ns
    thread = n.first_running
    while thread >= 0:
        t = thread_at(s, thread)
        c = container_at(s, t.container)
        gained = progress(booked + elapsed, c.rate)
        if booked > 0:
            gained -= progress(booked, c.rate)
        t.remaining_ns -= gained
        c.cpu_ns += gained
        c.saved_ns = max(0, c.saved_ns - gained)
        service_minute(s, c.service).cpu_ns += gained
        if c.quota_ns:
            drawn = slices_drawn(t.slice_ns, c.pool_ns, gained)
            c.pool_ns -= drawn
            t.slice_ns += drawn - gained
            if drawn:
                _count_periods(s, t.container, since)
        thread = t.after


@inlined
def _count_periods(s: State, container: int, draw_ns: int) -> None:
    """Count the periods in which the period timer runs because of a draw on the pool."""
    c = container_at(s, container)
    if draw_ns + PERIOD_NS < c.counted_until_ns:
        return  # a later draw of this period: the next one is counted already
    until = counted_until(draw_ns, c.phase_ns)
    new = periods_between(c.counted_until_ns, until)
    if new > 0:
        c.counted_until_ns = until
        c.periods += new
        service_minute(s, c.service).periods += new


@inlined
def plan_later(s: State, node: int) -> None:
    """Let a node be planned anew before the next event: what happens at one instant is planned for once."""
    n = node_at(s, node)
    if n.unplanned == 0:
        n.unplanned, n.unplanned_after, s.first_unplanned = 1, s.first_unplanned, node


@merged
def plan_nodes(s: State) -> None:
    """Plan every node that waits for it."""
    while s.first_unplanned >= 0:
        node = s.first_unplanned
        n = node_at(s, node)
        n.unplanned, s.first_unplanned = 0, n.unplanned_after
        _plan(s, node)


@merged
def _plan(s: State, node: int) -> None:
    """Share the CPUs anew and set the node's next event."""
    n = node_at(s, node)
    if n.contended or n.running * RATE_ONE > n.capacity:
        if n.plain:
            end_plain(s, node)
        share(s, node)
    if n.contended or n.first_limited >= 0:
        _plan_shared(s, node)
        return
    if not n.plain:
        become_plain(s, node)
    if n.next_thread < 0:
        find_next(s, node)
    set_node_time(s, node, thread_at(s, n.next_thread).finish_ns if n.next_thread >= 0 else NEVER)


@merged
def _plan_shared(s: State, node: int) -> None:
    """Set the next event of a node on which somebody has a quota or must share."""
    n = node_at(s, node)
    soonest = NEVER
    thread = n.first_running
    while thread >= 0:
        t = thread_at(s, thread)
        c = container_at(s, t.container)
        work = t.remaining_ns
        if c.quota_ns:
            lasts = t.slice_ns + (c.pool_ns if c.running == 1 else 0)
            work = min(work, lasts)
        if n.contended and c.saved_ns > 0:
            work = min(work, (c.saved_ns + c.running - 1) // c.running)
        soonest = min(soonest, s.now_ns + completion_time(work, c.rate))
        thread = t.after
    n.edge_ns = NEVER
    container = n.first_limited
    while container >= 0:
        c = container_at(s, container)
        n.edge_ns = min(n.edge_ns, c.edge_ns)
        container = c.limited_after
    set_node_time(s, node, min(soonest, n.edge_ns))


@part
def share(s: State, node: int) -> None:
    """Divide the cores among the containers, max-min fair by weight."""
    n = node_at(s, node)
    n.contended = 1 if n.running * RATE_ONE > n.capacity else 0
    count, first = _claimants(s, node)
    if not n.contended:
        for i in range(count):
            container_at(s, scratch_at(s, i).value).rate = RATE_ONE
        return
    left = _divide(s, n.capacity, 0, first)
    _divide(s, left, first, count)


@part
def _divide(s: State, capacity: int, begin: int, end: int) -> int:
    """Share CPUs among the containers of a stretch of the scratch array; return what none of them can use."""
    weights = 0
    for i in range(begin, end):
        weights += container_at(s, scratch_at(s, i).value).shares
    while end > begin:  # who cannot use its part leaves the rest to the others
        left, taken, freed = begin, 0, 0
        for i in range(begin, end):
            container = scratch_at(s, i).value
            c = container_at(s, container)
            if fair_share(capacity, c.shares, weights) >= c.running * RATE_ONE:
                c.rate = RATE_ONE
                taken += c.running * RATE_ONE
                freed += c.shares
            else:
                scratch_at(s, left).value = container
                left += 1
        if left == end:
            break
        end = left
        capacity -= taken
        weights -= freed
    for i in range(begin, end):
        c = container_at(s, scratch_at(s, i).value)
        c.rate = thread_rate(fair_share(capacity, c.shares, weights), c.running)
    return capacity if end == begin else 0


@part
def _claimants(s: State, node: int) -> tuple[int, int]:
    """List the containers with running threads in the scratch array, those in their first slice before the others.

    Returns how many there are, and how many of them are in their first slice.
    """
    count, first = 0, 0
    thread = node_at(s, node).first_running
    while thread >= 0:
        t = thread_at(s, thread)
        c = container_at(s, t.container)
        if c.claims == 0:
            scratch_at(s, count).value = t.container
            if c.saved_ns > 0:
                scratch_at(s, count).value = scratch_at(s, first).value
                scratch_at(s, first).value = t.container
                first += 1
            count += 1
        c.claims += 1
        thread = t.after
    for i in range(count):
        container_at(s, scratch_at(s, i).value).claims = 0
    return count, first


@merged
def _append_running(s: State, node: int, thread: int) -> None:
    n, t = node_at(s, node), thread_at(s, thread)
    t.before, t.after = n.last_running, NONE
    if n.last_running >= 0:
        thread_at(s, n.last_running).after = thread
    else:
        n.first_running = thread
    n.last_running = thread
    n.running += 1


@merged
def remove_running(s: State, node: int, thread: int) -> None:
    """Take a thread off the list of those that run."""
    n, t = node_at(s, node), thread_at(s, thread)
    if t.before >= 0:
        thread_at(s, t.before).after = t.after
    else:
        n.first_running = t.after
    if t.after >= 0:
        thread_at(s, t.after).before = t.before
    else:
        n.last_running = t.before
    n.running -= 1
    container_at(s, t.container).running -= 1


@merged
def _run(s: State, node: int, thread: int) -> None:
    _append_running(s, node, thread)
    c = container_at(s, thread_at(s, thread).container)
    c.running += 1
    n = node_at(s, node)
    if not n.contended:
        c.rate = RATE_ONE
    if n.plain:
        t = thread_at(s, thread)
        t.since_ns, t.finish_ns = s.now_ns, s.now_ns + t.remaining_ns
        if n.next_thread >= 0:
            finishes(s, node, thread)


@part
def run_or_throttle(s: State, thread: int) -> None:
    """Let a thread of a container with a quota run on its slice or a new one, or stand still."""
    t = thread_at(s, thread)
    c = container_at(s, t.container)
    if t.slice_ns == 0:
        t.slice_ns = min(SLICE_NS, c.pool_ns)
        c.pool_ns -= t.slice_ns
        _count_periods(s, t.container, s.now_ns)
    if t.slice_ns > 0:
        _run(s, c.node, thread)
        return
    t.throttled_since = s.now_ns
    c.throttled += 1
    if s.now_ns >= c.throttle_counted_until_ns:
        c.throttle_counted_until_ns = next_edge(s.now_ns, c.phase_ns)
        c.throttled_periods += 1
        service_minute(s, c.service).throttled_periods += 1
    if s.tracing:
        note(s, _STEP_THROTTLED, attempt_at(s, t.attempt).identity, c.pod, thread - c.first_thread)


@merged
def unthrottle(s: State, thread: int) -> None:
    """End a thread's standing still."""
    t = thread_at(s, thread)
    c = container_at(s, t.container)
    service_minute(s, c.service).throttled_wait_ns += s.now_ns - t.throttled_since
    t.throttled_since = -1
    c.throttled -= 1


@part
def start(s: State, thread: int, row: int) -> None:
    """Let a thread begin a burst."""
    t, a = thread_at(s, thread), attempt_at(s, row)
    c = container_at(s, t.container)
    node = c.node
    settle(s, node)
    if c.quota_ns and node_at(s, node).plain:
        end_plain(s, node)
    a.burst, a.thread, a.started_ns = RUNNING, thread, s.now_ns
    t.attempt, t.remaining_ns = row, a.demand_ns
    c.busy += 1
    if c.busy == 1:
        c.saved_ns = saved_up(c.saved_ns, s.now_ns - c.idle_since_ns, c.shares, node_at(s, node).slice_ns)
    service_minute(s, c.service).queue_wait_ns += s.now_ns - a.queued_ns
    if s.tracing:
        note(s, _STEP_BURST, a.identity, c.pod, thread - c.first_thread)
    if c.quota_ns:
        if c.busy == 1:
            _limit(s, t.container)
            if s.now_ns >= c.edge_ns:
                c.pool_ns = c.quota_ns
                c.edge_ns = next_edge(s.now_ns, c.phase_ns)
        run_or_throttle(s, thread)
    else:
        _run(s, node, thread)
    plan_later(s, node)


@part
def stop(s: State, thread: int) -> None:
    """Take a thread's burst away, finished or not; the caller plans anew."""
    t = thread_at(s, thread)
    c = container_at(s, t.container)
    if t.throttled_since >= 0:
        unthrottle(s, thread)
    else:
        n = node_at(s, c.node)
        if n.plain:
            book_thread(s, c.node, thread)
            if n.next_thread >= 0 and t.finish_ns == thread_at(s, n.next_thread).finish_ns:
                n.next_thread = NONE
        remove_running(s, c.node, thread)
    attempt_at(s, t.attempt).burst = NO_BURST
    t.attempt = NONE
    c.busy -= 1
    if c.busy == 0:
        c.idle_since_ns = s.now_ns
        if c.quota_ns:
            _unlimit(s, t.container)


@inlined
def rest(s: State, thread: int) -> None:
    """Give back what an idle thread may not keep of its slice."""
    t = thread_at(s, thread)
    c = container_at(s, t.container)
    if c.quota_ns:
        back = returned_when_idle(t.slice_ns)
        t.slice_ns -= back
        c.pool_ns += back


@merged
def _limit(s: State, container: int) -> None:
    """Put a container with a quota on its node's list of those that are busy."""
    c = container_at(s, container)
    n = node_at(s, c.node)
    c.limited_before, c.limited_after = NONE, n.first_limited
    if n.first_limited >= 0:
        container_at(s, n.first_limited).limited_before = container
    n.first_limited = container


@merged
def _unlimit(s: State, container: int) -> None:
    c = container_at(s, container)
    if c.limited_before >= 0:
        container_at(s, c.limited_before).limited_after = c.limited_after
    else:
        node_at(s, c.node).first_limited = c.limited_after
    if c.limited_after >= 0:
        container_at(s, c.limited_after).limited_before = c.limited_before


@merged
def count_burst(s: State, thread: int) -> None:
    """Book the wall time of a burst that ends."""
    t = thread_at(s, thread)
    took = s.now_ns - attempt_at(s, t.attempt).started_ns
    service_minute(s, container_at(s, t.container).service).burst_ns += took


@merged
def refill_quotas(s: State, node: int) -> None:
    """Refill the quotas whose period begins."""
    container = _due_for_refill(s, node)
    while container >= 0:
        _refill(s, container)
        container = _due_for_refill(s, node)


@merged
def renew_slices(s: State, node: int) -> None:
    """Give new slices to threads that have spent theirs, or let them stand still."""
    thread = _first_spent(s, node)
    while thread >= 0:
        remove_running(s, node, thread)
        run_or_throttle(s, thread)
        thread = _first_spent(s, node)


@part
def _due_for_refill(s: State, node: int) -> int:
    """Return the busy container whose period begins now; several come in the order of their pods."""
    found, container = NONE, node_at(s, node).first_limited
    while container >= 0:
        c = container_at(s, container)
        if c.edge_ns <= s.now_ns and (found < 0 or c.pod < container_at(s, found).pod):
            found = container
        container = c.limited_after
    return found


@part
def _first_spent(s: State, node: int) -> int:
    """Return the running thread that has spent its slice and is to be looked at first, or NONE."""
    found, thread = NONE, node_at(s, node).first_running
    while thread >= 0:
        t = thread_at(s, thread)
        if t.slice_ns == 0 and _spent(s, thread) and (found < 0 or _before(s, thread, found)):
            found = thread
        thread = t.after
    return found


@part
def _spent(s: State, thread: int) -> bool:
    t = thread_at(s, thread)
    return t.remaining_ns > 0 and container_at(s, t.container).quota_ns > 0


@part
def _before(s: State, thread: int, other: int) -> bool:
    """Tell whether a thread is looked at before another: by pod, then by number."""
    pod, other_pod = (
        container_at(s, thread_at(s, thread).container).pod,
        container_at(s, thread_at(s, other).container).pod,
    )
    return pod < other_pod or (pod == other_pod and thread < other)


@part
def _refill(s: State, container: int) -> None:
    c = container_at(s, container)
    c.pool_ns = c.quota_ns
    c.edge_ns += PERIOD_NS
    if c.throttled == 0:
        return
    for thread in range(c.first_thread, c.first_thread + c.threads):
        if thread_at(s, thread).throttled_since >= 0:
            unthrottle(s, thread)
            run_or_throttle(s, thread)
