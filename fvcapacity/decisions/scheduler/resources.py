"""NodeResourcesFit and NodeResourcesBalancedAllocation (``pkg/scheduler/framework/plugins/noderesources``)."""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.decisions.scheduler.nodes import NodeView, SchedulingPod

DEFAULT_CPU_MILLI = 100
DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024
"""What a container without a request counts in scores (``pkg/scheduler/util/pod_resources.go``)."""

ContainerRequest = tuple[str, int | None]
"""Kind of the container (app, init or sidecar) and its request."""


def pod_request(containers: Sequence[ContainerRequest], missing: int = 0) -> int:
    """Return what a pod requests of one resource.

    Running containers add up; an init container needs its own and that of the sidecars started before it, and
    the pod asks for the larger of the two. ``missing`` stands for a container that names no request.
    """
    running = sidecars = largest_init = 0
    for kind, given in containers:
        request = missing if given is None else given
        if kind == "init":
            largest_init = max(largest_init, request + sidecars)
            continue
        running += request
        if kind == "sidecar":
            sidecars += request
            largest_init = max(largest_init, sidecars)
    return max(running, largest_init)


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
