"""One queue before one thread with a quota, written down once more: without planes, and with parts to leave out.

It has two uses. As it stands it must give the very response times that the planes give (`tests` hold that to the
nanosecond), though it knows neither events nor nodes. And it can leave out or add what the kernel does, so that one
sees what that is worth.
"""

from __future__ import annotations

from dataclasses import dataclass

from fvcapacity.semantics.cfs_quota import KEPT_WHEN_IDLE_NS, PERIOD_NS, SLICE_NS


@dataclass(frozen=True)
class Kernel:
    """What of the kernel is modelled."""

    carries: bool = True
    """What is left of a slice outlives the period, and an idle thread keeps some of it."""
    tick_ns: int = 0
    """That the quota is spent is noticed at the next tick only; what was used meanwhile is paid back. 0: at once."""
    averaged: bool = False
    """No quota: a CPU that is slower all the time."""


AS_MODELLED = Kernel()


@dataclass
class _Thread:
    """The thread, its slice and its pool."""

    kernel: Kernel
    quota_ns: int
    edge_ns: int
    tick_phase_ns: int
    now_ns: int = 0
    pool_ns: int = 0
    slice_ns: int = 0
    throttled: int = 0

    def wait_for(self, arrival_ns: int) -> None:
        """Idle until a request comes, if it has not come already."""
        if arrival_ns < self.now_ns:
            return
        kept = KEPT_WHEN_IDLE_NS if self.kernel.carries else 0
        back = max(0, self.slice_ns - kept)
        self.slice_ns -= back
        self.pool_ns += back
        self.now_ns = arrival_ns
        while self.edge_ns <= arrival_ns:
            self.pass_edge()
        if self.slice_ns <= 0:
            self.draw()
        if self.quota_ns and self.slice_ns <= 0:  # who wakes up with nothing to spend is not let in
            self.stand_still()

    def pass_edge(self) -> None:
        """Begin a period."""
        self.edge_ns += PERIOD_NS
        self.pool_ns = self.quota_ns
        if not self.kernel.carries:
            self.slice_ns = min(self.slice_ns, 0)

    def draw(self) -> None:
        """Fill the slice up from the pool."""
        drawn = min(SLICE_NS - self.slice_ns, self.pool_ns)
        self.pool_ns -= drawn
        self.slice_ns += drawn

    def burn(self, left_ns: int) -> None:
        """Use so much CPU."""
        while left_ns > 0:
            if self.slice_ns <= 0:
                self.draw()
            if self.slice_ns <= 0:
                left_ns = self.overrun(left_ns)
                continue
            left_ns = self.run(min(left_ns, self.slice_ns, self.edge_ns - self.now_ns), left_ns)

    def run(self, time_ns: int, left_ns: int) -> int:
        """Run for a time; return what is left to do."""
        self.now_ns += time_ns
        self.slice_ns -= time_ns
        if self.now_ns == self.edge_ns:
            self.pass_edge()
        return left_ns - time_ns

    def overrun(self, left_ns: int) -> int:
        """The quota is spent: stand still, at once or from the next tick on; return what is left to do."""
        if self.kernel.tick_ns:
            until_tick = self.kernel.tick_ns - (self.now_ns - self.tick_phase_ns) % self.kernel.tick_ns
            edge_ns = self.edge_ns
            left_ns = self.run(min(left_ns, until_tick, edge_ns - self.now_ns), left_ns)
            if left_ns == 0 or self.edge_ns != edge_ns:
                return left_ns
        self.stand_still()
        return left_ns

    def stand_still(self) -> None:
        """Wait for a period that leaves something after what is owed."""
        while self.slice_ns <= 0:
            self.throttled += 1
            self.now_ns = self.edge_ns
            self.pass_edge()
            self.draw()


def respond(
    times_ns: list[int], demands_ns: list[int], quota_ns: int, phase_ns: int, kernel: Kernel = AS_MODELLED,
    tick_phase_ns: int = 0,
) -> tuple[list[int], int]:  # fmt: skip
    """Return the response time of each request, and how many periods ended with the thread throttled.

    Parameters
    ----------
    phase_ns
        Where the periods begin (0 to a period).
    tick_phase_ns
        Where the ticks are.
    """
    if kernel.averaged:
        demands_ns, quota_ns = [-(-demand * PERIOD_NS // quota_ns) for demand in demands_ns], 0
    thread = _Thread(kernel, quota_ns, phase_ns or PERIOD_NS, tick_phase_ns, pool_ns=quota_ns)
    responses = []
    for arrival, demand in zip(times_ns, demands_ns, strict=True):
        thread.wait_for(arrival)
        if quota_ns:
            thread.burn(demand)
        else:
            thread.now_ns += demand
        responses.append(thread.now_ns - arrival)
    return responses, thread.throttled
