"""Admission: whether the API server lets one more pod in, and when its controller asks again."""

from __future__ import annotations

from collections import Counter

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.shapes import PodShape
from fvcapacity.control.state import CreateBackOff, WorkloadRecord
from fvcapacity.decisions.admission import quota
from fvcapacity.decisions.admission.limit_range import validate
from fvcapacity.decisions.pod_spec import ZERO, PodSpec
from fvcapacity.decisions.work_queue import retry_delay
from fvcapacity.units import Quantity


def admit_pod(cluster: Cluster, workload: WorkloadRecord, shape: PodShape) -> str:
    """Return why the API server refuses one more pod of a workload, of this shape; "" when it lets it in.

    LimitRanges are asked before ResourceQuotas. A quota counts every pod of its namespace that is not gone, those
    being deleted included. Usage of CPU and memory, and the number of pods, are what the model knows of.
    """
    namespace, pod = workload.spec.namespace, shape.spec
    neighbours = [item for item in cluster.state.workloads.values() if item.spec.namespace == namespace]
    present = (pod.shape for item in neighbours for pod in item.pods.values())
    if cluster.quotas.has_room(namespace, shape, present, sum(item.failed for item in neighbours)):
        return ""
    ranges = cluster.quotas.ranges(namespace)
    if broken := tuple(dict.fromkeys(violation.message for violation in validate(pod, ranges))):
        return broken[0] if len(broken) == 1 else f"[{', '.join(broken)}]"
    quotas = cluster.quotas.quotas(namespace)
    _, refusal = quota.admit(pod, quotas, {item.name: _used(cluster, namespace, item) for item in quotas})
    return refusal


def keep_trying(cluster: Cluster, workload: WorkloadRecord, owner: str) -> None:
    """Let the controller that was refused a pod come back after its back-off.

    Its own pods' end brings it back earlier. That other workloads make room does not, as in Kubernetes: nobody tells
    it. Several refusals in one sync count once.
    """
    key = f"{workload.key}@{owner}"
    known = cluster.state.create_backoffs.get(key)
    if known is not None and known.refused_ns == cluster.now:
        return
    failures = 0 if known is None else known.failures
    delay, _ = retry_delay(failures)
    cluster.state.create_backoffs[key] = CreateBackOff(failures + 1, cluster.now)
    planned = cluster.state.queue.get(("create-retry", key))
    if planned is None or planned > cluster.now + delay:
        cluster.enqueue("create-retry", key, delay)


def retry_create(cluster: Cluster, key: str) -> None:
    """Sync a controller again; when nothing was refused this time, its failures are forgotten."""
    workload = cluster.state.workloads[key.partition("@")[0]]
    cluster.sync(workload.spec.kind.lower(), workload.key)
    if cluster.state.create_backoffs[key].refused_ns != cluster.now:
        del cluster.state.create_backoffs[key]


def _used(cluster: Cluster, namespace: str, spec: quota.QuotaSpec) -> dict[str, Quantity]:
    """Return what the pods of a namespace use of a quota (``status.used``)."""
    used = dict.fromkeys(spec.hard, ZERO)
    for workload in cluster.state.workloads.values():
        if workload.spec.namespace != namespace:
            continue
        # During a roll-out a workload has pods of several shapes.
        shapes = {id(pod.shape): pod.shape.spec for pod in workload.pods.values()}
        counts = Counter(id(pod.shape) for pod in workload.pods.values())
        for shape, count in counts.items():
            _count(used, spec, shapes[shape], quota.usage(shapes[shape]), count)
        _count(used, spec, workload.shape.spec, quota.terminal_usage(), workload.failed)
    return used


def _count(
    used: dict[str, Quantity], spec: quota.QuotaSpec, pod: PodSpec, each: dict[str, Quantity], count: int
) -> None:
    if quota.matches(spec, pod)[0]:
        for name in spec.hard.keys() & each.keys():
            used[name] += each[name] * count
