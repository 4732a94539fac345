"""Samples of pods, as the kubelet's metrics would show them: what each used since the sample before, and holds now.

Everything is a difference of integers that only grow, so that the samples of a pod add up to what it used, however
often it is looked at. Who stops a container looks at it first (`keep_reading`), because the plane tells no more of one
that is gone.
"""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.state import PodRecord, Sampled
from fvcapacity.control.usage import steady_core_ns
from fvcapacity.dataplane.plane import ContainerUsage, Observation

_NOTHING = ContainerUsage(0, 0, 0, 0)


def sample_pods(cluster: Cluster, seen: Observation) -> None:
    """Write down every pod that exists."""
    for workload in cluster.state.workloads.values():
        for pod in workload.pods.values():
            sample_pod(cluster, pod, seen)


def sample_pod(cluster: Cluster, pod: PodRecord, seen: Observation, *, ended: bool = False) -> None:
    """Write down one pod; of one that has ended what it used until now, and that it holds nothing any more."""
    now, before = cluster.now, pod.sampled
    reading = seen.containers.get(pod.uid)
    usage = reading or pod.last_usage or _NOTHING
    running = pod.container_running and not ended
    total = Sampled(
        time_ns=now,
        cpu_ns=usage.cpu_ns + steady_core_ns(pod, now),
        serving_cpu_ns=usage.cpu_ns,
        periods=usage.periods,
        throttled_periods=usage.throttled_periods,
    )
    since = pod.life.created_ns if before is None else before.time_ns
    if before is None:
        before = _UNUSED
    cluster.history.pod_samples.extend(
        (
            now,
            pod.uid,
            now - since,
            total.cpu_ns - before.cpu_ns,
            total.serving_cpu_ns - before.serving_cpu_ns,
            total.periods - before.periods,
            total.throttled_periods - before.throttled_periods,
            _memory(pod, usage) if running else 0,
            usage.open_requests if running else 0,
            running,
            pod.ready and not ended,
            pod.life.restarts,
            pod.life.oom_kills,
        )
    )
    pod.sampled = total


_UNUSED = Sampled(0, 0, 0, 0, 0)


def keep_reading(cluster: Cluster, pod: PodRecord) -> None:
    """Keep what a container has used that is about to be taken off the plane."""
    if pod.shape.serving is not None and pod.ever_started:
        pod.last_usage = cluster.observe().containers.get(pod.uid, pod.last_usage)


def _memory(pod: PodRecord, usage: ContainerUsage) -> int:
    return pod.shape.background_bytes + (usage.memory_bytes if pod.shape.serving is not None else 0)
