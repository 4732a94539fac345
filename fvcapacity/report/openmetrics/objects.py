"""What kube-state-metrics (v2) exposes of pods, workloads, HPAs and nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.report.openmetrics.pods import Pod
from fvcapacity.report.openmetrics.series import Collected, Family, Floats, Ints

_JOB = {"job": "kube-state-metrics"}


def _gauge(name: str, words: str) -> Family:
    return Family(name, "gauge", words)


POD_INFO = _gauge("kube_pod_info", "A pod and the node that it runs on.")
POD_OWNER = _gauge("kube_pod_owner", "Who owns a pod.")
REPLICASET_OWNER = _gauge("kube_replicaset_owner", "Who owns a ReplicaSet.")
PHASE = _gauge("kube_pod_status_phase", "Phase of a pod.")
READY = _gauge("kube_pod_status_ready", "Whether a pod is ready.")
REQUESTED = _gauge("kube_pod_container_resource_requests", "Requests of a container.")
LIMITED = _gauge("kube_pod_container_resource_limits", "Limits of a container.")
RESTARTS = Family("kube_pod_container_status_restarts", "counter", "Restarts of a container.")
REASON = _gauge("kube_pod_container_status_last_terminated_reason", "Why a container ended last.")

_REPLICAS = {
    "deployment": {
        "kube_deployment_spec_replicas": "desired",
        "kube_deployment_status_replicas": "current",
        "kube_deployment_status_replicas_ready": "ready",
        "kube_deployment_status_replicas_available": "ready",
        "kube_deployment_status_replicas_updated": "updated",
        "kube_deployment_status_replicas_unavailable": "unready",
    },
    "statefulset": {
        "kube_statefulset_replicas": "desired",
        "kube_statefulset_status_replicas": "current",
        "kube_statefulset_status_replicas_ready": "ready",
    },
    "daemonset": {
        "kube_daemonset_status_desired_number_scheduled": "desired",
        "kube_daemonset_status_current_number_scheduled": "current",
        "kube_daemonset_status_number_ready": "ready",
    },
}
_RESOURCES = (
    ("cpu", "core", "cpu_request_cores", "cpu_limit_cores"),
    ("memory", "byte", "memory_request_bytes", "memory_limit_bytes"),
)


def add_pod(collected: Collected, pod: Pod, containers: pd.DataFrame, namespace: str) -> None:
    """Add the series of one pod."""
    times = pod.times_ms
    ones = np.ones(len(times), np.int64)
    who = {"namespace": namespace, "pod": pod.name, **_JOB}
    kind, owner = _owner(pod)
    node = str(pod.life["node"])
    made_by = {"created_by_kind": kind, "created_by_name": owner}
    uid = {"uid": str(pod.life["uid"])}
    collected.add(POD_INFO, {**who, "node": node, **made_by, **uid}, times, ones)
    collected.add(
        POD_OWNER, {**who, "owner_kind": kind, "owner_name": owner, "owner_is_controller": "true"}, times, ones
    )
    running = pod.samples["running"].to_numpy(bool)
    for phase, inside in (("Running", running), ("Pending", ~running)):
        collected.add(PHASE, {**who, "phase": phase}, times, inside.astype(np.int64))
    collected.add(READY, {**who, "condition": "true"}, times, pod.samples["ready"].to_numpy(bool).astype(np.int64))
    for _, container in containers.iterrows():
        labels = {**who, "container": str(container["container"])}
        _add_resources(collected, container, {**labels, "node": node}, times)
        if container["service"] or len(containers) == 1:
            _add_restarts(collected, pod, labels)


def _add_resources(collected: Collected, container: pd.Series[Any], labels: dict[str, str], times: Ints) -> None:
    for resource, unit, request, limit in _RESOURCES:
        for family, column in ((REQUESTED, request), (LIMITED, limit)):
            if not pd.isna(container[column]):
                value = np.full(len(times), float(container[column]))
                collected.add(family, {**labels, "resource": resource, "unit": unit}, times, value)


def _add_restarts(collected: Collected, pod: Pod, labels: dict[str, str]) -> None:
    times = pod.times_ms
    collected.add(RESTARTS, labels, times, pod.samples["restarts"].to_numpy(np.int64))
    killed, stopped = pod.samples["oom_kills"].to_numpy(int), pod.samples["restarts"].to_numpy(int)
    last = np.diff(killed, prepend=0) > 0
    ended = np.diff(stopped, prepend=0) > 0
    if not ended.any():
        return
    # from a kill on, until the container ends for another reason
    marks = np.where(ended, np.where(last, 1, 2), 0)
    latest = np.maximum.accumulate(np.where(marks > 0, np.arange(len(marks)), -1))
    reason = np.where(latest >= 0, marks[np.maximum(latest, 0)], 0)
    for number, name in ((1, "OOMKilled"), (2, "Error")):
        seen = reason == number
        if seen.any():
            collected.add(REASON, {**labels, "reason": name}, times[seen], np.ones(int(seen.sum()), np.int64))


def _owner(pod: Pod) -> tuple[str, str]:
    kind, _, name = pod.workload.partition("/")
    if kind == "deployment":
        return "ReplicaSet", f"{name}-{pod.life['revision']}"
    return {"statefulset": "StatefulSet", "daemonset": "DaemonSet"}.get(kind, kind.capitalize()), name


def add_workloads(collected: Collected, tables: Any, namespaces: dict[str, str], start_ms: int) -> None:
    """Add the replicas of workloads, and who owns their ReplicaSets."""
    revisions = tables["pods"].groupby("workload")["revision"].unique().to_dict()
    for key, rows in tables["workload_minutes"].groupby("workload", sort=False):
        kind, _, name = str(key).partition("/")
        times = _times(rows, start_ms)
        who = {"namespace": namespaces.get(str(key), ""), kind: name, **_JOB}
        figures = rows.assign(unready=(rows["current"] - rows["ready"]).clip(lower=0))
        for metric, column in _REPLICAS.get(kind, {}).items():
            family = _gauge(metric, f"Pods of a {kind}: {column}.")
            collected.add(family, who, times, figures[column].to_numpy(np.int64))
        if kind == "deployment":
            for revision in revisions.get(key, ()):
                owned = {"namespace": who["namespace"], "replicaset": f"{name}-{revision}", **_JOB}
                owner = {"owner_kind": "Deployment", "owner_name": name}
                collected.add(REPLICASET_OWNER, {**owned, **owner}, times, np.ones(len(times), np.int64))


def add_hpas(collected: Collected, tables: Any, summary: Any, namespaces: dict[str, str], start_ms: int) -> None:
    """Add what is known of the HPAs at the syncs that the result keeps: one a minute at least, and every change."""
    bounds = {part["workload"]: part for part in summary["scaling"] if part["hpa_maximum"] is not None}
    for key, rows in tables["hpa"].groupby("hpa", sort=False):
        name = str(key).removeprefix("hpa/")
        times = _times(rows, start_ms)
        workload = next((item for item in bounds if item.partition("/")[2] == name), None)
        who = {
            "namespace": namespaces.get(workload or f"deployment/{name}", ""),
            "horizontalpodautoscaler": name,
            **_JOB,
        }
        if workload is not None:
            maximum = np.full(len(times), int(bounds[workload]["hpa_maximum"]), np.int64)
            for metric, bound in (("min", rows["minimum"].to_numpy(np.int64)), ("max", maximum)):
                family = _gauge(f"kube_horizontalpodautoscaler_spec_{metric}_replicas", "Bound of an HPA.")
                collected.add(family, who, times, bound)
        for metric, column in (("status_current_replicas", "current"), ("status_desired_replicas", "desired")):
            family = _gauge(f"kube_horizontalpodautoscaler_{metric}", f"Replicas of an HPA: {column}.")
            collected.add(family, who, times, rows[column].to_numpy(np.int64))
        for metric, values in tables["hpa_metrics"][tables["hpa_metrics"]["hpa"] == key].groupby("metric", sort=False):
            known = values[values["value"].notna()]
            kind = "utilization" if metric in ("cpu", "memory") else "average"
            labels = {**who, "metric_name": str(metric).removeprefix("pods/"), "metric_target_type": kind}
            family = _gauge("kube_horizontalpodautoscaler_status_target_metric", "Metric of an HPA as it is.")
            collected.add(family, labels, _times(known, start_ms), known["value"].to_numpy(float))


def add_nodes(collected: Collected, tables: Any, start_ms: int, end_s: float) -> None:
    """Add the machines while they exist, their readiness, and what they have for pods."""
    allocatable = dict(_per_node(tables["node_minutes"], _ALLOCATABLE))
    capacity = dict(_per_node(tables["node_minutes"], _CAPACITY))
    for _, node in tables["nodes"].iterrows():
        begin = max(float(node["created_s"]), 0.0)
        over = float(node["deleted_s"]) if not pd.isna(node["deleted_s"]) else end_s
        seconds = np.arange(np.ceil(begin / 60.0) * 60.0, over + 1e-9, 60.0)
        times = np.asarray(start_ms + np.rint(seconds * 1000), np.int64)
        who = {"node": str(node["node"]), **_JOB}
        info = {"instance_type": str(node["instance_type"]), "zone": str(node["zone"]), "pool": str(node["pool"])}
        ones = np.ones(len(times), np.int64)
        collected.add(_gauge("kube_node_info", "A machine."), {**who, **info}, times, ones)
        ready = np.inf if pd.isna(node["ready_s"]) else float(node["ready_s"])
        condition = {**who, "condition": "Ready", "status": "true"}
        status = _gauge("kube_node_status_condition", "Condition of a machine.")
        collected.add(status, condition, times, (seconds >= ready).astype(np.int64))
        for name, words, resources in (
            ("allocatable", "What a machine has for pods.", allocatable.get(str(node["pool"]), ())),
            ("capacity", "What a machine has.", capacity.get(str(node["pool"]), ())),
        ):
            family = _gauge(f"kube_node_status_{name}", words)
            for resource, unit, value in resources:
                labels = {**who, "resource": resource, "unit": unit}
                collected.add(family, labels, times, np.full(len(times), value))


_ALLOCATABLE = (("cpu", "core", "cpu_allocatable_cores"), ("memory", "byte", "memory_allocatable_bytes"))
_CAPACITY = (("cpu", "core", "cpu_capacity_cores"),)


def _per_node(
    minutes: pd.DataFrame, columns: tuple[tuple[str, str, str], ...]
) -> Iterator[tuple[str, list[tuple[str, str, float]]]]:
    """Yield what one machine of each pool has, from a minute in which some were ready."""
    for pool, rows in minutes[minutes["ready_nodes"] > 0].groupby("pool", sort=False):
        row = rows.iloc[0]
        yield (
            str(pool),
            [(resource, unit, row[column] / float(row["ready_nodes"])) for resource, unit, column in columns],
        )


def _times(rows: pd.DataFrame, start_ms: int) -> Ints:
    seconds: Floats = rows["time_s"].to_numpy(float)
    return np.asarray(start_ms + np.rint(seconds * 1000), np.int64)
