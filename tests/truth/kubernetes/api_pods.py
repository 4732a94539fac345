"""Fragments of API objects, as vectors carry them, translated into what the scheduler's rules read.

Fields that nobody translates are refused: their answer would not have been compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from fvcapacity.decisions.pod_resources import pod_total
from fvcapacity.decisions.scheduler import NodeView, PlacedPod, SchedulingPod, Taint
from fvcapacity.decisions.scheduler.resources import DEFAULT_CPU_MILLI, DEFAULT_MEMORY_BYTES
from fvcapacity.units import parse_quantity
from tests.truth.vectors import Json, only

METADATA = {"name", "namespace", "labels", "annotations", "ownerReferences", "deletionTimestamp"}
SPEC = {
    "containers",
    "initContainers",
    "overhead",
    "nodeSelector",
    "affinity",
    "tolerations",
    "topologySpreadConstraints",
    "terminationGracePeriodSeconds",
}
CONSTRAINT = {
    "maxSkew",
    "topologyKey",
    "whenUnsatisfiable",
    "labelSelector",
    "minDomains",
    "matchLabelKeys",
    "nodeAffinityPolicy",
    "nodeTaintsPolicy",
}
REQUIRED, PREFERRED = (f"{kind}DuringSchedulingIgnoredDuringExecution" for kind in ("required", "preferred"))


def containers_of(spec: Json) -> Iterator[tuple[str, Json]]:
    """Yield the kind of each container and what it requests."""
    for key in ("initContainers", "containers"):
        for container in spec.get(key) or ():
            only(container, {"name", "resources", *(["restartPolicy"] if key == "initContainers" else [])})
            resources = container.get("resources") or {}
            only(resources, {"requests"})
            always = container.get("restartPolicy") == "Always"
            kind = "app" if key == "containers" else "sidecar" if always else "init"
            yield kind, resources.get("requests") or {}


def totals(spec: Json) -> dict[str, Fraction]:
    """Return what a pod asks for of every resource that it names, exactly."""
    rows, overhead = list(containers_of(spec)), spec.get("overhead") or {}
    return {
        name: total(rows, name, overhead) for name in dict.fromkeys(n for _, r in [*rows, ("", overhead)] for n in r)
    }


def total(rows: list[tuple[str, Json]], name: str, overhead: Json, missing: int = 0) -> Any:
    given = [(kind, parse_quantity(asked[name]).exact if name in asked else None) for kind, asked in rows]
    return pod_total(given, missing, parse_quantity(overhead.get(name, 0)).exact)


def scheduling_pod(row: Json, name: str = "p") -> SchedulingPod:
    """Return a pod as the scheduler's rules take it; every total is rounded up by itself."""
    only(row, {"metadata", "spec"})
    spec, meta = row["spec"], row.get("metadata") or {}
    only(spec, SPEC)
    only(meta, METADATA)
    check_affinity(spec.get("affinity") or {})
    check_rest(spec)
    asked, rows, overhead = totals(spec), list(containers_of(spec)), spec.get("overhead") or {}
    milli = Fraction(DEFAULT_CPU_MILLI, 1000)
    return SchedulingPod(
        name=name,
        namespace=meta.get("namespace", "default"),
        labels=meta.get("labels") or {},
        cpu_milli=math.ceil(asked.get("cpu", 0) * 1000),
        memory_bytes=math.ceil(asked.get("memory", 0)),
        scoring_cpu_milli=math.ceil(total(rows, "cpu", overhead, milli) * 1000),
        scoring_memory_bytes=math.ceil(total(rows, "memory", overhead, DEFAULT_MEMORY_BYTES)),
        others={name: math.ceil(amount) for name, amount in asked.items() if name not in ("cpu", "memory")},
        node_selector=spec.get("nodeSelector") or {},
        affinity=spec.get("affinity") or {},
        tolerations=tuple(spec.get("tolerations") or ()),
        topology_spread=tuple(spec.get("topologySpreadConstraints") or ()),
    )


def node_view(row: Json) -> NodeView:
    only(row, {"name", "labels", "taints", "allocatable", "pods"})
    room = row.get("allocatable") or {}
    for taint in row.get("taints") or ():
        only(taint, {"key", "value", "effect"})
    view = NodeView(
        name=row["name"],
        labels=row.get("labels") or {},
        cpu_milli=parse_quantity(room.get("cpu", 0)).milli_value,
        memory_bytes=parse_quantity(room.get("memory", 0)).value,
        others={n: parse_quantity(q).value for n, q in room.items() if n not in ("cpu", "memory", "pods")},
        max_pods=parse_quantity(room.get("pods", 0)).value,
        taints=tuple(Taint(t["key"], t.get("value", ""), t["effect"]) for t in row.get("taints") or ()),
    )
    return view.holding(tuple(PlacedPod(scheduling_pod(p), leaving(p)) for p in row.get("pods") or ()))


def leaving(pod: Json) -> bool:
    return bool((pod.get("metadata") or {}).get("deletionTimestamp"))


def check_affinity(affinity: Json) -> None:
    only(affinity, {"nodeAffinity"})
    rules = affinity.get("nodeAffinity") or {}
    only(rules, {REQUIRED, PREFERRED})
    only(rules.get(REQUIRED) or {}, {"nodeSelectorTerms"})
    for term in (rules.get(REQUIRED) or {}).get("nodeSelectorTerms") or ():
        check_term(term)
    for item in rules.get(PREFERRED) or ():
        only(item, {"weight", "preference"})
        check_term(item.get("preference") or {})


def check_term(term: Json) -> None:
    only(term, {"matchExpressions", "matchFields"})
    for rule in [*(term.get("matchExpressions") or ()), *(term.get("matchFields") or ())]:
        check_rule(rule, {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"})


def check_rule(rule: Json, operators: set[str]) -> None:
    only(rule, {"key", "operator", "values"})
    if rule["operator"] not in operators:
        raise ValueError(f"unknown operator {rule['operator']!r}")


def check_rest(spec: Json) -> None:
    for toleration in spec.get("tolerations") or ():
        only(toleration, {"key", "operator", "value", "effect", "tolerationSeconds"})
        if toleration.get("operator") not in (None, "", "Equal", "Exists"):
            raise ValueError(f"unknown operator {toleration['operator']!r}")
    for constraint in spec.get("topologySpreadConstraints") or ():
        only(constraint, CONSTRAINT)
        selector = constraint.get("labelSelector") or {}
        only(selector, {"matchLabels", "matchExpressions"})
        for rule in selector.get("matchExpressions") or ():
            check_rule(rule, {"In", "NotIn", "Exists", "DoesNotExist"})
