"""NodeResourcesFit and NodeResourcesBalancedAllocation (``pkg/scheduler/framework/plugins/noderesources``)."""

from __future__ import annotations

from fvcapacity.decisions.scheduler.nodes import NodeView, SchedulingPod

DEFAULT_CPU_MILLI = 100
DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024
"""What a container without a request counts in scores (``pkg/scheduler/util/pod_resources.go``)."""


def insufficient(pod: SchedulingPod, node: NodeView) -> tuple[str, ...]:
    """Return why a pod does not fit, all reasons, as the scheduler words them."""
    reasons = []
    if len(node.pods) + 1 > node.max_pods:
        reasons.append("Too many pods")
    if pod.cpu_milli > 0 and pod.cpu_milli > node.cpu_milli - node.requested_cpu_milli:
        reasons.append("Insufficient cpu")
    if pod.memory_bytes > 0 and pod.memory_bytes > node.memory_bytes - node.requested_memory_bytes:
        reasons.append("Insufficient memory")
    return tuple(reasons)


def least_allocated(pod: SchedulingPod, node: NodeView) -> int:
    """Return 0..100: the mean free share of CPU and memory with the pod on the node, in integer divisions."""
    scores = [
        0 if wanted > allocatable else (allocatable - wanted) * 100 // allocatable
        for allocatable, wanted in (
            (node.cpu_milli, node.scoring_cpu_milli + pod.scoring_cpu_milli),
            (node.memory_bytes, node.scoring_memory_bytes + pod.scoring_memory_bytes),
        )
        if allocatable > 0
    ]
    return sum(scores) // len(scores) if scores else 0


def balanced_allocation(pod: SchedulingPod, node: NodeView) -> int:
    """Return 0..100: how alike the used shares of CPU and memory are (plain requests)."""
    shares = [
        min(1.0, wanted / allocatable)
        for allocatable, wanted in (
            (node.cpu_milli, node.requested_cpu_milli + pod.cpu_milli),
            (node.memory_bytes, node.requested_memory_bytes + pod.memory_bytes),
        )
        if allocatable > 0
    ]
    deviation = abs(shares[0] - shares[1]) / 2 if len(shares) == 2 else 0.0
    return int((1 - deviation) * 100)
