"""Rules about ResourceQuotas: they must hold every HPA at its maximum, and a roll-out on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fvcapacity.decisions.admission.quota import counts_pods, matches, missing, usage
from fvcapacity.decisions.disruption import scaled
from fvcapacity.decisions.pod_spec import ZERO
from fvcapacity.errors import Problem
from fvcapacity.scenario.admission import pod_spec, quota_spec
from fvcapacity.scenario.cluster import ResourceQuota, Workload
from fvcapacity.scenario.findings.rules import finding
from fvcapacity.scenario.findings.view import View
from fvcapacity.units import Quantity


def check_quotas(view: View) -> Iterator[Problem]:
    """Yield findings about every ResourceQuota."""
    for quota in view.objects.quotas:
        spec = quota_spec(quota)
        inside = [item for item in view.objects.workloads if item.namespace == quota.namespace]
        pods = {item.key: pod_spec(item.template) for item in inside}
        workloads = [item for item in inside if matches(spec, pods[item.key])[0]]
        for name, hard in spec.hard.items():
            if counts_pods(name):
                yield from _needs_resources(quota, name, workloads)
                amounts = {item.key: usage(pods[item.key]).get(name, ZERO) for item in workloads}
                yield from _pods(view, quota, name, hard, amounts, workloads)
            elif name in ("requests.storage", "persistentvolumeclaims"):
                yield from _storage(view, quota, name, hard)


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
    amounts: Mapping[str, Quantity],
    workloads: list[Workload],
) -> Iterator[Problem]:
    unit = name.rpartition(".")[2]
    each = {key: amount.milli_value if unit == "cpu" else amount.value for key, amount in amounts.items()}
    bound = hard.milli_value if unit == "cpu" else hard.value
    counts = {item.key: view.replicas(item)[1] for item in workloads}
    steady = {item.key: counts[item.key] * each[item.key] for item in workloads}
    extra = {item.key: surge(item, counts[item.key]) * each[item.key] for item in workloads}
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
        return str(Quantity.of_milli(amount))
    return str(Quantity.of_bytes(amount)) if unit == "memory" else str(amount)


def _needs_resources(quota: ResourceQuota, name: str, workloads: list[Workload]) -> Iterator[Problem]:
    """Yield the containers that a quota refuses because they do not name its resource."""
    resource, word = name.rpartition(".")[2], "limit" if name.startswith("limits.") else "request"
    for workload in workloads:
        lacking = missing(pod_spec(workload.template), [name]).get(name, ())
        if lacking:
            message = f"{', '.join(lacking)} of {workload.key} has no {resource} {word}: "
            message += f"quota/{quota.name} refuses the pods"
            hint = f"add resources.{word}s.{resource}, or a LimitRange with a default"
            place = next(item.location for item in workload.template.containers if item.name in lacking)
            yield finding("quota-needs-resources", message, place, f"{workload.key}.{word}s.{resource}", hint)


def _storage(view: View, quota: ResourceQuota, name: str, hard: Quantity) -> Iterator[Problem]:
    sizes = [item.storage_bytes or 0 for item in view.objects.claims if item.namespace == quota.namespace]
    for workload in view.objects.workloads:
        if workload.namespace == quota.namespace:
            count = view.replicas(workload)[1]
            sizes += [item.storage_bytes or 0 for item in workload.claim_templates for _ in range(count)]
    needed, unit = (len(sizes), "pods") if name == "persistentvolumeclaims" else (sum(sizes), "memory")
    if needed > hard.value:
        message = f"quota/{quota.name} allows {name} {hard}, but the claims need {_shown(unit, needed)}"
        hint = f"raise {name} to {_shown(unit, needed)}"
        yield finding("quota-too-small", message, quota.location, f"quota/{quota.name}.hard.{name}", hint)
