"""The horizontal pod autoscaler controller: every sync period it reads the metrics of each HPA and scales.

All HPAs sync in one tick, half a period after metrics-server scrapes (their real phases depend on when each was
created); a decision therefore sees metrics that are half a resolution old, the average of what a cluster sees.
"""

from __future__ import annotations

from fvcapacity.control.clock import At, Rank
from fvcapacity.control.cluster import Cluster, Process
from fvcapacity.control.custom_metrics import WINDOW_NS, gauge_milli
from fvcapacity.control.deployment import scale
from fvcapacity.control.history import HpaSample
from fvcapacity.control.metrics_server import container_usage
from fvcapacity.control.state import HpaRecord, PodRecord, WorkloadRecord
from fvcapacity.decisions.hpa import (
    HpaPod,
    HpaSpec,
    MetricReading,
    MetricSpec,
    Observed,
    PodList,
    Policy,
    Rules,
    Sampling,
    SyncResult,
    default_behavior,
    reconcile,
)
from fvcapacity.scenario.cluster import HorizontalPodAutoscaler, ScalingRules

MINUTE_NS = 60 * 10**9
_RESOURCES = ("cpu", "memory")
"""In the order in which metrics-server tells of them."""


def horizontal_pod_autoscaler(cluster: Cluster) -> Process:
    """Sync every HPA, one after the other."""
    periodic = cluster.state.periodic
    while True:
        yield At(cluster.env, periodic["hpa"], Rank.HPA)
        for record in cluster.state.hpas.values():
            sync_hpa(cluster, record)
        periodic["hpa"] = cluster.now + cluster.timings.hpa_sync


def sync_hpa(cluster: Cluster, record: HpaRecord) -> None:
    """Read, decide, scale, and say what changed."""
    workload = cluster.state.workloads.get(record.target)
    if workload is None:
        _report(cluster, record, ("FailedGetScale",), f"{record.target} not found")
        return
    now, pods = cluster.now, selected_pods(workload)
    seen = Observed(
        now_ns=now,
        spec_replicas=workload.desired,
        status_replicas=pods.staying,
        pods=pods,
        readings=tuple([_reading(cluster, workload, metric) for metric in record.spec.metrics]),
    )
    result = reconcile(record.spec, record.state, seen)
    record.state = result.state
    if result.failed or record.reported:
        _report_failure(cluster, record, result)
    if result.scaled:
        message = f"New size: {result.replicas}; reason: {_why(record.spec, result, seen.spec_replicas)}"
        cluster.event("Normal", "SuccessfulRescale", record.key, message, record.target)
        scale(cluster, workload, result.replicas)
    if result.scaled or now // MINUTE_NS != record.sampled_minute:
        _sample(cluster, record, result, seen.spec_replicas)


def selected_pods(workload: WorkloadRecord) -> PodList:
    """Return the pods that the scale subresource selects: of all versions, in a blue/green roll-out of the active one.

    A canary therefore counts, although it is not part of the wanted size: with a new version beside the old one the
    controller asks for a little more (``HPAReplicas`` and the selector in Argo's ``canary.go`` and ``bluegreen.go``).
    """
    rollout = workload.rollout
    if rollout is not None and rollout.strategy == "blue-green":
        return PodList(_hpa_pod(pod) for pod in workload.pods.values() if pod.revision == rollout.active)
    if workload.seen is None:
        workload.seen = PodList(_hpa_pod(pod) for pod in workload.pods.values())
    return workload.seen


def hpa_record(hpa: HorizontalPodAutoscaler) -> HpaRecord:
    """Return the record of an HPA as the manifests say it."""
    metrics = tuple(
        MetricSpec(m.type, m.name, m.container, m.utilization_percent, m.average_value_milli, m.value_milli)
        for m in hpa.metrics
    )
    behavior = default_behavior(_rules(hpa.scale_up), _rules(hpa.scale_down)) if hpa.has_behavior else None
    spec = HpaSpec(hpa.min_replicas, hpa.max_replicas, metrics, behavior)
    target = f"{hpa.target_kind.lower()}/{hpa.target_name}"
    return HpaRecord(f"hpa/{hpa.name}", target, spec, tuple(_metric_name(m) for m in metrics))


def _rules(rules: ScalingRules | None) -> Rules | None:
    if rules is None:
        return None
    policies = rules.policies
    return Rules(
        rules.stabilization_window_s,
        rules.select_policy,
        None if policies is None else tuple(Policy(p.type, p.value, p.period_s) for p in policies),
        rules.tolerance,
    )


def _metric_name(metric: MetricSpec) -> str:
    if metric.type == "Resource":
        return metric.name
    if metric.type == "ContainerResource":
        return f"{metric.container}/{metric.name}"
    return f"{metric.type.lower()}/{metric.name}"


def _hpa_pod(pod: PodRecord) -> HpaPod:
    return HpaPod(
        pod.name,
        pod.phase,
        "True" if pod.ready else "False",
        pod.ready_since_ns,
        pod.start_ns,
        pod.deleting,
        pod.shape.requests,
    )


def _reading(cluster: Cluster, workload: WorkloadRecord, metric: MetricSpec) -> MetricReading:
    if metric.type in ("Resource", "ContainerResource"):
        found = _resource_usage(workload, metric)
        return MetricReading(found, dict.fromkeys(found, cluster.state.last_scrape)) if found else MetricReading()
    gauge = gauge_milli(cluster, metric.name)
    if gauge is None:
        return MetricReading()
    total, scraped = gauge
    if metric.type != "Pods":
        return MetricReading(values=(total,))
    exporting = [pod.name for pod in workload.pods.values() if pod.container_running]
    if not exporting:
        return MetricReading()
    each = dict.fromkeys(exporting, round(total / len(exporting)))
    return MetricReading(each, dict.fromkeys(exporting, Sampling(scraped, WINDOW_NS)))


def _resource_usage(workload: WorkloadRecord, metric: MetricSpec) -> dict[str, int]:
    """Return the pods' usage in thousandths; none at all, or a pod without the container, is an error of the API."""
    if metric.name not in _RESOURCES:
        return {}
    which, pods = _RESOURCES.index(metric.name), workload.pods.values()
    if metric.type == "Resource":
        return {pod.name: pod.usage[which] for pod in pods if pod.usage is not None}
    used = {pod.name: container_usage(pod) for pod in pods if pod.usage is not None}
    if not all(metric.container in containers for containers in used.values()):
        return {}
    return {name: containers[metric.container][which] for name, containers in used.items()}


def _why(spec: HpaSpec, result: SyncResult, before: int) -> str:
    """Word the reason of a rescale as the controller does."""
    if result.proposal is None:
        if result.replicas == spec.maximum:
            return "Current number of replicas above Spec.MaxReplicas"
        return "Current number of replicas below Spec.MinReplicas"
    if result.replicas < before:
        return "All metrics below target"
    metric = spec.metrics[result.leading or 0]
    named = {
        "Resource": f"{metric.name} resource",
        "ContainerResource": f"{metric.name} container resource",
        "Pods": f"pods metric {metric.name}",
        "Object": f"object metric {metric.name}",
        "External": f"external metric {metric.name}",
    }.get(metric.type, metric.name)
    utilization = " utilization (percentage of request)" if metric.utilization_percent is not None else ""
    return f"{named}{utilization} above target"


def _report_failure(cluster: Cluster, record: HpaRecord, result: SyncResult) -> None:
    """Emit a Warning when the set of failing metrics changes (Kubernetes folds repetitions into one event)."""
    failing = tuple(
        f"{name}: {answer.error}"
        for name, answer in zip(record.metric_names, result.metrics, strict=False)
        if answer.error
    )
    if failing == record.reported:
        return
    record.reported = failing
    if failing:
        reason = result.state.conditions["ScalingActive"][1]
        if reason == "ValidMetricFound":
            reason = "FailedComputeMetricsReplicas"
        message = "; ".join(text.replace("_", " ") for text in failing)
        cluster.event("Warning", reason, record.key, f"failed to get metrics: {message}", record.target)


def _report(cluster: Cluster, record: HpaRecord, failing: tuple[str, ...], message: str) -> None:
    if failing != record.reported:
        record.reported = failing
        cluster.event("Warning", failing[0], record.key, message, record.target)


def _sample(cluster: Cluster, record: HpaRecord, result: SyncResult, before: int) -> None:
    """Keep a sync: those that changed something, and the first one of every minute."""
    record.sampled_minute = cluster.now // MINUTE_NS
    values: list[tuple[str, float | None]] = []
    for name, answer in zip(record.metric_names, result.metrics, strict=False):
        if answer.error:
            values.append((name, None))
        elif answer.utilization_percent is not None:
            values.append((name, float(answer.utilization_percent)))
        else:
            values.append((name, answer.current_value_milli / 1000))
    conditions = result.state.conditions
    reasons = [conditions[c][1] for c in ("AbleToScale", "ScalingActive", "ScalingLimited") if c in conditions]
    cluster.history.hpas.append(
        HpaSample(
            time_ns=cluster.now,
            hpa=record.key,
            current=before,
            desired=result.replicas,
            minimum=record.spec.minimum,
            reasons=tuple(reasons),
            metrics=tuple(values),
        )
    )
