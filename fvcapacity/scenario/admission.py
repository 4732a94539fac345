"""Pods, LimitRanges and ResourceQuotas of the manifests, as the rules of admission take them.

Manifests are read with CPU and memory alone, so bounds on other resources are left out: nothing is known of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.decisions.admission.limit_range import LimitRangeItem
from fvcapacity.decisions.admission.quota import QuotaSpec, ScopeRule
from fvcapacity.decisions.pod_spec import Amounts, ContainerSpec, PodSpec
from fvcapacity.scenario.cluster import Container, LimitRange, PodTemplate, ResourceQuota
from fvcapacity.units import Quantity, millicores, parse_quantity

_KNOWN = ("cpu", "memory")


def pod_spec(template: PodTemplate) -> PodSpec:
    """Return the pods of a template as admission sees them."""
    return PodSpec(
        containers=tuple(_container(item) for item in template.containers),
        priority=template.priority,
        priority_class=template.priority_class,
        cross_namespace_affinity=_names_other_namespaces(template.affinity),
    )


def limit_range_items(limits: LimitRange) -> tuple[LimitRangeItem, ...]:
    """Return the entries of a LimitRange."""
    return tuple(
        LimitRangeItem(
            type=item["type"],
            max=_amounts(item.get("max")),
            min=_amounts(item.get("min")),
            default=_amounts(item.get("default")),
            default_request=_amounts(item.get("defaultRequest")),
            max_limit_request_ratio=_amounts(item.get("maxLimitRequestRatio")),
        )
        for item in limits.limits
    )


def quota_spec(quota: ResourceQuota) -> QuotaSpec:
    """Return a ResourceQuota with nothing used yet."""
    rules = [ScopeRule(scope) for scope in quota.scopes]
    for item in quota.scope_selector.get("matchExpressions") or ():
        values = tuple(str(value) for value in item.get("values") or ())
        rules.append(ScopeRule(str(item.get("scopeName")), str(item.get("operator")), values))
    hard = {name: parse_quantity(text) for name, text in quota.hard.items()}
    return QuotaSpec(name=quota.name, hard=hard, scopes=tuple(rules))


def _container(item: Container) -> ContainerSpec:
    return ContainerSpec(
        name=item.name,
        kind=item.kind,
        requests=_pair(item.cpu_request_cores, item.memory_request_bytes),
        limits=_pair(item.cpu_limit_cores, item.memory_limit_bytes),
    )


def _pair(cores: float | None, count: int | None) -> Amounts:
    found = {}
    if cores is not None:
        found["cpu"] = Quantity.of_milli(millicores(cores))
    if count is not None:
        found["memory"] = Quantity.of_bytes(count)
    return found


def _amounts(given: Mapping[str, str] | None) -> Amounts:
    return {name: parse_quantity(text) for name, text in (given or {}).items() if name in _KNOWN}


def _names_other_namespaces(affinity: Mapping[str, Any]) -> bool:
    for side in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(side) or {}
        terms = [*(rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ())]
        for weighted in rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ():
            terms.append(weighted.get("podAffinityTerm") or {})
        if any(term.get("namespaces") or term.get("namespaceSelector") is not None for term in terms):
            return True
    return False
