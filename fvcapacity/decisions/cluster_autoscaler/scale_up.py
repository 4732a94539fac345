"""Which nodes the cluster autoscaler orders (``cluster-autoscaler/core/scaleup``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fvcapacity.decisions.cluster_autoscaler.expanders import Choice, Option, choose, option_waste
from fvcapacity.decisions.scheduler import NodeView, PlacedPod, SchedulingPod, begin
from fvcapacity.frozen import Frozen

MAX_SIZE = "max node group size reached"
BACKOFF = "in backoff after failed scale-up"
NO_FIT = "no node of the group could take the pod"


class NodeGroup(Frozen):
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
    capacity: tuple[int, int] | None = None
    """Millicores and bytes of the whole machine; None: what the template may give to pods."""
    usd_per_hour: float | None = None
    accelerated: bool = False
    backing_off: bool = False
    """Its last nodes did not come; it is left alone for a while."""


class ScaleUp(Frozen):
    """An order of nodes: their zones, and the pods that they would take."""

    group: str
    zones: tuple[str, ...]
    pods: tuple[str, ...]
    waste: float = 0.0


def scale_up(
    pending: Sequence[SchedulingPod],
    nodes: Sequence[NodeView],
    groups: Sequence[NodeGroup],
    choice: Choice | None = None,
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
    choice
        How to choose among several; default: least waste.
    """
    helpless = still_pending(pending, nodes)
    if not helpless:
        return None, "NotNeeded"
    options: list[Option] = []
    reasons: list[str] = []
    for group in groups:
        if group.size >= group.maximum:
            reasons.append(MAX_SIZE)
        elif group.backing_off:
            reasons.append(BACKOFF)
        elif (option := _packed(helpless, nodes, group)) is None:
            reasons.append(NO_FIT)
        else:
            options.append(option)
    if not options:
        counted = [f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons))]
        return None, f"NotTriggerScaleUp: {', '.join(counted) or 'no node groups'}"
    best = choose(options, choice or Choice())
    names = tuple(pod.name for pod in best.pods)
    return ScaleUp(best.group, best.zones, names, option_waste(best)), "TriggeredScaleUp"


def still_pending(pending: Sequence[SchedulingPod], nodes: Sequence[NodeView]) -> list[SchedulingPod]:
    """Return the pods that fit on none of the nodes, present or ordered (``filter_out_schedulable.go``)."""
    board = list(nodes)
    return [pod for pod in pending if not place_first(pod, board)]


def _packed(pods: Sequence[SchedulingPod], nodes: Sequence[NodeView], group: NodeGroup) -> Option | None:
    """First fit, largest pods first, on new nodes of the group (``BinpackingNodeEstimator``)."""
    sample = group.template(group.zones[0], 0)

    def size(pod: SchedulingPod) -> float:
        return pod.cpu_milli / sample.cpu_milli + pod.memory_bytes / sample.memory_bytes

    fresh: list[NodeView] = []
    zones: list[str] = []
    taken: list[SchedulingPod] = []
    for pod in sorted(pods, key=size, reverse=True):
        if fresh and place_first(pod, fresh, nodes):
            taken.append(pod)
            continue
        if group.size + len(fresh) >= group.maximum:
            continue
        bound = pod.volume_zones[0] if pod.volume_zones else ""
        zone = bound if bound in group.zones else group.zones[len(fresh) % len(group.zones)]
        node = group.template(zone, len(fresh))
        if begin(pod, (*nodes, *fresh, node)).refusal(node) is not None:
            continue
        fresh.append(node.with_pod(PlacedPod(pod)))
        zones.append(zone)
        taken.append(pod)
    if not taken:
        return None
    return Option(
        group=group.name,
        zones=tuple(zones),
        pods=tuple(taken),
        capacity=group.capacity or (sample.cpu_milli, sample.memory_bytes),
        usd_per_hour=group.usd_per_hour,
        accelerated=group.accelerated,
    )


def place_first(pod: SchedulingPod, board: list[NodeView], others: Sequence[NodeView] = ()) -> bool:
    """Put a pod on the first node of the board that can take it."""
    cycle = begin(pod, (*others, *board))
    for i, node in enumerate(board):
        if cycle.refusal(node) is None:
            board[i] = node.with_pod(PlacedPod(pod))
            return True
    return False
