"""How runnable threads share the CPUs of a node, and how fast a burst gets on.

A burst progresses at a *rate* of up to one core, held as an integer in units of 1/RATE_ONE core. While no more threads
run than the node has cores, every rate is one. Beyond that, cores are divided among the containers in proportion to
their cgroup weights, max-min fair (nobody gets more than one core per runnable thread, and what one cannot use goes to
the others), and equally among the threads of a container.

A thread that wakes up need not share at once: the kernel lets it run a *first slice*. Here a container that has been
idle goes before all others until it has used what its CPU request has saved up for it meanwhile, one slice at most.
Nobody gets more in this way, over any stretch of time, than his request and one slice. It is what is left of the
kernel's slices in a model that shares continuously; without it short bursts beside a busy neighbour come out 10 % too
slow (``docs/explanation/validation.md``).

Progress is an integer number of core-nanoseconds and is settled at a node's own events only, by `progress`;
`completion_time` rounds up, so that a burst is never settled a nanosecond short of its end.
"""

from __future__ import annotations

import math

from fvcapacity.semantics.jit import njit

RATE_BITS = 20
RATE_ONE = 1 << RATE_BITS
"""One core, as a rate. Elapsed times up to 100 days keep ``elapsed * RATE_ONE`` within int64."""

BASE_SLICE_NS = 700_000
SHARES_OF_A_CORE = 1024
_LONG_IDLE_NS = 3_000_000_000
"""Longer than the smallest weight needs to save up the longest slice."""


def shares(millicores: int) -> int:
    """Return the cgroup weight of a CPU request (``pkg/kubelet/cm/helpers_linux.go``, MilliCPUToShares)."""
    if millicores <= 0:
        return 2
    return min(262_144, max(2, millicores * 1024 // 1000))


def node_capacity(cpu_cores: float, background_cores: float) -> int:
    """Return what a node has for bursts besides its steady background load, as a rate (at least 1 % of a core)."""
    return math.floor(max(0.01, cpu_cores - background_cores) * RATE_ONE)


def first_slice(cpu_cores: float) -> int:
    """Return the scheduler's slice on a machine (``sysctl_sched_base_slice``, scaled by 1 + log2 of up to 8 CPUs)."""
    return BASE_SLICE_NS * (1 + math.floor(math.log2(min(8.0, max(1.0, cpu_cores)))))


@njit
def saved_up(saved_ns: int, idle_ns: int, weight: int, slice_ns: int) -> int:
    """Return what a container has left of its first slice after a time without work: its request comes in."""
    return min(slice_ns, saved_ns + min(idle_ns, _LONG_IDLE_NS) * weight // SHARES_OF_A_CORE)


@njit
def progress(elapsed_ns: int, rate: int) -> int:
    """Return the core-nanoseconds that a burst gains in a stretch of time at one rate (rounded down)."""
    if rate == RATE_ONE:
        return elapsed_ns
    return (elapsed_ns * rate) >> RATE_BITS


@njit
def completion_time(work_ns: int, rate: int) -> int:
    """Return after how many nanoseconds at one rate at least ``work_ns`` core-nanoseconds are done (rounded up)."""
    if rate == RATE_ONE:
        return work_ns
    return ((work_ns << RATE_BITS) + rate - 1) // rate


@njit
def fair_share(capacity: int, weight: int, weight_sum: int) -> int:
    """Return a container's part of the capacity still to be divided, all in rate units (rounded down)."""
    return capacity * weight // weight_sum


@njit
def thread_rate(allocation: int, threads: int) -> int:
    """Return the rate of each of a container's runnable threads: an equal part, at most one core, at least one unit."""
    return max(1, min(RATE_ONE, allocation // threads))
