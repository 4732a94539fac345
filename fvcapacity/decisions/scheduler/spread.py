"""PodTopologySpread (``plugins/podtopologyspread``): required skew as a filter, preferred skew as a score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fvcapacity.decisions.scheduler.nodes import HOSTNAME, ZONE, NodeView, SchedulingPod
from fvcapacity.decisions.scheduler.placement import (
    matches_node_affinity,
    matches_selector,
    untolerated_taint,
)

Constraint = Mapping[str, Any]


def constraints_of(pod: SchedulingPod, when: str) -> list[Constraint]:
    """Return the pod's constraints of one kind, or the system's defaults when it has none of its own.

    The defaults are hostname with skew 3 and zone with skew 5, both ScheduleAnyway.
    """
    if pod.topology_spread:
        return [c for c in pod.topology_spread if c.get("whenUnsatisfiable", "DoNotSchedule") == when]
    if when != "ScheduleAnyway" or not pod.selector:
        return []
    selector = {"matchLabels": dict(pod.selector)}
    return [
        {"topologyKey": HOSTNAME, "maxSkew": 3, "labelSelector": selector},
        {"topologyKey": ZONE, "maxSkew": 5, "labelSelector": selector},
    ]


def spread_reason(pod: SchedulingPod, node: NodeView, nodes: Sequence[NodeView]) -> str | None:
    """Return why a DoNotSchedule constraint keeps the pod off the node, or None."""
    constraints = constraints_of(pod, "DoNotSchedule")
    keys = [c["topologyKey"] for c in constraints]
    for constraint in constraints:
        key = constraint["topologyKey"]
        if key not in node.labels:
            return "node(s) didn't match pod topology spread constraints (missing required label)"
        eligible = [n for n in nodes if all(k in n.labels for k in keys) and _included(constraint, pod, n)]
        if not eligible:
            continue
        selector = _selector(constraint, pod)
        counts: dict[str, int] = {}
        for other in eligible:
            domain = other.labels[key]
            counts[domain] = counts.get(domain, 0) + _matching(other, pod, selector)
        enough = len(counts) >= int(constraint.get("minDomains") or 1)
        smallest = min(counts.values()) if enough else 0
        own = 1 if matches_selector(pod.labels, selector) else 0
        if counts.get(node.labels[key], 0) + own - smallest > int(constraint["maxSkew"]):
            return "node(s) didn't match pod topology spread constraints"
    return None


def spread_scores(pod: SchedulingPod, candidates: Sequence[NodeView], nodes: Sequence[NodeView]) -> list[int]:
    """Return normalised scores 0..100 of the candidates by the ScheduleAnyway constraints."""
    constraints = constraints_of(pod, "ScheduleAnyway")
    if not constraints:
        return [0] * len(candidates)
    keys = [c["topologyKey"] for c in constraints]
    # The system's defaults take nodes without a zone along; a pod's own constraints ignore them.
    strict = bool(pod.topology_spread)
    kept = [not strict or all(key in node.labels for key in keys) for node in candidates]
    raw = [0.0] * len(candidates)
    for constraint in constraints:
        key, selector = constraint["topologyKey"], _selector(constraint, pod)
        chosen = [node for node, keep in zip(candidates, kept, strict=True) if keep]
        domains = {node.labels[key] for node in chosen if key in node.labels}
        weight = math.log((len(chosen) if key == HOSTNAME else len(domains)) + 2)
        counts = _counts(constraint, pod, nodes, keys if strict else [key])
        for i, node in enumerate(candidates):
            if kept[i] and key in node.labels:
                count = _matching(node, pod, selector) if key == HOSTNAME else counts.get(node.labels[key], 0)
                raw[i] += count * weight + (int(constraint["maxSkew"]) - 1)
    return _normalised([math.floor(x + 0.5) for x in raw], kept)


def _counts(
    constraint: Constraint, pod: SchedulingPod, nodes: Sequence[NodeView], keys: Sequence[str]
) -> dict[str, int]:
    key, selector = constraint["topologyKey"], _selector(constraint, pod)
    counts: dict[str, int] = {}
    for node in nodes:
        if all(k in node.labels for k in keys) and _included(constraint, pod, node):
            domain = node.labels[key]
            counts[domain] = counts.get(domain, 0) + _matching(node, pod, selector)
    return counts


def _normalised(raw: list[int], kept: list[bool]) -> list[int]:
    values = [score for score, keep in zip(raw, kept, strict=True) if keep]
    largest, smallest = max(values, default=0), min(values, default=0)
    return [
        0 if not keep else 100 if largest == 0 else 100 * (largest + smallest - score) // largest
        for score, keep in zip(raw, kept, strict=True)
    ]


def _selector(constraint: Constraint, pod: SchedulingPod) -> Mapping[str, Any] | None:
    selector = constraint.get("labelSelector")
    if selector is None:
        return None
    extra = {k: pod.labels[k] for k in constraint.get("matchLabelKeys") or () if k in pod.labels}
    return {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), **extra}} if extra else selector


def _matching(node: NodeView, pod: SchedulingPod, selector: Mapping[str, Any] | None) -> int:
    if not selector or not (selector.get("matchLabels") or selector.get("matchExpressions")):
        return 0  # an empty selector counts no pods
    return sum(
        1
        for placed in node.pods
        if not placed.deleting
        and placed.pod.namespace == pod.namespace
        and matches_selector(placed.pod.labels, selector)
    )


def _included(constraint: Constraint, pod: SchedulingPod, node: NodeView) -> bool:
    if constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and not matches_node_affinity(pod, node):
        return False
    if constraint.get("nodeTaintsPolicy", "Ignore") == "Honor":
        return untolerated_taint(pod, node) is None
    return True
