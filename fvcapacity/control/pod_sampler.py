"""Samples of pods: what each has used since its creation, as the kubelet's counters would tell, and what it holds now.

The counters are integers that only grow: what they say does not depend on how often a pod is looked at. Who takes a
container off the plane looks at it first (`keep_reading`), because the plane tells no more of one that is gone.
"""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.state import PodRecord
from fvcapacity.control.usage import steady_core_ns
from fvcapacity.dataplane.plane import ContainerUsage, Observation

_NOTHING = ContainerUsage(0, 0, 0, 0)


def sample_pods(cluster: Cluster, seen: Observation) -> None:
    """Write down every pod that exists."""
    rows: list[int] = []
    now, readings = cluster.now, seen.containers
    for workload in cluster.state.workloads.values():
        for uid, pod in workload.pods.items():
            rows += _row(pod, now, readings.get(uid), pod.container_running, pod.ready)
    cluster.history.pod_samples.fromlist(rows)


def sample_ended(cluster: Cluster, pod: PodRecord, seen: Observation) -> None:
    """Write down one pod that has ended: it holds nothing any more."""
    row = _row(pod, cluster.now, seen.containers.get(pod.uid), running=False, ready=False)
    cluster.history.pod_samples.extend(row)


def _row(pod: PodRecord, now_ns: int, reading: ContainerUsage | None, running: bool, ready: bool) -> tuple[int, ...]:
    """Return a row of `PodColumn`."""
    usage, life = reading or pod.last_usage or _NOTHING, pod.life
    cpu_ns = usage.cpu_ns
    memory, requests = (usage.memory_bytes + pod.shape.background_bytes, usage.open_requests) if running else (0, 0)
    return (
        now_ns,
        pod.uid,
        cpu_ns + steady_core_ns(pod, now_ns),
        cpu_ns,
        usage.periods,
        usage.throttled_periods,
        memory,
        requests,
        running,
        ready,
        life.restarts,
        life.oom_kills,
    )


def keep_reading(cluster: Cluster, pod: PodRecord) -> None:
    """Keep what a container has used that is about to be taken off the plane."""
    if cluster.samples_pods and pod.shape.serving is not None and pod.ever_started:
        pod.last_usage = cluster.observe().containers.get(pod.uid, pod.last_usage)
