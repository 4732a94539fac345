"""What the kubelet's cAdvisor exposes of containers: CPU, memory, CFS periods.

The model knows the CPU of a pod and of the container that serves requests in it; what else its containers use is
steady, and is shared by them in proportion to what the topology says of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.report.openmetrics.counting import cumulative
from fvcapacity.report.openmetrics.pods import Pod
from fvcapacity.report.openmetrics.series import Collected, Family, Floats

CPU = Family("container_cpu_usage_seconds", "counter", "CPU that a container has spent, in core-seconds.")
MEMORY = Family("container_memory_working_set_bytes", "gauge", "Working set of a container.")
PERIODS = Family("container_cpu_cfs_periods", "counter", "CFS periods of a container with a CPU limit.")
THROTTLED = Family("container_cpu_cfs_throttled_periods", "counter", "CFS periods in which it was throttled.")

_KUBELET = {"job": "kubelet", "metrics_path": "/metrics/cadvisor"}


def add_containers(collected: Collected, pod: Pod, containers: pd.DataFrame) -> None:
    """Add the series of one pod's containers.

    Parameters
    ----------
    containers
        Rows of the table ``containers`` of its workload.
    """
    serving = containers["service"].to_numpy() != ""
    cpu, memory = _cpu(pod, containers, serving), _memory(pod, containers, serving)
    for number, (_, container) in enumerate(containers.iterrows()):
        labels = container_labels(pod, container)
        counted = pod.counter_times_ms
        collected.add(CPU, labels, counted, np.asarray(np.round(cumulative(cpu[number]), 9), np.float64))
        collected.add(MEMORY, labels, pod.times_ms, np.asarray(np.rint(memory[number]), np.int64))
        if serving[number] and not pd.isna(container["cpu_limit_cores"]):
            for family, column in ((PERIODS, "periods"), (THROTTLED, "throttled_periods")):
                counter = np.asarray(np.rint(cumulative(pod.column(column))), np.int64)
                collected.add(family, labels, counted, counter)


def container_labels(pod: Pod, container: Mapping[str, Any] | pd.Series[Any]) -> dict[str, str]:
    """Return what cAdvisor says of whose a series is."""
    return {
        "namespace": str(container["namespace"]),
        "pod": pod.name,
        "container": str(container["container"]),
        "image": str(container["image"]) or str(container["container"]),
        "node": str(pod.life["node"]),
        "instance": str(pod.life["node"]),
        **_KUBELET,
    }


def _cpu(pod: Pod, containers: pd.DataFrame, serving: Any) -> list[Floats]:
    whole, own = pod.column("cpu_core_s"), pod.column("serving_cpu_core_s")
    steady = containers["steady_cpu_cores"].to_numpy(float)
    shares = steady / steady.sum() if steady.sum() > 0 else np.where(np.arange(len(steady)) == 0, 1.0, 0.0)
    rest = np.maximum(whole - own, 0.0) if serving.any() else whole
    parts = [rest * share for share in shares]
    return [part + own if serves else part for part, serves in zip(parts, serving, strict=True)]


def _memory(pod: Pod, containers: pd.DataFrame, serving: Any) -> list[Floats]:
    whole = pod.column("memory_bytes")
    steady = containers["steady_memory_bytes"].to_numpy(float)
    if serving.any():
        others = steady[~serving].sum()
        own = np.maximum(whole - others, 0.0)
        return [own if serves else np.minimum(whole, one) for serves, one in zip(serving, steady, strict=True)]
    shares = steady / steady.sum() if steady.sum() > 0 else np.full(len(steady), 1 / max(len(steady), 1))
    return [whole * share for share in shares]
