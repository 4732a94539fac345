"""Which nodes the cluster autoscaler gives back (``cluster-autoscaler/core/scaledown``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fvcapacity.decisions.scheduler import NodeView, PlacedPod, SchedulingPod, schedule


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that might be given back.

    ``movable`` are the pods that would have to go elsewhere (DaemonSet pods are not among them); ``blocked`` says
    why a pod must not be moved at all.
    """

    node: NodeView
    group: str
    movable: tuple[SchedulingPod, ...]
    blocked: str = ""
    used: float = 0.0
    """Its utilization."""


def unneeded_nodes(
    candidates: Sequence[Candidate],
    nodes: Sequence[NodeView],
    spare: dict[str, int],
    threshold: float,
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the nodes that could go together, and for every other one why it stays.

    Parameters
    ----------
    candidates
        Ready nodes, in order.
    nodes
        Every node that could take pods.
    spare
        How many nodes each group may lose before its minimum.
    threshold
        Utilization below which a node is looked at.
    """
    board = {node.name: node for node in nodes}
    left = dict(spare)
    unneeded: list[str] = []
    kept: dict[str, str] = {}
    # Empty nodes first, then the least used: they take the fewest moves.
    for candidate in sorted(candidates, key=lambda c: (bool(c.movable), c.used)):
        name = candidate.node.name
        reason = _reason_to_keep(candidate, left, threshold)
        if not reason:
            moved = _moved(candidate, board)
            if moved is None:
                reason = "NoPlaceToMovePods"
            else:
                board = moved
                left[candidate.group] -= 1
                unneeded.append(name)
        if reason:
            kept[name] = reason
    return tuple(unneeded), kept


def _reason_to_keep(candidate: Candidate, left: dict[str, int], threshold: float) -> str:
    if candidate.used >= threshold:
        return "NotUnderutilized"
    if left.get(candidate.group, 0) <= 0:
        return "NodeGroupMinSizeReached"
    return candidate.blocked


def _moved(candidate: Candidate, board: dict[str, NodeView]) -> dict[str, NodeView] | None:
    """Return the other nodes with the candidate's pods on them, or None when one finds no place."""
    others = {name: node for name, node in board.items() if name != candidate.node.name}
    for pod in candidate.movable:
        place = schedule(pod, list(others.values())).node
        if place is None:
            return None
        others[place] = others[place].with_pod(PlacedPod(pod))
    return others
