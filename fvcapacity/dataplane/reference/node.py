"""The CPUs of a node: who runs, how fast, and who stands still because its quota is spent.

Progress is settled at the node's own events only (burst start and end, throttling, refill, containers in and out).
Every rule comes from ``semantics``; this file keeps the books.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvcapacity.dataplane.reference.clock import At, Clock
from fvcapacity.dataplane.reference.tally import Tally
from fvcapacity.dataplane.statistics import ServiceColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics import events
from fvcapacity.semantics.cfs_quota import (
    PERIOD_NS,
    SLICE_NS,
    counted_until,
    next_edge,
    periods_between,
    returned_when_idle,
    slices_drawn,
)
from fvcapacity.semantics.cpu import (
    RATE_ONE,
    completion_time,
    fair_share,
    first_slice,
    node_capacity,
    progress,
    saved_up,
    thread_rate,
)

if TYPE_CHECKING:
    import simpy

    from fvcapacity.dataplane.reference.container import Container

_CPU, _WAIT = ServiceColumn.CPU_NS, ServiceColumn.QUEUE_WAIT_NS
_BURST, _THROTTLED = ServiceColumn.BURST_NS, ServiceColumn.THROTTLED_WAIT_NS
_PERIODS, _THROTTLED_PERIODS = ServiceColumn.PERIODS, ServiceColumn.THROTTLED_PERIODS
_NEVER = 1 << 62


class Burst:
    """CPU work of one visit (or probe) on one thread; ``done`` fires when it ends."""

    __slots__ = ("done", "identity", "queued_ns", "remaining_ns", "started_ns", "throttled_ns")

    def __init__(self, identity: int, demand_ns: int, done: simpy.Event, now_ns: int) -> None:
        self.identity = identity
        self.remaining_ns = demand_ns
        self.done = done
        self.queued_ns = now_ns
        self.started_ns = 0
        self.throttled_ns = 0


class Thread:
    """A thread of a container; it lives on its slice of the quota."""

    __slots__ = ("burst", "container", "group", "held", "index", "slice_ns", "throttled_since")

    def __init__(self, container: Container, group: int, index: int) -> None:
        self.container = container
        self.group = group
        self.index = index
        self.burst: Burst | None = None
        self.held = False
        """A visit keeps it from start to end."""
        self.slice_ns = 0
        self.throttled_since = -1

    @property
    def order(self) -> tuple[int, int]:
        """Pod and number: the order in which threads of a node are looked at."""
        return self.container.pod, self.index


class CpuScheduler:
    """The scheduler of one node."""

    def __init__(self, env: Clock, tally: Tally, node: int, cpu_cores: float, background_cores: float) -> None:
        self.env = env
        self.tally = tally
        self.node = node
        self.cpu_cores = cpu_cores
        self.slice_ns = first_slice(cpu_cores)
        self.set_background(background_cores)
        self.running: list[Thread] = []
        self.limited: dict[int, Container] = {}
        """Containers with a quota and a busy thread, by pod."""
        self.settled_ns = 0
        self.rated_ns = 0
        """Last event of the node: since then the rates are what they are."""
        self.contended = False
        """The last plan had to share the CPUs; otherwise every rate is one."""
        self.ticking = False
        """Inside a tick, which plans once at its end."""
        self.planned: At | None = None
        self.planned_ns = _NEVER

    def set_background(self, background_cores: float) -> None:
        """Take steady background load off the node's capacity (at least 1 % of a core is left)."""
        self.capacity = node_capacity(self.cpu_cores, background_cores)

    def start(self, thread: Thread, burst: Burst) -> None:
        """Let a thread begin a burst."""
        now = self.env._now
        self.settle()
        burst.started_ns = now
        thread.burst = burst
        container = thread.container
        container.busy += 1
        if container.busy == 1:
            idle = now - container.idle_since_ns
            container.saved_ns = saved_up(container.saved_ns, idle, container.shares, self.slice_ns)
        self.tally.services[container.service][_WAIT] += now - burst.queued_ns
        self.tally.note(now, Step.BURST, burst.identity, container.pod, thread.index)
        if container.quota_ns:
            if container.busy == 1:
                self.limited[container.pod] = container
                if now >= container.edge_ns:
                    container.pool_ns = container.quota_ns
                    container.edge_ns = next_edge(now, container.phase_ns)
            self._run_or_throttle(thread)
        else:
            self._run(thread)
        self.plan()

    def stop(self, thread: Thread) -> None:
        """Take a thread's burst away, finished or not; the caller plans anew."""
        container = thread.container
        if thread.throttled_since >= 0:
            self._unthrottle(thread)
        else:
            self.running.remove(thread)
            container.running -= 1
        thread.burst = None
        container.busy -= 1
        if container.busy == 0:
            container.idle_since_ns = self.env._now
            self.limited.pop(container.pod, None)

    def idle(self, thread: Thread) -> None:
        """Give back what an idle thread may not keep of its slice."""
        if thread.container.quota_ns:
            back = returned_when_idle(thread.slice_ns)
            thread.slice_ns -= back
            thread.container.pool_ns += back

    def settle(self) -> None:
        """Book the progress of all running bursts up to now, at an event of the node: rates may change now."""
        self.book()
        self.rated_ns = self.env._now

    def book(self) -> None:
        """Book the progress of all running bursts up to now.

        Progress is counted from the node's last event and not from the last look at it: where it is rounded does not
        depend on how often somebody looks.
        """
        now = self.env._now
        elapsed = now - self.settled_ns
        if elapsed <= 0:
            return
        since, self.settled_ns = self.settled_ns, now
        booked = since - self.rated_ns
        services = self.tally.services
        for thread in self.running:
            container = thread.container
            rate = container.rate
            gained = elapsed if rate == RATE_ONE else progress(booked + elapsed, rate) - progress(booked, rate)
            thread.burst.remaining_ns -= gained  # type: ignore[union-attr]
            container.cpu_ns += gained
            container.saved_ns = max(0, container.saved_ns - gained)
            services[container.service][_CPU] += gained
            if container.quota_ns:
                drawn = slices_drawn(thread.slice_ns, container.pool_ns, gained)
                container.pool_ns -= drawn
                thread.slice_ns += drawn - gained
                if drawn:
                    self._count_periods(container, since)

    def plan(self) -> None:
        """Share the CPUs anew and set the node's next event."""
        if self.ticking:
            return
        now = self.env._now
        soonest = _NEVER
        if self.contended or len(self.running) * RATE_ONE > self.capacity:
            self._share()
        for thread in self.running:
            container = thread.container
            work = thread.burst.remaining_ns  # type: ignore[union-attr]
            if container.quota_ns:
                lasts = thread.slice_ns + (container.pool_ns if container.running == 1 else 0)
                work = min(work, lasts)
            if self.contended and container.saved_ns:
                work = min(work, -(-container.saved_ns // container.running))
            rate = container.rate
            ends = now + (work if rate == RATE_ONE else completion_time(work, rate))
            if ends < soonest:
                soonest = ends
        for container in self.limited.values():
            soonest = min(soonest, container.edge_ns)
        if soonest == self.planned_ns:
            return
        self.planned_ns = soonest
        self.planned = None
        if soonest < _NEVER:
            self.planned = At(self.env, soonest, events.NODE, self.node)
            self.planned.callbacks.append(self._tick)

    def _share(self) -> None:
        running = self.running
        self.contended = len(running) * RATE_ONE > self.capacity
        if not self.contended:
            for thread in running:
                thread.container.rate = RATE_ONE
            return
        claims = {thread.container.pod: thread.container for thread in running}
        first = [c for c in claims.values() if c.saved_ns]
        left = _divide(self.capacity, first)
        _divide(left, [c for c in claims.values() if not c.saved_ns])

    def _tick(self, event: At) -> None:
        if event is not self.planned:
            return  # overtaken by a newer plan
        self.planned, self.planned_ns = None, _NEVER
        self.settle()
        self.ticking = True
        if self.limited:
            self._serve_quotas()
        ended = [thread for thread in self.running if thread.burst.remaining_ns <= 0]  # type: ignore[union-attr]
        if len(ended) > 1:
            ended.sort(key=lambda t: t.burst.identity)  # type: ignore[union-attr]
        for thread in ended:
            self._end(thread)
        self.ticking = False
        self.plan()

    def _serve_quotas(self) -> None:
        now = self.env._now
        for container in sorted(self.limited.values(), key=lambda c: c.pod):
            if container.edge_ns <= now:
                self._refill(container)
        for thread in sorted((t for t in self.running if _spent(t)), key=lambda t: t.order):
            self.running.remove(thread)
            thread.container.running -= 1
            self._run_or_throttle(thread)

    def _refill(self, container: Container) -> None:
        container.pool_ns = container.quota_ns
        container.edge_ns += PERIOD_NS
        for thread in container.threads:
            if thread.throttled_since >= 0:
                self._unthrottle(thread)
                self._run_or_throttle(thread)

    def _unthrottle(self, thread: Thread) -> None:
        stood = self.env._now - thread.throttled_since
        thread.burst.throttled_ns += stood  # type: ignore[union-attr]
        self.tally.services[thread.container.service][_THROTTLED] += stood
        thread.throttled_since = -1

    def _run_or_throttle(self, thread: Thread) -> None:
        container, now = thread.container, self.env._now
        if thread.slice_ns == 0:
            thread.slice_ns = min(SLICE_NS, container.pool_ns)
            container.pool_ns -= thread.slice_ns
            self._count_periods(container, now)
        if thread.slice_ns > 0:
            self._run(thread)
            return
        thread.throttled_since = now
        period = (now - container.phase_ns) // PERIOD_NS
        if container.throttled_period != period:
            container.throttled_period = period
            container.throttled_periods += 1
            self.tally.services[container.service][_THROTTLED_PERIODS] += 1
        self.tally.note(now, Step.THROTTLED, thread.burst.identity, container.pod, thread.index)  # type: ignore[union-attr]

    def _count_periods(self, container: Container, draw_ns: int) -> None:
        """Count the periods in which the period timer runs because of a draw on the pool."""
        until = counted_until(draw_ns, container.phase_ns)
        new = periods_between(container.counted_until_ns, until)
        if new > 0:
            container.counted_until_ns = until
            container.periods += new
            self.tally.services[container.service][_PERIODS] += new

    def _run(self, thread: Thread) -> None:
        self.running.append(thread)
        thread.container.running += 1
        if not self.contended:
            thread.container.rate = RATE_ONE

    def _end(self, thread: Thread) -> None:
        burst = thread.burst
        assert burst is not None
        container, now = thread.container, self.env._now
        self.tally.services[container.service][_BURST] += now - burst.started_ns
        self.tally.note(now, Step.BURST_END, burst.identity, container.pod, thread.index)
        self.stop(thread)
        container.burst_ended(thread)
        if not burst.done.triggered:
            burst.done.succeed(True)


def _spent(thread: Thread) -> bool:
    burst = thread.burst
    return bool(thread.container.quota_ns) and thread.slice_ns == 0 and burst is not None and burst.remaining_ns > 0


def _divide(capacity: int, containers: list[Container]) -> int:
    """Share CPUs among containers, max-min fair by weight; return what none of them can use."""
    claims, weights = containers, sum(c.shares for c in containers)
    while claims:
        content = [c for c in claims if fair_share(capacity, c.shares, weights) >= c.running * RATE_ONE]
        if not content:
            break
        for container in content:
            container.rate = RATE_ONE
        capacity -= sum(c.running for c in content) * RATE_ONE
        weights -= sum(c.shares for c in content)
        claims = [c for c in claims if c not in content]  # who cannot use its part leaves the rest to the others
    for container in claims:
        container.rate = thread_rate(fair_share(capacity, container.shares, weights), container.running)
    return 0 if claims else capacity
