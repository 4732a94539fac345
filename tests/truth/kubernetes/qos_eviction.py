"""QoS classes, OOM scores, cgroup values and the order of eviction under memory pressure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fvcapacity.decisions.eviction import EvictionCandidate, memory_eviction_order
from fvcapacity.decisions.pod_spec import ZERO, declares_limit, pod_limits, pod_requests, with_api_defaults
from fvcapacity.decisions.qos import oom_score_adj, qos_class
from fvcapacity.semantics.cfs_quota import PERIOD_NS, quota_for_period, quota_of
from fvcapacity.semantics.cgroup import pod_cgroup
from fvcapacity.semantics.cpu import shares
from tests.truth.kubernetes.pods import pod_of
from tests.truth.vectors import Json, only


def answer(case: Json) -> dict[str, Any]:
    return _OPERATIONS[case["input"]["op"]](case["input"])


def _qos(given: Json) -> dict[str, Any]:
    only(given, {"op", "pod", "memory_capacity"})
    pod = pod_of(given["pod"])
    return {
        "qos": qos_class(pod)[0],
        "qos_after_api_defaulting": qos_class(with_api_defaults(pod))[0],
        "oom_score_adj": {item.name: oom_score_adj(pod, item, given["memory_capacity"]) for item in pod.apps},
    }


def _shares(given: Json) -> dict[str, Any]:
    only(given, {"op", "milli_cpu"})
    return {"shares": shares(given["milli_cpu"])}


def _quota(given: Json) -> dict[str, Any]:
    only(given, {"op", "milli_cpu", "period_us", "custom_period"})
    milli, period_ns = given["milli_cpu"], given["period_us"] * 1000
    ns = quota_for_period(milli, period_ns) if given["custom_period"] else quota_of(milli)
    assert given["custom_period"] or quota_for_period(milli, PERIOD_NS) == ns
    return {"quota_us": ns // 1000 if ns % 1000 == 0 else ns / 1000}


def _pod_cgroup(given: Json) -> dict[str, Any]:
    only(given, {"op", "pod", "enforce_cpu_limits", "period_us"})
    pod = pod_of(given["pod"])
    quality, limits = qos_class(pod)[0], pod_limits(pod)
    values = pod_cgroup(
        quality,
        pod_requests(pod).get("cpu", ZERO).milli_value,
        limits["cpu"].milli_value if declares_limit(pod, "cpu") else None,
        limits["memory"].value if declares_limit(pod, "memory") else None,
        enforce_cpu_limits=given["enforce_cpu_limits"],
        period_us=given["period_us"],
    )
    return {
        "qos": quality,
        "cpu_shares": values.cpu_shares,
        "cpu_quota_us": values.cpu_quota_us,
        "cpu_period_us": values.cpu_period_us,
        "memory_limit": values.memory_limit_bytes,
    }


def _memory_eviction_order(given: Json) -> dict[str, Any]:
    only(given, {"op", "pods"})
    pods = []
    for row in given["pods"]:
        only(row, {"name", "priority", "pod", "memory_usage"})
        pods.append(
            EvictionCandidate(
                name=row["name"],
                priority=row["priority"] or 0,
                memory_request_bytes=pod_requests(pod_of(row["pod"])).get("memory", ZERO).value,
                memory_usage_bytes=row["memory_usage"],
            )
        )
    return {"order": [name for name, _ in memory_eviction_order(pods)]}


_OPERATIONS: dict[str, Callable[[Json], dict[str, Any]]] = {
    "qos": _qos,
    "shares": _shares,
    "quota": _quota,
    "pod_cgroup": _pod_cgroup,
    "memory_eviction_order": _memory_eviction_order,
}
