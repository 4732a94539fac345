"""NodeResourcesFit and NodeResourcesBalancedAllocation (``pkg/scheduler/framework/plugins/noderesources``)."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from fvcapacity.decisions.scheduler.nodes import NodeView, SchedulingPod
from fvcapacity.frozen import Frozen

DEFAULT_CPU_MILLI = 100
DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024
"""What a container without a request counts in scores (``pkg/scheduler/util/pod_resources.go``)."""

EPHEMERAL_STORAGE = "ephemeral-storage"
Weights = Sequence[tuple[str, int]]
CPU_AND_MEMORY: Weights = (("cpu", 1), ("memory", 1))
"""What the default profile scores by (``apis/config/v1/defaults.go``)."""


class Shortage(Frozen):
    """A resource of which a node has not enough left."""

    resource: str
    requested: int
    used: int
    capacity: int

    @property
    def reason(self) -> str:
        """As the scheduler words it."""
        return "Too many pods" if self.resource == "pods" else f"Insufficient {self.resource}"

    @property
    def hopeless(self) -> bool:
        """Tell whether even the empty node is too small, so that no other pod need go (1.31 and later)."""
        return self.resource != "pods" and self.requested > self.capacity


def shortages(
    pod: SchedulingPod, node: NodeView, ignored: Collection[str] = (), ignored_groups: Collection[str] = ()
) -> list[Shortage]:
    """Return of what a node has not enough left for a pod (``fitsRequest`` of ``fit.go``).

    Parameters
    ----------
    pod, node
        The pod that wants in, and the node with the pods that it has.
    ignored, ignored_groups
        Extended resources that are not looked at, by name or by what stands before the slash.
    """
    found = []
    if len(node.pods) + 1 > node.max_pods:
        found.append(Shortage("pods", 1, len(node.pods), node.max_pods))
    if 0 < pod.cpu_milli > node.cpu_milli - node.requested_cpu_milli:
        found.append(Shortage("cpu", pod.cpu_milli, node.requested_cpu_milli, node.cpu_milli))
    if 0 < pod.memory_bytes > node.memory_bytes - node.requested_memory_bytes:
        found.append(Shortage("memory", pod.memory_bytes, node.requested_memory_bytes, node.memory_bytes))
    for name, wanted in pod.others.items():
        used, capacity = node.requested_others.get(name, 0), node.others.get(name, 0)
        if 0 < wanted > capacity - used and not (
            is_extended(name) and (name in ignored or name.partition("/")[0] in ignored_groups)
        ):
            found.append(Shortage(name, wanted, used, capacity))
    return found


def is_extended(name: str) -> bool:
    """Tell whether a resource is a vendor's own (``IsExtendedResourceName``): only such may be ignored."""
    return "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")


def least_allocated(pod: SchedulingPod, node: NodeView, weights: Weights = CPU_AND_MEMORY) -> int:
    """Return 0..100: the weighted mean of the free shares with the pod on the node, in integer divisions."""
    total = heft = 0
    for name, weight in weights:
        allocatable, wanted = _amounts(pod, node, name)
        if allocatable > 0:
            total += weight * (0 if wanted > allocatable else (allocatable - wanted) * 100 // allocatable)
            heft += weight
    return total // heft if heft else 0


def most_allocated(pod: SchedulingPod, node: NodeView, weights: Weights = CPU_AND_MEMORY) -> int:
    """Return 0..100: the weighted mean of the used shares (``most_allocated.go``); more than all counts as all."""
    total = heft = 0
    for name, weight in weights:
        allocatable, wanted = _amounts(pod, node, name)
        if allocatable > 0:
            total += weight * (min(wanted, allocatable) * 100 // allocatable)
            heft += weight
    return total // heft if heft else 0


def requested_to_capacity_ratio(
    pod: SchedulingPod, node: NodeView, shape: Sequence[tuple[int, int]], weights: Weights = CPU_AND_MEMORY
) -> int:
    """Return 0..100: what a broken line makes of the used shares (``requested_to_capacity_ratio.go``).

    Parameters
    ----------
    pod, node
        The pod that wants in, and the node with the pods that it has.
    shape
        Points (used percent 0..100, score 0..10) in rising order.
    weights
        A resource that scores 0 does not count in the mean.
    """
    total = heft = 0
    for name, weight in weights:
        allocatable, wanted = _amounts(pod, node, name)
        if allocatable > 0:
            used = 100 if wanted > allocatable else wanted * 100 // allocatable
            if score := on_shape(shape, used):
                total += score * weight
                heft += weight
    return math.floor(total / heft + 0.5) if heft else 0


class Strategy(Frozen):
    """How NodeResourcesFit scores: its ``scoringStrategy``."""

    type: str = "LeastAllocated"
    weights: Weights = CPU_AND_MEMORY
    shape: Sequence[tuple[int, int]] = ()

    def score(self, pod: SchedulingPod, node: NodeView) -> int:
        """Return 0..100 for a node with the pod on it."""
        if self.type == "LeastAllocated":
            return least_allocated(pod, node, self.weights)
        if self.type == "MostAllocated":
            return most_allocated(pod, node, self.weights)
        return requested_to_capacity_ratio(pod, node, self.shape, self.weights)


DEFAULT_STRATEGY = Strategy()


def on_shape(shape: Sequence[tuple[int, int]], used: int) -> int:
    """Return ten times the score at a utilisation; integer divisions truncate as in Go."""
    points = [(at, 10 * score) for at, score in shape]
    for i, (at, score) in enumerate(points):
        if used <= at:
            if i == 0:
                return score
            before, low = points[i - 1]
            return low + _truncated((score - low) * (used - before), at - before)
    return points[-1][1]


def balanced_allocation(pod: SchedulingPod, node: NodeView, weights: Weights = CPU_AND_MEMORY) -> int:
    """Return 0..100: how alike the used shares are, by plain requests (``balanced_allocation.go``).

    The weights do not count.
    """
    shares = []
    for name, _ in weights:
        allocatable, wanted = _amounts(pod, node, name, plain=True)
        if allocatable > 0:
            shares.append(min(1.0, wanted / allocatable))
    if len(shares) == 2:
        deviation = abs((shares[0] - shares[1]) / 2)
    elif len(shares) > 2:
        mean = sum(shares) / len(shares)
        deviation = math.sqrt(sum((share - mean) * (share - mean) for share in shares) / len(shares))
    else:
        deviation = 0.0
    return int((1 - deviation) * 100)


def _amounts(pod: SchedulingPod, node: NodeView, name: str, plain: bool = False) -> tuple[int, int]:
    """Return what a node has of a resource and what would be requested; (0, 0) leaves the resource out."""
    if name == "cpu":
        if plain:
            return node.cpu_milli, node.requested_cpu_milli + pod.cpu_milli
        return node.cpu_milli, node.scoring_cpu_milli + pod.scoring_cpu_milli
    if name == "memory":
        if plain:
            return node.memory_bytes, node.requested_memory_bytes + pod.memory_bytes
        return node.memory_bytes, node.scoring_memory_bytes + pod.scoring_memory_bytes
    wanted = pod.others.get(name, 0)
    if wanted == 0 and name != EPHEMERAL_STORAGE:
        return 0, 0  # what a pod does not ask for says nothing of its node
    return node.others.get(name, 0), node.requested_others.get(name, 0) + wanted


def _truncated(numerator: int, denominator: int) -> int:
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient
