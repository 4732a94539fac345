"""One scheduling cycle: filter the nodes, score what is left, and pick (``pkg/scheduler/schedule_one.go``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from fvcapacity.decisions.scheduler.cycle import Cycle, Nominated, Refusal, begin
from fvcapacity.decisions.scheduler.image_locality import image_scores
from fvcapacity.decisions.scheduler.nodes import NodeView, SchedulingPod, Snapshot, snapshot
from fvcapacity.decisions.scheduler.placement import (
    disliked_taints,
    preferred_node_weight,
    scored_affinity,
    scored_taints,
)
from fvcapacity.decisions.scheduler.pod_affinity import pod_affinity_scores
from fvcapacity.decisions.scheduler.resources import DEFAULT_STRATEGY, Strategy, balanced_allocation
from fvcapacity.decisions.scheduler.spread import spread_scores
from fvcapacity.frozen import Frozen, field

_TAINT, _NODE_AFFINITY, _SPREAD, _POD_AFFINITY = 3, 2, 2, 2
"""Weights of the default profile (``apis/config/v1/default_plugins.go``); resources and images weigh 1."""

_FEW_NODES = 100
"""Below so many nodes each is tried; of more, so many at least must have taken the pod."""


class Placement(Frozen):
    """Where a pod goes (``node`` is None when nowhere), and the scheduler's message."""

    node: str | None
    message: str
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    """Node name to why it was refused, of those that were tried."""
    tried: int = 0
    """How many nodes were looked at; the next cycle begins after them."""


def schedule(
    pod: SchedulingPod,
    nodes: Sequence[NodeView],
    *,
    nominated: Nominated | None = None,
    own: str = "",
    start: int = 0,
    strategy: Strategy = DEFAULT_STRATEGY,
) -> Placement:
    """Return the node for a pod. Equal scores go to the first node in order (the real one draws lots).

    Parameters
    ----------
    pod, nodes
        The pod, and all nodes with what stands on them.
    nominated
        Pods that wait for the room of their victims, by node; the pod itself is not among them.
    own
        Node that the pod itself is nominated to: it is tried before all others.
    start
        Where the search begins; with 100 nodes or more it ends when enough were found.
    strategy
        How NodeResourcesFit scores.
    """
    if not nodes:
        return Placement(None, "no nodes available to schedule pods")
    nodes, waiting = snapshot(nodes), nominated or {}
    cycle = begin(pod, nodes)
    if cycle.named == frozenset():
        refusals = {node.name: Refusal("NodeAffinity", ("pod affinity terms conflict",)) for node in nodes}
        return Placement(None, f"0/{len(nodes)} nodes are available: pod affinity terms conflict.", refusals)
    at_own = next((node for node in nodes if node.name == own), None) if own else None
    if at_own is not None and cycle.refusal_with(at_own, waiting.get(own, ())) is None:
        return Placement(own, assigned(pod, own))
    candidates, refusals = _feasible(cycle, nodes, waiting, start)
    tried = len(candidates) + len(refusals)
    if not candidates:
        return Placement(None, unavailable(len(nodes), refusals.values()), refusals, tried)
    totals = scores(pod, candidates, nodes, strategy) if len(candidates) > 1 else [0]
    best = candidates[totals.index(max(totals))]
    return Placement(best.name, assigned(pod, best.name), refusals, tried)


def assigned(pod: SchedulingPod, node: str) -> str:
    """Return the message of a placed pod."""
    return f"Successfully assigned {pod.namespace}/{pod.name} to {node}"


def unavailable(count: int, refusals: Iterable[Refusal]) -> str:
    """Return the message of a pod that no node takes (``FitError``)."""
    reasons: Counter[str] = Counter()
    for refusal in refusals:
        reasons.update(refusal.reasons)
    listed = sorted(f"{number} {reason}" for reason, number in reasons.items())
    return f"0/{count} nodes are available: {', '.join(listed)}."


def nodes_to_find(count: int) -> int:
    """Return how many feasible nodes are enough (``numFeasibleNodesToFind``): all of less than 100, then ever fewer."""
    if count < _FEW_NODES:
        return count
    percentage = max(5, 50 - count // 125)
    return max(_FEW_NODES, count * percentage // 100)


def _feasible(
    cycle: Cycle, nodes: Snapshot, nominated: Nominated, start: int
) -> tuple[list[NodeView], dict[str, Refusal]]:
    """Return the nodes that take the pod, in their order, and why the others do not."""
    enough = nodes_to_find(len(nodes))
    first = start % len(nodes) if enough < len(nodes) else 0
    found: list[tuple[int, NodeView]] = []
    refusals: dict[str, Refusal] = {}
    for i in (*range(first, len(nodes)), *range(first)):
        node = nodes[i]
        waiting = nominated.get(node.name) if nominated else None
        refusal = cycle.refusal_with(node, waiting) if waiting else cycle.refusal(node)
        if refusal is not None:
            refusals[node.name] = refusal
            continue
        found.append((i, node))
        if len(found) == enough:
            break
    return [node for _, node in sorted(found, key=lambda item: item[0])], refusals


def scores(
    pod: SchedulingPod,
    candidates: Sequence[NodeView],
    nodes: Sequence[NodeView],
    strategy: Strategy = DEFAULT_STRATEGY,
) -> list[int]:
    """Return the weighted sum of all plugins' scores for each candidate."""
    nodes = snapshot(nodes)
    parts = [
        (1, [strategy.score(pod, node) for node in candidates]),
        (1, [balanced_allocation(pod, node) for node in candidates]),
        (1, image_scores(pod, candidates, nodes)),
        (_TAINT, scored_taints([disliked_taints(pod, node) if node.taints else 0 for node in candidates])),
        (_SPREAD, spread_scores(pod, candidates, nodes)),
    ]
    if "nodeAffinity" in pod.affinity:
        parts.append((_NODE_AFFINITY, scored_affinity([preferred_node_weight(pod, node) for node in candidates])))
    if (around := pod_affinity_scores(pod, candidates, nodes)) is not None:
        parts.append((_POD_AFFINITY, around))
    return [sum(values) for values in zip(*([w * s for s in part] for w, part in parts), strict=True)]
