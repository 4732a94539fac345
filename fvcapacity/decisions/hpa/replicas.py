"""From one metric to a replica count (``replica_calculator.go``), in the controller's own integers and doubles."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from fvcapacity.decisions.hpa.metrics import (
    HpaPod,
    MetricReading,
    MetricSpec,
    PodGroups,
    PodList,
    ReadinessRule,
    Tolerance,
    every_cpu_counts,
    group_pods,
)

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1


class ReplicaProposal(NamedTuple):
    """What one metric asks for, or why it cannot say.

    ``error`` is None or one of metrics_unavailable, no_pods, no_metrics_for_targeted_pods, missing_request,
    container_not_found, no_metrics_matched_known_pods, invalid_metric.
    """

    replicas: int = 0
    current_value_milli: int = 0
    utilization_percent: int | None = None
    error: str | None = None


class Evaluation(NamedTuple):
    """The circumstances of one evaluation, the same for every metric of a sync."""

    now_ns: int
    pods: PodList
    current_replicas: int
    """``spec.replicas`` of the target."""
    status_replicas: int
    tolerance: Tolerance
    readiness: ReadinessRule


def propose(spec: MetricSpec, reading: MetricReading, at: Evaluation) -> ReplicaProposal:
    """Return the replica count that one metric asks for."""
    if spec.type in ("Resource", "ContainerResource"):
        if spec.utilization_percent is not None:
            return resource_utilization(spec, reading, at)
        if spec.average_value_milli is not None:
            return average_value(spec.average_value_milli, spec.name, reading, at)
    elif spec.type == "Pods" and spec.average_value_milli is not None:
        return average_value(spec.average_value_milli, "", reading, at)
    elif spec.type in ("Object", "External"):
        if spec.value_milli is not None:
            return total_value(spec.value_milli, reading, at)
        if spec.average_value_milli is not None:
            return total_average_value(spec.average_value_milli, reading, at)
    return ReplicaProposal(error="invalid_metric")


def resource_utilization(spec: MetricSpec, reading: MetricReading, at: Evaluation) -> ReplicaProposal:
    """Return the count that brings usage to a percentage of the requests."""
    target = spec.utilization_percent or 0
    usage = _plain_usage(spec.name, reading, at)
    if usage is not None:
        requested = _requested(at.pods, spec.name, spec.container)
        if requested:
            percent, ready = _trunc_div(usage * 100, requested), len(at.pods)
            return ReplicaProposal(_plain_count(percent / target, ready, at), _trunc_div(usage, ready), percent)
    groups, metrics, error = _usable(spec.name, reading, at)
    if error:
        return ReplicaProposal(error=error)
    requests, error = pod_requests(at.pods, spec.name, spec.container)
    if error:
        return ReplicaProposal(error=error)
    utilization = _utilization(metrics, requests)
    if utilization is None:
        return ReplicaProposal(error="no_metrics_matched_known_pods")
    known = [value for name, value in metrics.items() if name in requests]
    fill = max(100, target)

    def ratio_of(values: Mapping[str, int]) -> float:
        return (_utilization(values, requests) or 0) / target

    replicas = _rebalanced(
        utilization / target, ratio_of, metrics, groups, at, lambda name: requests[name] * fill // 100
    )
    return ReplicaProposal(replicas, _trunc_div(sum(known), len(known)), utilization)


def average_value(target: int, resource: str, reading: MetricReading, at: Evaluation) -> ReplicaProposal:
    """Return the count that brings the mean value of a pod to the target (resources and Pods metrics)."""
    usage = _plain_usage(resource, reading, at)
    if usage is not None:
        average = _trunc_div(usage, len(at.pods))
        return ReplicaProposal(_plain_count(average / target, len(at.pods), at), average)
    groups, metrics, error = _usable(resource, reading, at)
    if error:
        return ReplicaProposal(error=error)
    average = _trunc_div(sum(metrics.values()), len(metrics))

    def ratio_of(values: Mapping[str, int]) -> float:
        return _trunc_div(sum(values.values()), len(values)) / target

    replicas = _rebalanced(average / target, ratio_of, metrics, groups, at, lambda _: target)
    return ReplicaProposal(replicas, average)


def total_value(target: int, reading: MetricReading, at: Evaluation) -> ReplicaProposal:
    """Return the count for an Object or External metric with a ``value`` target."""
    if reading.values is None:
        return ReplicaProposal(error="metrics_unavailable")
    usage = min(INT64_MAX, sum(reading.values))
    ratio = float(usage) / float(target)
    if at.current_replicas == 0:
        return ReplicaProposal(_ceil_int32(ratio), usage)
    if at.tolerance.within(ratio):
        return ReplicaProposal(at.current_replicas, usage)
    if not at.pods:
        return ReplicaProposal(error="no_pods")
    ready = sum(1 for pod in at.pods if pod.phase == "Running" and pod.ready == "True")
    return ReplicaProposal(_ceil_int32(ratio * ready), usage)


def total_average_value(target: int, reading: MetricReading, at: Evaluation) -> ReplicaProposal:
    """Return the count for an Object or External metric with an ``averageValue`` target."""
    if reading.values is None:
        return ReplicaProposal(error="metrics_unavailable")
    usage, replicas = min(INT64_MAX, sum(reading.values)), at.status_replicas
    within = replicas > 0 and at.tolerance.within(float(usage) / (float(target) * replicas))
    wanted = replicas if within else _ceil_int32(float(usage) / float(target))
    if replicas == 0:
        return ReplicaProposal(wanted, 0)
    average = INT64_MAX if usage == INT64_MAX else math.ceil(float(usage) / replicas)
    return ReplicaProposal(wanted, average)


def pod_requests(pods: Sequence[HpaPod], resource: str, container: str) -> tuple[dict[str, int], str | None]:
    """Return the request of every pod, or the reason why there is none for all of them."""
    requests: dict[str, int] = {}
    for pod in pods:
        if container and container not in pod.requests:
            return {}, "container_not_found"
        total = 0
        for given in (pod.requests[container],) if container else pod.requests.values():
            request = given.get(resource)
            if request is None:
                return {}, "missing_request"
            total += request
        requests[pod.name] = total
    return requests, None


def _plain_usage(resource: str, reading: MetricReading, at: Evaluation) -> int | None:
    """Return what all pods use together when each of them counts as ready and there is no value of any other.

    It is so in nearly every sync: then nothing is ignored, missing or filled in, and no groups need be made.
    """
    values, pods = reading.pods, at.pods
    if not values or not pods.all_running or values.keys() != pods.names:
        return None
    if resource == "cpu" and not every_cpu_counts(pods, reading.sampled, at.readiness, at.now_ns):
        return None
    return sum(values.values())


def _requested(pods: PodList, resource: str, container: str) -> int | None:
    """Return what all pods request together, or None when some pod does not say."""
    asked = resource, container
    if asked not in pods.requested:
        requests, error = pod_requests(pods, resource, container)
        pods.requested[asked] = None if error else sum(requests.values())
    return pods.requested[asked]


def _plain_count(ratio: float, ready: int, at: Evaluation) -> int:
    return at.current_replicas if at.tolerance.within(ratio) else math.ceil(ratio * ready)


def _usable(resource: str, reading: MetricReading, at: Evaluation) -> tuple[PodGroups, dict[str, int], str | None]:
    """Return the groups, the values that count, and an error code or None."""
    if reading.pods is None:
        return PodGroups(), {}, "metrics_unavailable"
    if not at.pods:
        return PodGroups(), {}, "no_pods"
    groups = group_pods(at.pods, reading.sampled, resource, at.readiness, at.now_ns)
    metrics = dict(reading.pods)
    for name in (*groups.ignored, *groups.unready):
        metrics.pop(name, None)
    return groups, metrics, None if metrics else "no_metrics_for_targeted_pods"


def _utilization(metrics: Mapping[str, int], requests: Mapping[str, int]) -> int | None:
    usage = total = 0
    for name, value in metrics.items():
        request = requests.get(name)
        if request is not None:
            usage += value
            total += request
    return _trunc_div(usage * 100, total) if total else None


def _rebalanced(
    ratio: float,
    ratio_of: Callable[[Mapping[str, int]], float],
    metrics: dict[str, int],
    groups: PodGroups,
    at: Evaluation,
    assumed_use: Callable[[str], int],
) -> int:
    """Return the count after pods without a trustworthy metric were filled in, dampening both directions."""
    current, tolerance = at.current_replicas, at.tolerance
    up_with_unready = bool(groups.unready) and ratio > 1.0
    if not up_with_unready and not groups.missing:
        return _plain_count(ratio, groups.ready_count, at)
    filled = dict(metrics)
    if ratio < 1.0:
        filled.update((name, assumed_use(name)) for name in groups.missing)
    elif ratio > 1.0:
        filled.update((name, 0) for name in groups.missing)
    if up_with_unready:
        filled.update((name, 0) for name in groups.unready)
    again = ratio_of(filled)
    if tolerance.within(again) or (ratio < 1.0 < again) or (again < 1.0 < ratio):
        return current
    wanted = math.ceil(again * len(filled))
    if (again < 1.0 and wanted > current) or (again > 1.0 and wanted < current):
        return current
    return wanted


def _trunc_div(a: int, b: int) -> int:
    """Divide as Go does: towards zero."""
    return a // b if a >= 0 else -(-a // b)


def _ceil_int32(x: float) -> int:
    return INT32_MAX if x >= INT32_MAX else math.ceil(x)
