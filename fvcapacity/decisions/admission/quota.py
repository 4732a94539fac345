"""ResourceQuota: what a pod counts for, whom a quota is about, and which pods it refuses.

Sources: ``pkg/quota/v1/evaluator/core/pods.go`` (usage, scopes, constraints) and ``CheckRequest`` of
``apiserver/pkg/admission/plugin/resourcequota/controller.go`` (Kubernetes 1.28).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from fvcapacity.decisions.pod_spec import ZERO, Amounts, PodSpec, pod_limits, pod_requests
from fvcapacity.decisions.qos import qos_class
from fvcapacity.frozen import Frozen
from fvcapacity.units import Quantity

_ONE = Quantity(Fraction(1))
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"
_POD_RESOURCES = frozenset(
    {"pods", "count/pods", *(f"{prefix}{name}" for prefix in ("", "requests.", "limits.") for name in _COMPUTE)}
)
_CONSTRAINED = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""What every container has to name when a quota counts it."""


class ScopeRule(Frozen):
    """One requirement of a quota's scope selector; a plain scope is one with the operator Exists."""

    scope: str
    operator: str = "Exists"
    values: tuple[str, ...] = ()


class QuotaSpec(Frozen, kw_only=True):
    """A ResourceQuota: its bounds, and the scopes that all have to match."""

    name: str
    hard: Amounts
    scopes: tuple[ScopeRule, ...] = ()


def usage(pod: PodSpec) -> dict[str, Quantity]:
    """Return what a pod that still runs (or waits) counts for, by the names that quotas use."""
    counted = {"count/pods": _ONE, "pods": _ONE}
    return counted | _resource_usage(pod_requests(pod), pod_limits(pod))


def terminal_usage() -> dict[str, Quantity]:
    """Return what a pod counts for that is done, failed, or deleted for longer than its grace period."""
    return {"count/pods": _ONE}


def still_counts(
    phase: str, deletion_timestamp_ns: int | None, deletion_grace_s: int | None, now_ns: int
) -> tuple[bool, str]:
    """Tell whether a pod counts with all that it requests, and why not."""
    if phase in ("Succeeded", "Failed"):
        return False, phase
    if deletion_timestamp_ns is None or deletion_grace_s is None:
        return True, "Running"
    if now_ns > deletion_timestamp_ns + deletion_grace_s * 10**9:
        return False, "DeletedLongAgo"
    return True, "Terminating"


def missing(pod: PodSpec, resources: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return which containers do not name what a quota counts of CPU and memory: every one of them has to."""
    names = set(resources)
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(names.intersection(_CONSTRAINED)):
        lacking = {one.name for one in pod.containers if name not in _resource_usage(one.requests, one.limits)}
        if lacking:
            found[name] = tuple(sorted(lacking))
    return found


def constraint_error(pod: PodSpec, resources: Iterable[str]) -> str:
    """Return what containers have to name and do not, as the API server words it ("" when nothing)."""
    parts = [f"{name} for: {','.join(containers)}" for name, containers in missing(pod, resources).items()]
    return f"must specify {'; '.join(parts)}" if parts else ""


def matches(quota: QuotaSpec, pod: PodSpec) -> tuple[bool, str]:
    """Tell whether a quota counts a pod, and why not."""
    if not any(counts_pods(name) for name in quota.hard):
        return False, "no pod resource in hard"
    for rule in quota.scopes:
        if not _in_scope(rule, pod):
            return False, f"scope {rule.scope}"
    return True, ""


def counts_pods(resource: str) -> bool:
    """Tell whether a name in a quota's ``hard`` is one that pods count for."""
    plain = resource.removeprefix("requests.")
    return resource in _POD_RESOURCES or plain.startswith(_HUGE_PAGES) or (resource != plain and _is_extended(plain))


def admit(pod: PodSpec, quotas: Sequence[QuotaSpec], used: Mapping[str, Amounts]) -> tuple[bool, str]:
    """Tell whether a pod may be created, and if not, what the API server says.

    All quotas that count the pod must let it in; the first that does not is named, with the resources that are
    exceeded.

    Parameters
    ----------
    pod
        As it would be created.
    quotas
        Those of its namespace.
    used
        By name of the quota, what the pods that exist use of it.
    """
    matching = [quota for quota in quotas if matches(quota, pod)[0]]
    for quota in matching:
        if error := constraint_error(pod, quota.hard):
            return False, f"failed quota: {quota.name}: {error}"
    asked = usage(pod)
    for quota in matching:
        requested = {name: asked[name] for name in quota.hard if name in asked and asked[name].sign}
        before = {name: used[quota.name].get(name, ZERO) for name in requested}
        exceeded = [name for name in requested if quota.hard[name] < before[name] + requested[name]]
        if exceeded:
            return False, (
                f"exceeded quota: {quota.name}, requested: {_listed(requested, exceeded)}, "
                f"used: {_listed(before, exceeded)}, limited: {_listed(quota.hard, exceeded)}"
            )
    return True, ""


def _listed(amounts: Amounts, names: Iterable[str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in sorted(names))


def _resource_usage(requests: Amounts, limits: Amounts) -> dict[str, Quantity]:
    counted: dict[str, Quantity] = {}
    for name, amount in requests.items():
        if name in _COMPUTE or name.startswith(_HUGE_PAGES):
            counted[name] = counted[f"requests.{name}"] = amount
        elif _is_extended(name):
            counted[f"requests.{name}"] = amount
    for name in _COMPUTE:
        if name in limits:
            counted[f"limits.{name}"] = limits[name]
    return counted


def _is_extended(name: str) -> bool:
    """Tell whether a resource is one of a vendor's, such as ``nvidia.com/gpu``."""
    return "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")


def _in_scope(rule: ScopeRule, pod: PodSpec) -> bool:
    if rule.scope == "PriorityClass":
        return _of_class(rule, pod.priority_class)
    best_effort = qos_class(pod)[0] == "BestEffort"
    terminating = pod.active_deadline_s is not None and pod.active_deadline_s >= 0
    verdicts: Mapping[str, bool] = {
        "BestEffort": best_effort,
        "NotBestEffort": not best_effort,
        "Terminating": terminating,
        "NotTerminating": not terminating,
        "CrossNamespacePodAffinity": pod.cross_namespace_affinity,
    }
    return verdicts.get(rule.scope, False)


def _of_class(rule: ScopeRule, name: str) -> bool:
    verdicts: Mapping[str, bool] = {
        "Exists": name != "",
        "DoesNotExist": name == "",
        "In": name in rule.values and name != "",
        "NotIn": name not in rule.values or name == "",
    }
    return verdicts.get(rule.operator, False)
