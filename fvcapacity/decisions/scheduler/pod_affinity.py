"""InterPodAffinity (``plugins/interpodaffinity``): which pods want to be, or must not be, near which others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fvcapacity.decisions.scheduler.nodes import NodeView, SchedulingPod, Snapshot, snapshot
from fvcapacity.decisions.scheduler.selectors import matches_selector
from fvcapacity.frozen import Frozen, field

AFFINITY = "node(s) didn't match pod affinity rules"
ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
EXISTING_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules"

HARD_AFFINITY_WEIGHT = 1
"""What a required affinity of an existing pod weighs in scores (``hardPodAffinityWeight``)."""

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_Domain = tuple[str, str]
"""Topology key and its value."""


class Term(Frozen):
    """A rule of a pod on others: whom it means, and how far its domain reaches."""

    key: str
    namespaces: frozenset[str]
    namespace_selector: Mapping[str, Any] | None
    selector: Mapping[str, Any] | None

    def means(self, pod: SchedulingPod) -> bool:
        """Tell whether the rule is on a pod."""
        return (
            pod.namespace in self.namespaces or matches_selector(pod.namespace_labels, self.namespace_selector)
        ) and matches_selector(pod.labels, self.selector)


def terms(pod: SchedulingPod, kind: str) -> tuple[Term, ...]:
    """Return a pod's required rules; ``kind`` is podAffinity or podAntiAffinity."""
    return tuple(_term(pod, item) for item in (pod.affinity.get(kind) or {}).get(_REQUIRED) or ())


def weighted_terms(pod: SchedulingPod, kind: str) -> tuple[tuple[int, Term], ...]:
    """Return a pod's preferred rules with their weights."""
    items = (pod.affinity.get(kind) or {}).get(_PREFERRED) or ()
    return tuple((int(item["weight"]), _term(pod, item.get("podAffinityTerm") or {})) for item in items)


def _term(owner: SchedulingPod, item: Mapping[str, Any]) -> Term:
    """Read a rule. Without namespaces and namespaceSelector it is on the owner's namespace."""
    namespaces, selector = item.get("namespaces") or (), item.get("namespaceSelector")
    own = () if namespaces or selector is not None else (owner.namespace,)
    labels: Mapping[str, Any] | None = item.get("labelSelector")
    if labels is not None:
        # The API server writes these two into the selector (pkg/registry/core/pod/strategy.go).
        extra = [
            {"key": key, "operator": operator, "values": [owner.labels[key]]}
            for field_name, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn"))
            for key in item.get(field_name) or ()
            if key in owner.labels
        ]
        labels = {**labels, "matchExpressions": [*(labels.get("matchExpressions") or ()), *extra]}
    return Term(item.get("topologyKey") or "", frozenset((*namespaces, *own)), selector, labels)


class Neighbours(Frozen):
    """What stands where, as far as required rules of a pod, or of others on it, ask (PreFilter)."""

    pod: SchedulingPod
    affinity: tuple[Term, ...]
    anti_affinity: tuple[Term, ...]
    near: Mapping[_Domain, int] = field(default_factory=dict)
    """Pods that match all affinity rules."""
    averse: Mapping[_Domain, int] = field(default_factory=dict)
    """Pods that match an anti-affinity rule of the pod."""
    aversion: Mapping[_Domain, int] = field(default_factory=dict)
    """Pods with an anti-affinity rule on the pod."""

    @property
    def concerned(self) -> bool:
        """Tell whether any rule may keep the pod off a node."""
        return bool(self.affinity or self.anti_affinity or self.aversion)

    def with_node(self, before: NodeView, after: NodeView) -> Neighbours:
        """Return what it is when other pods stand on a node."""
        if not (self.affinity or self.anti_affinity or before.minders or after.minders):
            return self
        counts = [dict(self.near), dict(self.averse), dict(self.aversion)]
        for node, sign in ((before, -1), (after, 1)):
            for group in node.groups.values():
                for domains, found in zip(counts, self.rules_on(group.pod), strict=True):
                    _add(domains, node, found, sign * group.size)
        return Neighbours(self.pod, self.affinity, self.anti_affinity, *counts)

    def rules_on(self, other: SchedulingPod) -> tuple[Sequence[Term], Sequence[Term], Sequence[Term]]:
        """Return the rules by which another pod counts in ``near``, ``averse`` and ``aversion``."""
        near = self.affinity if all(term.means(other) for term in self.affinity) else ()
        averse = [term for term in self.anti_affinity if term.means(other)]
        aversion = [t for t in terms(other, "podAntiAffinity") if t.means(self.pod)] if other.minds_others else ()
        return near, averse, aversion

    def reason(self, node: NodeView) -> str | None:
        """Return why the pod may not be on a node, or None."""
        if self.affinity and not self._affinity_holds(node):
            return AFFINITY
        if any(self.averse.get((t.key, node.labels[t.key])) for t in self.anti_affinity if t.key in node.labels):
            return ANTI_AFFINITY
        if self.aversion and any(self.aversion.get(domain) for domain in node.labels.items()):
            return EXISTING_ANTI_AFFINITY
        return None

    def _affinity_holds(self, node: NodeView) -> bool:
        if any(term.key not in node.labels for term in self.affinity):
            return False
        if all(self.near.get((term.key, node.labels[term.key])) for term in self.affinity):
            return True
        # The first pod of a group that wants to be together may go anywhere.
        return not any(self.near.values()) and all(term.means(self.pod) for term in self.affinity)


def neighbours(pod: SchedulingPod, nodes: Sequence[NodeView]) -> Neighbours:
    """Look at all nodes for a pod's required rules, and for those of others on it."""
    nodes = snapshot(nodes)
    empty = Neighbours(pod, terms(pod, "podAffinity"), terms(pod, "podAntiAffinity"))
    if not pod.minds_others and not any(node.minders for node in nodes):
        return empty
    counts: list[dict[_Domain, int]] = [{}, {}, {}]
    for name, other in nodes.kinds.items():
        rules = empty.rules_on(other)
        if not any(rules):
            continue
        for node, amount in _standing(name, nodes):
            for domains, found in zip(counts, rules, strict=True):
                _add(domains, node, found, amount)
    return Neighbours(pod, empty.affinity, empty.anti_affinity, *counts)


def _standing(kind: str, nodes: Snapshot) -> Iterator[tuple[NodeView, int]]:
    """Yield the nodes on which pods of a kind stand, and how many; those that are leaving count."""
    for node in nodes:
        group = node.groups.get(kind)
        if group is not None:
            yield node, group.size


def _add(counts: dict[_Domain, int], node: NodeView, rules: Sequence[Term], amount: int) -> None:
    for term in rules:
        if term.key in node.labels:
            domain = (term.key, node.labels[term.key])
            counts[domain] = counts.get(domain, 0) + amount


def pod_affinity_scores(
    pod: SchedulingPod, candidates: Sequence[NodeView], nodes: Sequence[NodeView]
) -> list[int] | None:
    """Return 0..100 for each candidate by the preferred rules of the pod and of those around; None when there are none.

    A required affinity of an existing pod on this one counts `HARD_AFFINITY_WEIGHT` (``scoring.go``).
    """
    nodes = snapshot(nodes)
    by_domain: dict[_Domain, int] = {}
    own = _signed(pod)
    if not own and not any(node.minders for node in nodes):
        return None
    for name, other in nodes.kinds.items():
        rules = [(weight, term) for weight, term in own if term.means(other)]
        rules += [(weight, term) for weight, term in _rules_on_others(other) if term.means(pod)]
        if rules:
            for node, amount in _standing(name, nodes):
                for weight, term in rules:
                    _add(by_domain, node, (term,), weight * amount)
    if not by_domain:
        return None
    raw = [sum(by_domain.get(domain, 0) for domain in node.labels.items()) for node in candidates]
    low, high = min(raw), max(raw)
    return [int(100.0 * ((value - low) / (high - low))) if high > low else 0 for value in raw]


def _signed(pod: SchedulingPod) -> list[tuple[int, Term]]:
    """Return a pod's preferred rules, those against others with a negative weight."""
    against = ((-weight, term) for weight, term in weighted_terms(pod, "podAntiAffinity"))
    return [*weighted_terms(pod, "podAffinity"), *against]


def _rules_on_others(pod: SchedulingPod) -> Iterator[tuple[int, Term]]:
    if not pod.minds_others:
        return
    yield from ((HARD_AFFINITY_WEIGHT, term) for term in terms(pod, "podAffinity"))
    yield from _signed(pod)
