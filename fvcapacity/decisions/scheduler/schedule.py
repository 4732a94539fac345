"""One scheduling cycle: filter the nodes, score what is left, and pick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fvcapacity.decisions.scheduler.nodes import NodeView, SchedulingPod
from fvcapacity.decisions.scheduler.placement import (
    disliked_taints,
    matches_node_affinity,
    pod_affinity_reason,
    pod_affinity_weight,
    preferred_node_weight,
    untolerated_taint,
)
from fvcapacity.decisions.scheduler.resources import balanced_allocation, insufficient, least_allocated
from fvcapacity.decisions.scheduler.spread import spread_reason, spread_scores

_TAINT, _NODE_AFFINITY, _SPREAD, _POD_AFFINITY = 3, 2, 2, 2
"""Weights of the default profile (``apis/config/v1/default_plugins.go``); the resource scores weigh 1."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a pod goes (``node`` is None when nowhere), and the scheduler's message."""

    node: str | None
    message: str


def filter_node(pod: SchedulingPod, node: NodeView, nodes: Sequence[NodeView]) -> tuple[str, ...]:
    """Return why a node cannot take a pod: the reasons of the first plugin that refuses; empty when it can."""
    if node.unschedulable:
        return ("node(s) were unschedulable",)
    taint = untolerated_taint(pod, node)
    if taint is not None:
        return (f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}",)
    if not matches_node_affinity(pod, node):
        return ("node(s) didn't match Pod's node affinity/selector",)
    if reasons := insufficient(pod, node):
        return reasons
    if any(zone != node.zone for zone in pod.volume_zones):
        return ("node(s) had volume node affinity conflict",)
    if pod.topology_spread and (reason := spread_reason(pod, node, nodes)):
        return (reason,)
    reason = pod_affinity_reason(pod, node, nodes)
    return (reason,) if reason else ()


def schedule(pod: SchedulingPod, nodes: Sequence[NodeView]) -> Placement:
    """Return the node for a pod. Equal scores go to the first node in order (the real one draws lots)."""
    if not nodes:
        return Placement(None, "no nodes available to schedule pods")
    refusals: Counter[str] = Counter()
    candidates = []
    for node in nodes:
        reasons = filter_node(pod, node, nodes)
        if reasons:
            refusals.update(reasons)
        else:
            candidates.append(node)
    if not candidates:
        counted = sorted(f"{count} {reason}" for reason, count in refusals.items())
        return Placement(None, f"0/{len(nodes)} nodes are available: {', '.join(counted)}.")
    totals = scores(pod, candidates, nodes) if len(candidates) > 1 else [0]
    best = candidates[totals.index(max(totals))]
    return Placement(best.name, f"Successfully assigned {pod.namespace}/{pod.name} to {best.name}")


def scores(pod: SchedulingPod, candidates: Sequence[NodeView], nodes: Sequence[NodeView]) -> list[int]:
    """Return the weighted sum of all plugins' scores for each candidate."""
    disliked = [disliked_taints(pod, node) for node in candidates]
    preferred = [preferred_node_weight(pod, node) for node in candidates]
    spread = spread_scores(pod, candidates, nodes)
    around = [pod_affinity_weight(pod, node, nodes) for node in candidates]
    totals = []
    for i, node in enumerate(candidates):
        total = least_allocated(pod, node) + balanced_allocation(pod, node)
        total += _TAINT * (100 - 100 * disliked[i] // max(disliked) if max(disliked) else 100)
        total += _NODE_AFFINITY * (100 * preferred[i] // max(preferred) if max(preferred) else 0)
        total += _SPREAD * spread[i] + _POD_AFFINITY * _between(around, around[i])
        totals.append(total)
    return totals


def _between(values: Sequence[int], value: int) -> int:
    """Map a value to 0..100 between the smallest and the largest."""
    low, high = min(values), max(values)
    return 100 * (value - low) // (high - low) if high > low else 0
