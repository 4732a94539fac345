"""Rules about ResourceQuotas: they must hold every HPA at its maximum, and a roll-out on top."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fvcapacity.decisions.disruption import scaled
from fvcapacity.decisions.pod_resources import pod_total
from fvcapacity.errors import Problem
from fvcapacity.scenario.cluster import ResourceQuota, Workload
from fvcapacity.scenario.findings.resources import amounts
from fvcapacity.scenario.findings.rules import finding
from fvcapacity.scenario.findings.view import View
from fvcapacity.units import Quantity, parse_quantity

_PodAmount = Callable[[Workload], int]


def check_quotas(view: View) -> Iterator[Problem]:
    """Yield findings about every ResourceQuota."""
    for quota in view.objects.quotas:
        workloads = [item for item in view.objects.workloads if _in_scope(quota, item)]
        for name, text in quota.hard.items():
            hard = parse_quantity(text)
            if name in _POD_AMOUNTS:
                unit, amount = _POD_AMOUNTS[name]
                yield from _needs_resources(quota, name, workloads)
                yield from _pods(view, quota, name, hard, unit, amount, workloads)
            elif name in ("requests.storage", "persistentvolumeclaims"):
                yield from _storage(view, quota, name, hard)


def _amount(resource: str, index: int) -> _PodAmount:
    """Return the function that gives a pod's request (index 0) or limit (index 1)."""
    return lambda w: pod_total([(item.kind, amounts(item, resource)[index]) for item in w.template.containers])


_POD_AMOUNTS: dict[str, tuple[str, _PodAmount]] = {
    "pods": ("", lambda _: 1),
    "count/pods": ("", lambda _: 1),
    "cpu": ("cpu", _amount("cpu", 0)),
    "requests.cpu": ("cpu", _amount("cpu", 0)),
    "limits.cpu": ("cpu", _amount("cpu", 1)),
    "memory": ("memory", _amount("memory", 0)),
    "requests.memory": ("memory", _amount("memory", 0)),
    "limits.memory": ("memory", _amount("memory", 1)),
}


def surge(workload: Workload, replicas: int) -> int:
    """Return how many pods a rolling update adds at most (percentages rounded up)."""
    if workload.strategy != "RollingUpdate" or workload.kind not in ("Deployment", "DaemonSet"):
        return 0
    return scaled(workload.max_surge, replicas)


def _pods(
    view: View,
    quota: ResourceQuota,
    name: str,
    hard: Quantity,
    unit: str,
    amount: _PodAmount,
    workloads: list[Workload],
) -> Iterator[Problem]:
    counts = {item.key: view.replicas(item)[1] for item in workloads}
    steady = {item.key: counts[item.key] * amount(item) for item in workloads}
    extra = {item.key: surge(item, counts[item.key]) * amount(item) for item in workloads}
    bound = hard.milli_value if unit == "cpu" else hard.value
    total, largest, all_at_once = sum(steady.values()), max(extra.values(), default=0), sum(extra.values())
    if total + all_at_once <= bound:
        return
    rule = "quota-too-small" if total + largest > bound else "quota-tight"
    needed = total + (largest if rule == "quota-too-small" else all_at_once)
    top = sorted(steady, key=lambda key: (-steady[key], key))[:3]
    shares = ", ".join(f"{key} {counts[key]} pods = {_shown(unit, steady[key])}" for key in top if steady[key])
    with_what = "the largest roll-out surge" if rule == "quota-too-small" else "all roll-outs at once"
    message = (
        f"quota/{quota.name} allows {name} {hard}, but every workload at its maximum needs {_shown(unit, total)}, with "
        f"{with_what} {_shown(unit, needed)} ({shares})"
    )
    hint = f"raise {name} to {_shown(unit, needed)}, or lower maxReplicas or maxSurge"
    yield finding(rule, message, quota.location, f"quota/{quota.name}.hard.{name}", hint)


def _shown(unit: str, amount: int) -> str:
    if unit == "cpu":
        return str(parse_quantity(f"{amount}m"))
    return str(parse_quantity(amount)) if unit == "" else str(Quantity(parse_quantity(amount).exact, "BinarySI"))


def _needs_resources(quota: ResourceQuota, name: str, workloads: list[Workload]) -> Iterator[Problem]:
    """Yield the containers that a quota refuses because they do not name its resource."""
    if name in ("pods", "count/pods"):
        return
    resource = name.rpartition(".")[2]
    index = 1 if name.startswith("limits.") else 0
    word = ("request", "limit")[index]
    for workload in workloads:
        lacking = [item for item in workload.template.containers if amounts(item, resource)[index] is None]
        if lacking:
            names = ", ".join(item.name for item in lacking)
            message = f"{names} of {workload.key} has no {resource} {word}: quota/{quota.name} refuses the pods"
            hint = f"add resources.{word}s.{resource}, or a LimitRange with a default"
            yield finding(
                "quota-needs-resources", message, lacking[0].location, f"{workload.key}.{word}s.{resource}", hint
            )


def _storage(view: View, quota: ResourceQuota, name: str, hard: Quantity) -> Iterator[Problem]:
    sizes = [item.storage_bytes or 0 for item in view.objects.claims if item.namespace == quota.namespace]
    for workload in view.objects.workloads:
        if workload.namespace == quota.namespace:
            count = view.replicas(workload)[1]
            sizes += [item.storage_bytes or 0 for item in workload.claim_templates for _ in range(count)]
    needed, unit = (len(sizes), "") if name == "persistentvolumeclaims" else (sum(sizes), "memory")
    if needed > hard.value:
        message = f"quota/{quota.name} allows {name} {hard}, but the claims need {_shown(unit, needed)}"
        hint = f"raise {name} to {_shown(unit, needed)}"
        yield finding("quota-too-small", message, quota.location, f"quota/{quota.name}.hard.{name}", hint)


def _in_scope(quota: ResourceQuota, workload: Workload) -> bool:
    """Tell whether a quota counts a workload's pods (``pkg/quota/v1/evaluator/core/pods.go``)."""
    if workload.namespace != quota.namespace:
        return False
    best_effort = all(
        amounts(item, resource) in ((None, None), (0, None))
        for item in workload.template.containers
        for resource in ("cpu", "memory")
    )
    verdicts = {"BestEffort": best_effort, "NotBestEffort": not best_effort, "Terminating": False}
    if not all(verdicts.get(scope, True) for scope in quota.scopes):
        return False
    return all(_matches_scope(item, workload, verdicts) for item in quota.scope_selector.get("matchExpressions") or ())


def _matches_scope(item: Any, workload: Workload, verdicts: dict[str, bool]) -> bool:
    if item.get("scopeName") != "PriorityClass":
        return verdicts.get(str(item.get("scopeName")), True)
    name, values = workload.template.priority_class, item.get("values") or ()
    matching = {"In": name in values, "NotIn": name not in values, "Exists": bool(name), "DoesNotExist": not name}
    return matching.get(str(item.get("operator")), True)
