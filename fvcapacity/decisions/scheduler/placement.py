"""Taints, node affinity, ports and zones: which nodes a pod may and would rather be on.

Sources: ``plugins/tainttoleration``, ``plugins/nodeaffinity``, ``plugins/nodeports``, ``plugins/volumebinding`` of
``pkg/scheduler/framework``, and ``component-helpers/scheduling/corev1``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fvcapacity.decisions.scheduler.nodes import HostPort, NodeView, SchedulingPod, Taint
from fvcapacity.decisions.scheduler.selectors import matches_requirement, matches_selector, matches_term

__all__ = [
    "conflicts",
    "disliked_taints",
    "matches_node_affinity",
    "matches_requirement",
    "matches_selector",
    "named_nodes",
    "ports_taken",
    "preferred_node_weight",
    "scored_affinity",
    "scored_taints",
    "tolerates",
    "untolerated_taint",
]

UNSCHEDULABLE = Taint("node.kubernetes.io/unschedulable")
"""What a cordoned node is taken to carry: a pod that tolerates it may go there (``plugins/nodeunschedulable``)."""

_WILDCARD = "0.0.0.0"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def tolerates(toleration: Mapping[str, Any], taint: Taint) -> bool:
    """Tell whether a toleration covers a taint."""
    key, effect = toleration.get("key") or "", toleration.get("effect") or ""
    if effect not in ("", taint.effect) or key not in ("", taint.key):
        return False
    operator = toleration.get("operator") or "Equal"
    if operator == "Exists":
        return True
    return operator == "Equal" and bool(key) and (toleration.get("value") or "") == taint.value


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


def scored_taints(raw: Sequence[int]) -> list[int]:
    """Return 0..100 for each candidate: the fewer disliked taints the better (``DefaultNormalizeScore``, reversed)."""
    most = max(raw, default=0)
    return [100 - 100 * count // most if most else 100 for count in raw]


def matches_node_affinity(pod: SchedulingPod, node: NodeView) -> bool:
    """Tell whether the node meets the pod's nodeSelector and required node affinity."""
    if any(node.labels.get(key) != value for key, value in pod.node_selector.items()):
        return False
    required = (pod.affinity.get("nodeAffinity") or {}).get(_REQUIRED)
    if required is None:
        return True
    return any(matches_term(node.labels, node.name, term) for term in required.get("nodeSelectorTerms") or ())


def named_nodes(pod: SchedulingPod) -> frozenset[str] | None:
    """Return the nodes that required affinity names one by one; None when it leaves any node open.

    They are named when every term has a ``matchFields`` with ``metadata.name In``; then only the union of these names
    is tried at all (PreFilter of ``plugins/nodeaffinity/node_affinity.go``).
    """
    required = (pod.affinity.get("nodeAffinity") or {}).get(_REQUIRED) or {}
    found: frozenset[str] | None = None
    for term in required.get("nodeSelectorTerms") or ():
        lists = [
            frozenset(rule.get("values") or ())
            for rule in term.get("matchFields") or ()
            if rule["key"] == "metadata.name" and rule["operator"] == "In"
        ]
        if not lists:
            return None
        found = (found or frozenset()) | frozenset.intersection(*lists)
    return found


def preferred_node_weight(pod: SchedulingPod, node: NodeView) -> int:
    """Return the summed weights of the preferred node affinity terms that match."""
    return sum(
        int(item["weight"])
        for item in (pod.affinity.get("nodeAffinity") or {}).get(_PREFERRED) or ()
        if matches_term(node.labels, node.name, item.get("preference") or {})
    )


def scored_affinity(raw: Sequence[int]) -> list[int]:
    """Return 0..100 for each candidate (``DefaultNormalizeScore``)."""
    most = max(raw, default=0)
    return [100 * weight // most if most else 0 for weight in raw]


def ports_taken(pod: SchedulingPod, node: NodeView) -> bool:
    """Tell whether a host port that the pod wants is in use (``HostPortInfo.CheckConflict``)."""
    return any(conflicts(wanted, used) for wanted in pod.host_ports for used in node.host_ports)


def conflicts(one: HostPort, other: HostPort) -> bool:
    """Tell whether two host ports cannot be on one machine."""
    same = one.port == other.port and one.protocol == other.protocol
    return same and (one.ip == other.ip or _WILDCARD in (one.ip, other.ip))
