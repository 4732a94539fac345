"""Labels, taints and affinities: which nodes a pod may and would rather be on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fvcapacity.decisions.scheduler.nodes import NodeView, SchedulingPod, Taint

Requirement = Mapping[str, Any]


def tolerates(toleration: Mapping[str, Any], taint: Taint) -> bool:
    """Tell whether a toleration covers a taint."""
    key, effect = toleration.get("key") or "", toleration.get("effect") or ""
    if effect not in ("", taint.effect) or key not in ("", taint.key):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(key) and (toleration.get("value") or "") == taint.value


def untolerated_taint(pod: SchedulingPod, node: NodeView) -> Taint | None:
    """Return the first taint that keeps the pod off the node, or None."""
    for taint in node.taints:
        if taint.effect == "PreferNoSchedule":
            continue
        if not any(tolerates(toleration, taint) for toleration in pod.tolerations):
            return taint
    return None


def disliked_taints(pod: SchedulingPod, node: NodeView) -> int:
    """Count the PreferNoSchedule taints that the pod does not tolerate."""
    soft = [t for t in pod.tolerations if (t.get("effect") or "") in ("", "PreferNoSchedule")]
    return sum(
        1 for taint in node.taints if taint.effect == "PreferNoSchedule" and not any(tolerates(t, taint) for t in soft)
    )


def matches_requirement(labels: Mapping[str, str], rule: Requirement) -> bool:
    """Tell whether labels meet one ``{key, operator, values}``."""
    key, operator = rule["key"], rule["operator"]
    values: Sequence[str] = rule.get("values") or ()
    present = key in labels
    if operator == "Exists":
        return present
    if operator == "DoesNotExist":
        return not present
    if operator == "In":
        return present and labels[key] in values
    if operator == "NotIn":
        return not present or labels[key] not in values
    try:  # Gt and Lt compare integers
        own, bound = int(labels[key]), int(values[0])
    except (KeyError, ValueError, IndexError):
        return False
    return own > bound if operator == "Gt" else own < bound


def matches_selector(labels: Mapping[str, str], selector: Mapping[str, Any] | None) -> bool:
    """Tell whether labels match a LabelSelector; None matches nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        matches_requirement(labels, rule) for rule in selector.get("matchExpressions") or ()
    )


def matches_node_affinity(pod: SchedulingPod, node: NodeView) -> bool:
    """Tell whether the node meets the pod's nodeSelector and required node affinity."""
    if any(node.labels.get(key) != value for key, value in pod.node_selector.items()):
        return False
    affinity = pod.affinity.get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if not required:
        return True
    return any(_matches_term(node, term) for term in required.get("nodeSelectorTerms") or ())


def preferred_node_weight(pod: SchedulingPod, node: NodeView) -> int:
    """Return the summed weights of the preferred node affinity terms that match."""
    affinity = pod.affinity.get("nodeAffinity") or {}
    return sum(
        int(item["weight"])
        for item in affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        if _matches_term(node, item.get("preference") or {})
    )


def _matches_term(node: NodeView, term: Mapping[str, Any]) -> bool:
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    named = {"metadata.name": node.name}
    return all(matches_requirement(node.labels, rule) for rule in expressions) and all(
        matches_requirement(named, rule) for rule in fields
    )


def pod_affinity_reason(pod: SchedulingPod, node: NodeView, nodes: Sequence[NodeView]) -> str | None:
    """Return why required (anti-)affinity between pods keeps the pod off the node, or None."""
    for other in nodes:
        for placed in other.pods:
            for term in _required(placed.pod, "podAntiAffinity"):
                if _term_matches(term, placed.pod, pod) and _same_domain(term, other, node):
                    return "node(s) didn't satisfy existing pods anti-affinity rules"
    for term in _required(pod, "podAntiAffinity"):
        if _domain_has_match(term, pod, node, nodes):
            return "node(s) didn't match pod anti-affinity rules"
    for term in _required(pod, "podAffinity"):
        if _domain_has_match(term, pod, node, nodes):
            continue
        nowhere = not any(_term_matches(term, pod, p.pod) for other in nodes for p in other.pods)
        if not (nowhere and _term_matches(term, pod, pod) and term.get("topologyKey") in node.labels):
            return "node(s) didn't match pod affinity rules"
    return None


def pod_affinity_weight(pod: SchedulingPod, node: NodeView, nodes: Sequence[NodeView]) -> int:
    """Return the weights of preferred affinity less those of preferred anti-affinity around a node."""
    total = 0
    for kind, sign in (("podAffinity", 1), ("podAntiAffinity", -1)):
        rules = pod.affinity.get(kind) or {}
        for item in rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ():
            term = item.get("podAffinityTerm") or {}
            matching = sum(
                1
                for other in nodes
                if _same_domain(term, other, node)
                for placed in other.pods
                if _term_matches(term, pod, placed.pod)
            )
            total += sign * int(item["weight"]) * matching
    return total


def _required(pod: SchedulingPod, kind: str) -> Sequence[Mapping[str, Any]]:
    rules = pod.affinity.get(kind) or {}
    return rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ()


def _term_matches(term: Mapping[str, Any], owner: SchedulingPod, other: SchedulingPod) -> bool:
    namespaces = term.get("namespaces") or (owner.namespace,)
    return other.namespace in namespaces and matches_selector(other.labels, term.get("labelSelector"))


def _same_domain(term: Mapping[str, Any], one: NodeView, other: NodeView) -> bool:
    key = term.get("topologyKey") or ""
    return key in one.labels and one.labels[key] == other.labels.get(key)


def _domain_has_match(term: Mapping[str, Any], pod: SchedulingPod, node: NodeView, nodes: Sequence[NodeView]) -> bool:
    return any(
        _term_matches(term, pod, placed.pod)
        for other in nodes
        if _same_domain(term, other, node)
        for placed in other.pods
    )
