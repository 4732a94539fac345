"""Machines of chosen pools with their pods on them, as the simulated scheduler puts them there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fvcapacity.control.nodes import node_view
from fvcapacity.control.state import PoolRecord
from fvcapacity.decisions.scheduler import NodeView, PlacedPod, SchedulingPod, schedule
from fvcapacity.decisions.scheduler.placement import matches_node_affinity, untolerated_taint
from fvcapacity.recommend.offers import Offer


def machines(offers: Sequence[Offer], counts: Sequence[int], daemons: Sequence[SchedulingPod]) -> list[NodeView]:
    """Return the machines of pools with their DaemonSet pods; zones of a pool go round."""
    nodes = []
    for offer, count in zip(offers, counts, strict=True):
        record = PoolRecord(offer.name, offer.pool)
        zones = offer.pool.zones
        for number in range(int(count)):
            nodes.append(
                with_daemons(node_view(record, f"{offer.name}-{number + 1}", zones[number % len(zones)]), daemons)
            )
    return nodes


def with_daemons(node: NodeView, daemons: Iterable[SchedulingPod]) -> NodeView:
    """Return a node with a pod of every DaemonSet that is meant for it."""
    for pod in daemons:
        if matches_node_affinity(pod, node) and untolerated_taint(pod, node) is None:
            node = node.with_pod(PlacedPod(pod))
    return node


def place(nodes: Sequence[NodeView], pods: Iterable[SchedulingPod]) -> tuple[list[NodeView], list[SchedulingPod]]:
    """Let the scheduler place pods one after the other; return the nodes, and the pods that found no place."""
    by_name = {node.name: node for node in nodes}
    homeless = []
    for number, pod in enumerate(pods):
        found = schedule(pod, list(by_name.values())).node
        if found is None:
            homeless.append(pod)
        else:
            by_name[found] = by_name[found].with_pod(PlacedPod(pod, uid=number + 1))
    return list(by_name.values()), homeless


def after_loss(
    nodes: Sequence[NodeView], lost: Sequence[NodeView], daemons: Sequence[SchedulingPod]
) -> list[SchedulingPod]:
    """Return the pods of lost machines that find no place on the others, where all other pods stay where they are.

    DaemonSet pods go with their machine, and so do pods whose volumes are bound to a zone of which nothing is left.
    """
    gone = {node.name for node in lost}
    left = [node for node in nodes if node.name not in gone]
    zones = {node.zone for node in left}
    mine = {id(pod) for pod in daemons}
    homeless = [
        placed.pod
        for node in lost
        for placed in node.pods
        if id(placed.pod) not in mine and (not placed.pod.volume_zones or zones.intersection(placed.pod.volume_zones))
    ]
    return place(left, homeless)[1]


def loss_not_borne(
    nodes: Sequence[NodeView], headroom: str, daemons: Sequence[SchedulingPod]
) -> tuple[str, SchedulingPod] | None:
    """Return the first machine (or zone, as ``headroom`` says) whose loss leaves a pod without a place, and the pod."""
    if headroom == "none":
        return None
    parts = [node.name if headroom == "node" else node.zone for node in nodes]
    for part in dict.fromkeys(parts):
        lost = [node for node, name in zip(nodes, parts, strict=True) if name == part]
        if homeless := after_loss(nodes, lost, daemons):
            return part, homeless[0]
    return None
