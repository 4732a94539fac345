"""When the kubelet finds a node short of memory, whom it evicts, and for how long the node says so.

Sources: ``rankMemoryPressure`` of ``pkg/kubelet/eviction/helpers.go``, ``eviction_manager.go``, ``defaults_linux.go``
(Kubernetes 1.28).
"""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.frozen import Frozen

HARD_THRESHOLD_BYTES = 100 * 2**20
"""``memory.available<100Mi``, the kubelet's default hard threshold."""
MONITORING_INTERVAL_NS = 10 * 10**9
CLEANUP_POLL_NS = 10**9
"""After an eviction the manager looks again as soon as the pod is cleaned up, which it asks every second."""
PRESSURE_TRANSITION_NS = 300 * 10**9
"""``evictionPressureTransitionPeriod``: the condition outlives its cause by this."""


MEMORY_PRESSURE_TAINT = "node.kubernetes.io/memory-pressure"
"""Tolerated by every pod that is not BestEffort, and by those of DaemonSets."""
CRITICAL_PRIORITY = 2_000_000_000
"""Pods of this priority and more are never evicted (``IsCriticalPod`` of ``pkg/kubelet/types``)."""


class MemorySignal(Frozen):
    """What the kubelet knows of a node's memory: one of the two signals that the hard threshold holds for."""

    name: str
    available_bytes: int

    @property
    def met(self) -> bool:
        """Tell whether the hard threshold is met."""
        return self.available_bytes < HARD_THRESHOLD_BYTES


def memory_signals(capacity_bytes: int, allocatable_bytes: int, used_bytes: int) -> tuple[MemorySignal, MemorySignal]:
    """Return the two signals of a node: of the machine, and of what is left of it for pods.

    The kubelet holds pods to what it has not reserved for the system: their common cgroup is as large as allocatable
    and the threshold together (``enforceNodeAllocatable: [pods]``, its default), so that pods are evicted once they
    use more than allocatable.

    Parameters
    ----------
    capacity_bytes, allocatable_bytes
        Of the node.
    used_bytes
        Of all pods on it. What the system uses besides is not known here.
    """
    return (
        MemorySignal("memory.available", capacity_bytes - used_bytes),
        MemorySignal("allocatableMemory.available", allocatable_bytes + HARD_THRESHOLD_BYTES - used_bytes),
    )


def pressure_ends(last_met_ns: int, now_ns: int) -> tuple[int, str]:
    """Return how long the condition MemoryPressure still holds, and why."""
    left = last_met_ns + PRESSURE_TRANSITION_NS - now_ns
    return (left, "TransitionPeriod") if left > 0 else (0, "KubeletHasSufficientMemory")


class EvictionCandidate(Frozen, kw_only=True):
    """A pod as the eviction manager sees it.

    ``memory_request_bytes`` is the whole pod's, overhead included; ``memory_usage_bytes`` (working set) is None when
    there are no statistics of the pod.
    """

    name: str
    priority: int = 0
    memory_request_bytes: int = 0
    memory_usage_bytes: int | None = None


def memory_eviction_order(pods: Sequence[EvictionCandidate]) -> list[tuple[str, str]]:
    """Return pods in the order in which they would be evicted, each with why it stands where it does.

    Pods without statistics come first, then those above their request, then lower priority, and last who exceeds
    its request by more.
    """

    def rank(pod: EvictionCandidate) -> tuple[bool, bool, int, int]:
        usage = pod.memory_usage_bytes
        if usage is None:
            return False, False, pod.priority, 0
        above = usage - pod.memory_request_bytes
        return True, above <= 0, pod.priority, -above

    def reason(pod: EvictionCandidate) -> str:
        if pod.memory_usage_bytes is None:
            return "NoStatistics"
        return "AboveRequest" if pod.memory_usage_bytes > pod.memory_request_bytes else "WithinRequest"

    return [(pod.name, reason(pod)) for pod in sorted(pods, key=rank)]


def victim(pods: Sequence[EvictionCandidate]) -> tuple[str | None, str]:
    """Return the one pod that is evicted in this round, None when there is none but critical ones, and why."""
    priorities = {pod.name: pod.priority for pod in pods}
    for name, reason in memory_eviction_order(pods):
        if priorities[name] < CRITICAL_PRIORITY:
            return name, reason
    return None, "NoEvictablePod"
