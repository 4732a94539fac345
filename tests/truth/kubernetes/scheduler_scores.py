"""``scheduler_scores``: fit and scores by resources, and the placement plugins, as kube-scheduler 1.28 answers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fvcapacity.decisions.scheduler import NodeView, Refusal, SchedulingPod, begin
from fvcapacity.decisions.scheduler.cycle import FILTERS
from fvcapacity.decisions.scheduler.placement import (
    disliked_taints,
    named_nodes,
    preferred_node_weight,
    scored_affinity,
    scored_taints,
)
from fvcapacity.decisions.scheduler.resources import Strategy, balanced_allocation, shortages
from fvcapacity.decisions.scheduler.spread import raw_spread_scores, spread_scores
from fvcapacity.units import parse_quantity
from tests.truth.kubernetes.api_pods import node_view, scheduling_pod, totals
from tests.truth.vectors import Json, only

Answer = dict[str, Any]


def answer(case: Json) -> Answer:
    return {"resources": resources, "placement": placement}[case["kind"]](case["input"])


def agrees(got: Answer, want: Json, case: Json) -> bool:
    """Compare; quantities by their value, lists of failures without their order."""
    if case["kind"] != "resources":
        return got == want
    asked = {name: parse_quantity(text).exact for name, text in want["pod_requests"].items()}
    listed = sorted(want["insufficient_all"], key=lambda row: row["resource"])
    return got == {**want, "pod_requests": asked, "insufficient_all": listed}


def resources(given: Json) -> Answer:
    only(given, {"node", "pod", "strategies", "ignored_resources", "ignored_resource_groups"})
    node, pod = node_view(given["node"]), scheduling_pod(given["pod"])
    ignored = (given.get("ignored_resources") or (), given.get("ignored_resource_groups") or ())
    reasons = sorted(shortage.reason for shortage in shortages(pod, node, *ignored))
    failures = [
        {"resource": s.resource, "requested": s.requested, "used": s.used, "capacity": s.capacity}
        for s in shortages(pod, node)
    ]
    return {
        "fits": not reasons,
        "reasons": reasons,
        "insufficient_all": sorted(failures, key=lambda row: row["resource"]),
        "pod_requests": totals(given["pod"]["spec"]),
        "node_requested": {
            "cpu_m": node.requested_cpu_milli,
            "memory": node.requested_memory_bytes,
            "ephemeral-storage": node.requested_others.get("ephemeral-storage", 0),
        },
        "node_nonzero": {"cpu_m": node.scoring_cpu_milli, "memory": node.scoring_memory_bytes},
        "scores": [score(pod, node, strategy) for strategy in given["strategies"]],
    }


def score(pod: SchedulingPod, node: NodeView, strategy: Json) -> int:
    only(strategy, {"type", "resources", "shape"})
    for resource in strategy["resources"]:
        only(resource, {"name", "weight"})
    weights = [(r["name"], r["weight"]) for r in strategy["resources"]]
    shape = [(point["utilization"], point["score"]) for point in strategy.get("shape") or ()]
    kind = strategy["type"]
    if kind == "BalancedAllocation":
        return balanced_allocation(pod, node, weights)
    if kind not in ("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"):
        raise ValueError(f"unknown strategy {kind!r}")
    return Strategy(kind, weights, shape).score(pod, node)


def placement(given: Json) -> Answer:
    only(given, {"plugin", "nodes", "pod", "score_candidates"})
    plugin = given["plugin"]
    raw_and_scores = SCORES[plugin]
    pod, nodes = scheduling_pod(given["pod"]), [node_view(row) for row in given["nodes"]]
    by_name = {node.name: node for node in nodes}
    names = given["score_candidates"]
    raw, scores = raw_and_scores(pod, [by_name[name] for name in names], nodes)
    cycle, named = begin(pod, nodes), named_nodes(pod) if plugin == "NodeAffinity" else None
    return {
        "filter": {
            node.name: refused(FILTERS[plugin](cycle, node), named is None or node.name in named) for node in nodes
        },
        "raw_scores": None if raw is None else dict(zip(names, raw, strict=True)),
        "scores": None if raw is None else dict(zip(names, scores, strict=True)),
    }


def spread(pod: SchedulingPod, candidates: Sequence[NodeView], nodes: Sequence[NodeView]) -> Scored:
    raw = raw_spread_scores(pod, candidates, nodes)
    return None if raw is None else [value or 0 for value in raw], spread_scores(pod, candidates, nodes)


def taints(pod: SchedulingPod, candidates: Sequence[NodeView], nodes: Sequence[NodeView]) -> Scored:
    raw = [disliked_taints(pod, node) for node in candidates]
    return raw, scored_taints(raw)


def affinity(pod: SchedulingPod, candidates: Sequence[NodeView], nodes: Sequence[NodeView]) -> Scored:
    raw = [preferred_node_weight(pod, node) for node in candidates]
    return raw, scored_affinity(raw)


Scored = tuple[list[int] | None, list[int]]
SCORES = {"PodTopologySpread": spread, "TaintToleration": taints, "NodeAffinity": affinity}


def refused(refusal: Refusal | None, tried: bool) -> Json | None:
    if not tried:
        return {"code": "NotInPreFilterResult", "reasons": []}
    if refusal is None:
        return None
    code = "Unschedulable" if refusal.resolvable else "UnschedulableAndUnresolvable"
    return {"code": code, "reasons": list(refusal.reasons)}
