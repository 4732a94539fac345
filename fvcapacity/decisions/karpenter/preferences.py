"""Wishes of pods: Karpenter takes them for rules, and gives them up one by one when no machine meets them.

Source: ``pkg/controllers/provisioning/scheduling/preferences.go``. The order is: alternatives of required node
affinity, preferred pod affinity, preferred pod anti-affinity, preferred node affinity, ScheduleAnyway spreads; of
several preferences the heaviest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fvcapacity.decisions.scheduler import SchedulingPod
from fvcapacity.frozen import replace

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
Rules = Mapping[str, Any]


def ever_humbler(pod: SchedulingPod) -> Iterator[SchedulingPod]:
    """Yield the pod with all its wishes as rules, then with ever fewer of them; at last with its rules alone."""
    if not pod.affinity and not pod.topology_spread:
        yield pod
        return
    current = _sorted(pod)
    yield _as_rules(current)
    while (humbler := _relaxed(current)) is not None:
        current = humbler
        yield _as_rules(current)


def _relaxed(pod: SchedulingPod) -> SchedulingPod | None:
    """Return the pod with one wish less, or None when it has none."""
    affinity = pod.affinity
    terms = _terms(affinity)
    if len(terms) > 1:
        return _with(pod, "nodeAffinity", _REQUIRED, {"nodeSelectorTerms": terms[1:]})
    for kind in ("podAffinity", "podAntiAffinity", "nodeAffinity"):
        wishes = (affinity.get(kind) or {}).get(_PREFERRED) or ()
        if wishes:
            return _with(pod, kind, _PREFERRED, list(wishes[1:]))
    spreads = pod.topology_spread
    for i, constraint in enumerate(spreads):
        if constraint.get("whenUnsatisfiable") == "ScheduleAnyway":
            return replace(pod, topology_spread=(*spreads[:i], *spreads[i + 1 :]))
    return None


def _sorted(pod: SchedulingPod) -> SchedulingPod:
    """Return the pod with its preferences in the order in which they are given up."""
    for kind in ("podAffinity", "podAntiAffinity", "nodeAffinity"):
        wishes = (pod.affinity.get(kind) or {}).get(_PREFERRED) or ()
        if len(wishes) > 1:
            pod = _with(pod, kind, _PREFERRED, sorted(wishes, key=lambda wish: -int(wish["weight"])))
    return pod


def _as_rules(pod: SchedulingPod) -> SchedulingPod:
    """Return a pod that insists on what it wishes; of its node affinities only the first of each kind counts."""
    affinity = pod.affinity
    for kind in ("podAffinity", "podAntiAffinity"):
        wishes = (affinity.get(kind) or {}).get(_PREFERRED) or ()
        if wishes:
            required = [*(affinity[kind].get(_REQUIRED) or ()), *(wish["podAffinityTerm"] for wish in wishes)]
            affinity = {**affinity, kind: {_REQUIRED: required}}
    spread = tuple({**c, "whenUnsatisfiable": "DoNotSchedule"} for c in pod.topology_spread)
    return replace(pod, affinity=_one_node_term(affinity), topology_spread=spread)


def _one_node_term(affinity: Rules) -> Rules:
    terms, wishes = _terms(affinity), (affinity.get("nodeAffinity") or {}).get(_PREFERRED) or ()
    if not wishes and len(terms) <= 1:
        return affinity
    joined: dict[str, list[Any]] = {}
    for term in (*terms[:1], *(wish["preference"] for wish in wishes[:1])):
        for name in ("matchExpressions", "matchFields"):
            if term.get(name):
                joined.setdefault(name, []).extend(term[name])
    rest = {kind: rules for kind, rules in affinity.items() if kind != "nodeAffinity"}
    return {**rest, "nodeAffinity": {_REQUIRED: {"nodeSelectorTerms": [joined]}}} if joined else rest


def _terms(affinity: Rules) -> Sequence[Rules]:
    required = (affinity.get("nodeAffinity") or {}).get(_REQUIRED) or {}
    return required.get("nodeSelectorTerms") or ()


def _with(pod: SchedulingPod, kind: str, part: str, rules: Any) -> SchedulingPod:
    changed = {**(pod.affinity.get(kind) or {}), part: rules}
    return replace(pod, affinity={**pod.affinity, kind: changed})
