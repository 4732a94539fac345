"""PodDisruptionBudget, ResourceQuota, LimitRange and PriorityClass."""

from __future__ import annotations

from typing import Any

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.manifests.fields import Fields, selector_of
from fvcapacity.scenario.cluster import LimitRange, PodDisruptionBudget, ResourceQuota


def read_disruption_budget(fields: Fields, name: str, namespace: str) -> PodDisruptionBudget:
    """Read a PodDisruptionBudget; at most one of its two bounds may be written."""
    spec = fields.child("spec")
    spec.refuse_unknown(("minAvailable", "maxUnavailable", "selector", "unhealthyPodEvictionPolicy"))
    if spec.has("minAvailable") and spec.has("maxUnavailable"):
        spec.problem("maxUnavailable", "minAvailable and maxUnavailable are both written", "keep one of them")
    return PodDisruptionBudget(
        name=name,
        namespace=namespace,
        selector=selector_of(spec, "selector"),
        min_available=spec.count_or_percent("minAvailable"),
        max_unavailable=spec.count_or_percent("maxUnavailable"),
        location=fields.data.at,
    )


def read_quota(fields: Fields, name: str, namespace: str) -> ResourceQuota:
    """Read a ResourceQuota with every bound as canonical text."""
    spec = fields.child("spec")
    hard = spec.child("hard")
    bounds = {key: hard.amount(key) for key in hard.data}
    return ResourceQuota(
        name=name,
        namespace=namespace,
        hard={key: str(quantity) for key, quantity in bounds.items() if quantity is not None},
        scopes=tuple(str(scope) for scope in spec.list("scopes")),
        scope_selector=spec.mapping("scopeSelector"),
        location=fields.data.at,
    )


def read_limit_range(fields: Fields, name: str, namespace: str) -> LimitRange:
    """Read a LimitRange; its amounts are checked and kept as canonical text."""
    items: list[dict[str, Any]] = []
    for item in fields.child("spec").items("limits"):
        item.refuse_unknown(("type", "max", "min", "default", "defaultRequest", "maxLimitRequestRatio"))
        kind = item.choice("type", ("Container", "Pod", "PersistentVolumeClaim"), "")
        if not kind:
            if not item.has("type"):
                item.problem("", "a limit has no type", "add type: Container")
            continue
        entry: dict[str, Any] = {"type": kind}
        for key in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
            bounds = item.child(key)
            amounts = {resource: bounds.amount(resource) for resource in bounds.data}
            if amounts:
                entry[key] = {resource: str(value) for resource, value in amounts.items() if value is not None}
        items.append(entry)
    return LimitRange(name=name, namespace=namespace, limits=tuple(items), location=fields.data.at)


class PriorityClass(Frozen):
    """How much pods of a class matter, and whether others may have to leave for them."""

    value: int = 0
    preempts: bool = True


def read_priority(fields: Fields) -> tuple[PriorityClass, bool]:
    """Return a PriorityClass, and whether it is the default of pods without a class."""
    value = fields.integer("value", 0, minimum=-(2**31)) or 0
    policy = fields.choice("preemptionPolicy", ("PreemptLowerPriority", "Never"), "PreemptLowerPriority")
    return PriorityClass(value, policy != "Never"), fields.boolean("globalDefault")
