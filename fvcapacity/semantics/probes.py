"""When the kubelet probes (``pkg/kubelet/prober/worker.go``)."""

from __future__ import annotations

from fvcapacity.semantics.draw import mix
from fvcapacity.semantics.events import SALT_PROBE
from fvcapacity.semantics.jit import njit

STARTUP, READINESS, LIVENESS = range(3)


def worker_identity(container: int, kind: int) -> int:
    """Return the identity of the worker for one kind of probe of a container."""
    return mix(mix(container, SALT_PROBE), kind)


def first_tick(initial_delay_ns: int, period_ns: int, identity: int, warm: bool) -> int:
    """Return how long after the container's start its worker probes first.

    That is the first tick of its period that is not before the initial delay; the ticks of a worker that began long
    before the run (``warm``) fall anywhere.
    """
    if warm:
        return (identity & ((1 << 62) - 1)) % period_ns
    return -(-initial_delay_ns // period_ns) * period_ns


@njit
def next_tick(tick_ns: int, period_ns: int, now_ns: int) -> int:
    """Return the tick after the one at ``tick_ns``; those that passed while a result was waited for are left out."""
    return tick_ns + period_ns * max(1, -((tick_ns - now_ns) // period_ns))
