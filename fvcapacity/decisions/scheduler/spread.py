"""PodTopologySpread (``plugins/podtopologyspread``): required skew as a filter, preferred skew as a score."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fvcapacity.decisions.scheduler.nodes import HOSTNAME, ZONE, NodeView, SchedulingPod, Snapshot, snapshot
from fvcapacity.decisions.scheduler.placement import matches_node_affinity, untolerated_taint
from fvcapacity.decisions.scheduler.selectors import is_empty, matches_selector
from fvcapacity.frozen import replace

Constraint = Mapping[str, Any]

MISSING_LABEL = "node(s) didn't match pod topology spread constraints (missing required label)"
SKEWED = "node(s) didn't match pod topology spread constraints"


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


@dataclass(frozen=True, slots=True)
class Skew:
    """One DoNotSchedule constraint of a pod, with the pods that it counts, by domain."""

    key: str
    max_skew: int
    min_domains: int
    own: int
    """1 when the pod itself counts."""
    eligible: Callable[[NodeView], bool] = field(repr=False)
    counts_pod: Callable[[SchedulingPod], bool] = field(repr=False)
    counts: Mapping[str, int]
    """Of domains with an eligible node."""

    def refuses(self, node: NodeView) -> bool:
        """Tell whether one more pod on a node would skew the domains too much."""
        if not self.counts:
            return False
        smallest = min(self.counts.values()) if len(self.counts) >= self.min_domains else 0
        return self.counts.get(node.labels[self.key], 0) + self.own - smallest > self.max_skew

    def with_node(self, before: NodeView, after: NodeView) -> Skew:
        """Return the constraint as it is when other pods stand on a node."""
        change = self._counted(after) - self._counted(before) if self.eligible(before) else 0
        if not change:
            return self
        domain = before.labels[self.key]
        return replace(self, counts={**self.counts, domain: self.counts[domain] + change})

    def _counted(self, node: NodeView) -> int:
        return sum(group.size - group.leaving for group in node.groups.values() if self.counts_pod(group.pod))


def required_skews(pod: SchedulingPod, nodes: Sequence[NodeView]) -> tuple[Skew, ...]:
    """Return what the pod's DoNotSchedule constraints count (PreFilter)."""
    constraints = constraints_of(pod, "DoNotSchedule")
    nodes = snapshot(nodes)
    keys = [c["topologyKey"] for c in constraints]
    return tuple(_skew(pod, constraint, keys, nodes) for constraint in constraints)


def _skew(pod: SchedulingPod, constraint: Constraint, keys: Sequence[str], nodes: Snapshot) -> Skew:
    key, selector = constraint["topologyKey"], _selector(constraint, pod)
    counts_pod = _counting(pod, selector)
    count = _counter(counts_pod, nodes)
    included = _inclusion(constraint, pod)

    def eligible(node: NodeView) -> bool:
        return all(k in node.labels for k in keys) and (included is None or included(node))

    counts: dict[str, int] = {}
    for node in nodes:
        if eligible(node):
            domain = node.labels[key]
            counts[domain] = counts.get(domain, 0) + count(node)
    own = 1 if matches_selector(pod.labels, selector) else 0
    minimum = int(constraint.get("minDomains") or 1)
    return Skew(key, int(constraint["maxSkew"]), minimum, own, eligible, counts_pod, counts)


def skew_reason(skews: Sequence[Skew], node: NodeView) -> str | None:
    """Return why a constraint keeps the pod off a node (the first that does), or None."""
    for skew in skews:
        if skew.key not in node.labels:
            return MISSING_LABEL
        if skew.refuses(node):
            return SKEWED
    return None


def spread_scores(pod: SchedulingPod, candidates: Sequence[NodeView], nodes: Sequence[NodeView]) -> list[int]:
    """Return normalised scores 0..100 of the candidates by the ScheduleAnyway constraints."""
    raw = raw_spread_scores(pod, candidates, nodes)
    return [0] * len(candidates) if raw is None else _normalised(raw)


def raw_spread_scores(
    pod: SchedulingPod, candidates: Sequence[NodeView], nodes: Sequence[NodeView]
) -> list[int | None] | None:
    """Return what the ScheduleAnyway constraints count around each candidate: the fewer the better.

    None when there are none; None for a candidate that lacks a key and is left out.
    """
    constraints = constraints_of(pod, "ScheduleAnyway")
    if not constraints:
        return None
    nodes = snapshot(nodes)
    keys = [c["topologyKey"] for c in constraints]
    # The system's defaults take nodes without a zone along; a pod's own constraints ignore them.
    strict = bool(pod.topology_spread)
    kept = [not strict or all(key in node.labels for key in keys) for node in candidates]
    chosen = [node for node, keep in zip(candidates, kept, strict=True) if keep]
    raw = [0.0] * len(candidates)
    for constraint in constraints:
        key, count = constraint["topologyKey"], _counter(_counting(pod, _selector(constraint, pod)), nodes)
        domains = {node.labels.get(key, "") for node in chosen}
        weight = math.log((len(chosen) if key == HOSTNAME else len(domains)) + 2)
        skew = int(constraint["maxSkew"]) - 1
        by_node = key == HOSTNAME
        around = {} if by_node else _counts(constraint, pod, nodes, keys if strict else [], domains, count)
        for i, node in enumerate(candidates):
            if kept[i] and key in node.labels:
                here = count(node) if by_node else around.get(node.labels[key], 0)
                raw[i] += here * weight + skew
    return [_rounded(value) if keep else None for value, keep in zip(raw, kept, strict=True)]


def _counts(
    constraint: Constraint,
    pod: SchedulingPod,
    nodes: Sequence[NodeView],
    keys: Sequence[str],
    domains: set[str],
    count: Callable[[NodeView], int],
) -> dict[str, int]:
    """Count pods by domain over all nodes, candidates or not."""
    key, included = constraint["topologyKey"], _inclusion(constraint, pod)
    counts: dict[str, int] = {}
    for node in nodes:
        domain = node.labels.get(key, "")
        if domain not in domains or (keys and not all(k in node.labels for k in keys)):
            continue
        if included is None or included(node):
            counts[domain] = counts.get(domain, 0) + count(node)
    return counts


def _normalised(raw: Sequence[int | None]) -> list[int]:
    values = [score for score in raw if score is not None]
    largest, smallest = max(values, default=0), min(values, default=0)
    return [
        0 if score is None else 100 if largest == 0 else 100 * (largest + smallest - score) // largest for score in raw
    ]


def _selector(constraint: Constraint, pod: SchedulingPod) -> Mapping[str, Any] | None:
    selector: Mapping[str, Any] | None = constraint.get("labelSelector")
    if selector is None:
        return None
    extra = [
        {"key": key, "operator": "In", "values": [pod.labels[key]]}
        for key in constraint.get("matchLabelKeys") or ()
        if key in pod.labels
    ]
    return {**selector, "matchExpressions": [*(selector.get("matchExpressions") or ()), *extra]} if extra else selector


def counts_in(constraint: Constraint, pod: SchedulingPod, other: SchedulingPod) -> bool:
    """Tell whether a constraint of a pod counts another pod."""
    return _counting(pod, _selector(constraint, pod))(other)


def _counting(pod: SchedulingPod, selector: Mapping[str, Any] | None) -> Callable[[SchedulingPod], bool]:
    """Return whether a constraint of a pod counts another one; an empty selector counts none."""
    if is_empty(selector):
        return lambda other: False
    return lambda other: other.namespace == pod.namespace and matches_selector(other.labels, selector)


def _counter(counts_pod: Callable[[SchedulingPod], bool], nodes: Snapshot) -> Callable[[NodeView], int]:
    """Return how to count the pods of a node of the snapshot; those that are leaving do not count."""
    kinds = [name for name, other in nodes.kinds.items() if counts_pod(other)]

    def count(node: NodeView) -> int:
        total = 0
        for kind in kinds:
            group = node.groups.get(kind)
            if group is not None:
                total += group.size - group.leaving
        return total

    return count


def _inclusion(constraint: Constraint, pod: SchedulingPod) -> Callable[[NodeView], bool] | None:
    """Return which nodes a constraint looks at (``nodeAffinityPolicy``, ``nodeTaintsPolicy``); None for all."""
    by_affinity = constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and (
        bool(pod.node_selector) or "nodeAffinity" in pod.affinity
    )
    by_taints = constraint.get("nodeTaintsPolicy", "Ignore") == "Honor"
    if not by_affinity and not by_taints:
        return None

    def included(node: NodeView) -> bool:
        if by_affinity and not matches_node_affinity(pod, node):
            return False
        return not by_taints or untolerated_taint(pod, node) is None

    return included


def _rounded(value: float) -> int:
    """Round half up, as Go's math.Round does with positive numbers."""
    whole = math.floor(value)
    return whole + 1 if value - whole >= 0.5 else whole
