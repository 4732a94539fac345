"""The CFS bandwidth controller: what a CPU limit does to a container.

A container with a limit owns ``limit x 100 ms`` of CPU per period of 100 ms, its *pool*. Threads do not draw on the
pool directly: the kernel hands out *slices* of 5 ms, and a thread lives on its slice. When slice and pool are spent,
the thread stands still until the pool is refilled at the next period's edge. What a thread does not use of its slice
when it goes idle flows back to the pool, but for 1 ms which it keeps, also across the period's edge; a running thread
carries its whole slice across. Hence a container can use a little more than its quota in a period.

Rules of ``kernel/sched/fair.c`` (Linux 6): sched_cfs_bandwidth_slice_us = 5000, min_cfs_rq_runtime = 1 ms,
__assign_cfs_rq_runtime, __return_cfs_rq_runtime, __refill_cfs_bandwidth_runtime, do_sched_cfs_period_timer, cfs_burst
= 0. The period's phase is a fixed grid for each container. ``docs/explanation/validation.md`` says how near this comes
to a real kernel, and what was left out because it changes nothing.
"""

from __future__ import annotations

from fvcapacity.semantics.draw import mix
from fvcapacity.semantics.events import SALT_PHASE
from fvcapacity.semantics.jit import njit

PERIOD_NS = 100_000_000
SLICE_NS = 5_000_000
KEPT_WHEN_IDLE_NS = 1_000_000


def quota_of(millicores: int) -> int:
    """Return the CPU time of one period for a limit, 0 for none (``helpers_linux.go``, MilliCPUToQuota).

    The kubelet never sets less than 1 ms.
    """
    return quota_for_period(millicores, PERIOD_NS)


def quota_for_period(millicores: int, period_ns: int) -> int:
    """Return the CPU time of one period of some length, whole microseconds (feature CustomCPUCFSQuotaPeriod)."""
    if millicores <= 0:
        return 0
    return max(1_000_000, millicores * period_ns // 1_000_000 * 1000)


def phase_of(identity: int) -> int:
    """Return where in the grid of periods a container's edges lie: anywhere, and always at the same place."""
    return (mix(identity, SALT_PHASE) & ((1 << 62) - 1)) % PERIOD_NS


@njit
def next_edge(now_ns: int, phase_ns: int) -> int:
    """Return the first period edge strictly after ``now``; edges are at ``phase + k x period``."""
    return now_ns + PERIOD_NS - (now_ns - phase_ns) % PERIOD_NS


@njit
def slices_drawn(slice_ns: int, pool_ns: int, used_ns: int) -> int:
    """Return what has been drawn from the pool by a thread that lived on its slice and then used more.

    The thread draws whole slices while the pool has them, and the rest of the pool at last. The answer does not depend
    on how often one asks on the way.
    """
    missing = used_ns - slice_ns
    if missing <= 0:
        return 0
    drawn = -(-missing // SLICE_NS) * SLICE_NS
    return min(drawn, pool_ns)


@njit
def returned_when_idle(slice_ns: int) -> int:
    """Return what flows back to the pool when a thread goes idle."""
    return max(0, slice_ns - KEPT_WHEN_IDLE_NS)


@njit
def counted_until(draw_ns: int, phase_ns: int) -> int:
    """Return until when the period timer runs (and counts) at least, when a thread draws on the pool at an instant.

    The timer stops at the end of the first period in which nobody drew, which is counted as well.
    """
    return next_edge(draw_ns, phase_ns) + PERIOD_NS


@njit
def periods_between(counted_ns: int, until_ns: int) -> int:
    """Return how many periods a draw adds to ``nr_periods``: its own and the next, as far as they are not counted.

    Nothing has been counted when ``counted_ns`` is ``-PERIOD_NS``.
    """
    return min(2, (until_ns - counted_ns) // PERIOD_NS)
