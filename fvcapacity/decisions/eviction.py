"""Whom the kubelet evicts when the node is short of memory, and for how long the node says so.

Sources: ``rankMemoryPressure`` and ``nodeConditionsObservedSince`` of ``pkg/kubelet/eviction/helpers.go``,
``eviction_manager.go``, ``defaults_linux.go`` (Kubernetes 1.28).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HARD_THRESHOLD_BYTES = 100 * 2**20
"""``memory.available<100Mi``, the kubelet's default hard threshold."""
MONITORING_INTERVAL_NS = 10 * 10**9
PRESSURE_TRANSITION_NS = 300 * 10**9
"""``evictionPressureTransitionPeriod``: the condition outlives its cause by this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvictionCandidate:
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
