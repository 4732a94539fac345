"""What the kubelet's cAdvisor exposes of containers: CPU, memory, CFS periods, limits, OOM kills.

The model knows the CPU of a pod and of the container that serves requests in it; what else its containers use is
steady, and is shared by them in proportion to what the topology says of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.report.openmetrics.counting import cumulative
from fvcapacity.report.openmetrics.pods import Pod
from fvcapacity.report.openmetrics.series import Collected, Family, Floats, Ints

CPU = Family("container_cpu_usage_seconds", "counter", "CPU that a container has spent, in core-seconds.")
MEMORY = Family("container_memory_working_set_bytes", "gauge", "Working set of a container.")
PERIODS = Family("container_cpu_cfs_periods", "counter", "CFS periods of a container with a CPU limit.")
THROTTLED = Family("container_cpu_cfs_throttled_periods", "counter", "CFS periods in which it was throttled.")
MEMORY_LIMIT = Family("container_spec_memory_limit_bytes", "gauge", "Memory limit of a container.")
QUOTA = Family("container_spec_cpu_quota", "gauge", "CFS quota of a container, in microseconds a period.")
PERIOD = Family("container_spec_cpu_period", "gauge", "CFS period of a container, in microseconds.")
OOM_EVENTS = Family("container_oom_events", "counter", "Kills of a container at its memory limit.")

_PERIOD_US = 100_000
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
    starts = _starts(pod)
    for number, (_, container) in enumerate(containers.iterrows()):
        labels = container_labels(pod, container)
        restarts = serving[number] or len(containers) == 1
        limited = bool(serving[number]) and not pd.isna(container["cpu_limit_cores"])
        _add_limits(collected, labels, container, pod.times_ms)
        if restarts:
            kills = np.concatenate([np.zeros(1, np.int64), pod.samples["oom_kills"].to_numpy(np.int64)])
            collected.add(OOM_EVENTS, labels, pod.counter_times_ms, kills)
        for start in starts if restarts else starts[:1]:
            within = start.samples if restarts else slice(None)
            own = {**labels, "id": f"/kubepods/pod{pod.life['uid']}/{container['container']}-{start.number}"}
            times = start.times_ms if restarts else pod.times_ms
            counted = start.counter_times_ms if restarts else pod.counter_times_ms
            spent = np.asarray(np.round(cumulative(cpu[number][within]), 9), np.float64)
            collected.add(CPU, own, counted, spent)
            collected.add(MEMORY, own, times, np.asarray(np.rint(memory[number][within]), np.int64))
            for family, column in ((PERIODS, "periods"), (THROTTLED, "throttled_periods")) if limited else ():
                counter = np.asarray(np.rint(cumulative(pod.column(column)[within])), np.int64)
                collected.add(family, own, counted, counter)


def _add_limits(collected: Collected, labels: dict[str, str], container: pd.Series[Any], times: Ints) -> None:
    memory, cores = container["memory_limit_bytes"], container["cpu_limit_cores"]
    if not pd.isna(memory):
        collected.add(MEMORY_LIMIT, labels, times, np.full(len(times), int(memory), np.int64))
    if not pd.isna(cores):
        quota = round(float(cores) * _PERIOD_US)
        for family, value in ((QUOTA, quota), (PERIOD, _PERIOD_US)):
            collected.add(family, labels, times, np.full(len(times), value, np.int64))


class _Start(Frozen):
    """One container of a pod from one start to its end: cAdvisor has a series of its own for it, told by its ``id``.

    What was used in the interval of a restart is told of the container that was started.
    """

    number: int
    samples: slice
    times_ms: Ints
    counter_times_ms: Ints


def _starts(pod: Pod) -> list[_Start]:
    """Return the stretches between the restarts of a pod, in the order of their times."""
    restarts = pod.samples["restarts"].to_numpy(np.int64)
    edges = [0, *(np.flatnonzero(np.diff(restarts)) + 1).tolist(), len(restarts)]
    return [
        _Start(
            int(restarts[first]), slice(first, last), pod.times_ms[first:last], pod.counter_times_ms[first : last + 1]
        )
        for first, last in pairwise(edges)
    ]


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
