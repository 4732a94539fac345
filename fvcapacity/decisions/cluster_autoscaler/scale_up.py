"""Which nodes the cluster autoscaler orders (``cluster-autoscaler/core/scaleup``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fvcapacity.decisions.cluster_autoscaler.expanders import waste
from fvcapacity.decisions.scheduler import NodeView, PlacedPod, SchedulingPod, begin, filter_node


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """A pool as the autoscaler sees it.

    ``template(zone, number)`` is the next node of a zone, DaemonSet pods on it; ``zones`` in the order in which new
    nodes take them.
    """

    name: str
    size: int
    """Nodes that exist or are ordered."""
    minimum: int
    maximum: int
    zones: tuple[str, ...]
    template: Callable[[str, int], NodeView]


@dataclass(frozen=True, slots=True)
class ScaleUp:
    """An option to order nodes: their zones, and the pods that they would take."""

    group: str
    zones: tuple[str, ...]
    pods: tuple[str, ...]
    waste: float = 0.0


def scale_up(
    pending: Sequence[SchedulingPod], nodes: Sequence[NodeView], groups: Sequence[NodeGroup]
) -> tuple[ScaleUp | None, str]:
    """Return the best order and a reason.

    Parameters
    ----------
    pending
        Pods that the scheduler could not place.
    nodes
        Existing nodes and those already ordered; pods that fit there need no new node.
    groups
        Pools that may grow.
    """
    helpless = _still_pending(pending, nodes)
    if not helpless:
        return None, "NotNeeded"
    options = []
    reasons = []
    for group in groups:
        if group.size >= group.maximum:
            reasons.append("max node group size reached")
            continue
        option = _packed(helpless, nodes, group)
        if option is None:
            reasons.append("no node of the group could take the pod")
        else:
            options.append(option)
    if not options:
        counted = [f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons))]
        return None, f"NotTriggerScaleUp: {', '.join(counted) or 'no node groups'}"
    best = min(options, key=lambda option: option.waste)  # least-waste; ties: the first group
    return best, "TriggeredScaleUp"


def _still_pending(pending: Sequence[SchedulingPod], nodes: Sequence[NodeView]) -> list[SchedulingPod]:
    board = list(nodes)
    left = []
    for pod in pending:
        if not _place(pod, board):
            left.append(pod)
    return left


def _packed(pods: Sequence[SchedulingPod], nodes: Sequence[NodeView], group: NodeGroup) -> ScaleUp | None:
    """First fit, largest pods first, on new nodes of the group (``BinpackingNodeEstimator``)."""
    sample = group.template(group.zones[0], 0)

    def size(pod: SchedulingPod) -> float:
        return pod.cpu_milli / sample.cpu_milli + pod.memory_bytes / sample.memory_bytes

    fresh: list[NodeView] = []
    zones: list[str] = []
    taken: list[SchedulingPod] = []
    for pod in sorted(pods, key=size, reverse=True):
        if _place(pod, fresh, nodes):
            taken.append(pod)
            continue
        if group.size + len(fresh) >= group.maximum:
            continue
        bound = pod.volume_zones[0] if pod.volume_zones else ""
        zone = bound if bound in group.zones else group.zones[len(fresh) % len(group.zones)]
        node = group.template(zone, len(fresh))
        if filter_node(pod, node, (*nodes, *fresh, node)):
            continue
        fresh.append(node.with_pod(PlacedPod(pod)))
        zones.append(zone)
        taken.append(pod)
    if not taken:
        return None
    requested = (sum(p.cpu_milli for p in taken), sum(p.memory_bytes for p in taken))
    wasted = waste((sample.cpu_milli, sample.memory_bytes), len(fresh), requested)
    return ScaleUp(group.name, tuple(zones), tuple(pod.name for pod in taken), wasted)


def _place(pod: SchedulingPod, board: list[NodeView], others: Sequence[NodeView] = ()) -> bool:
    """Put a pod on the first node of the board that can take it."""
    cycle = begin(pod, (*others, *board))
    for i, node in enumerate(board):
        if cycle.refusal(node) is None:
            board[i] = node.with_pod(PlacedPod(pod))
            return True
    return False
