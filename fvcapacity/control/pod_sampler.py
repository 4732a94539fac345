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
    for workload in cluster.state.workloads.values():
        for pod in workload.pods.values():
            sample_pod(cluster, pod, seen)


def sample_pod(cluster: Cluster, pod: PodRecord, seen: Observation, *, ended: bool = False) -> None:
    """Write down one pod, a row of `PodColumn`; one that has ended holds nothing any more."""
    now, life = cluster.now, pod.life
    usage = seen.containers.get(pod.uid) or pod.last_usage or _NOTHING
    running = pod.container_running and not ended
    memory, requests = (usage.memory_bytes + pod.shape.background_bytes, usage.open_requests) if running else (0, 0)
    cpu_ns = usage.cpu_ns
    used = (cpu_ns + steady_core_ns(pod, now), cpu_ns, usage.periods, usage.throttled_periods)
    holds = (memory, requests, running, pod.ready and not ended, life.restarts, life.oom_kills)
    cluster.history.pod_samples.extend((now, pod.uid, *used, *holds))


def keep_reading(cluster: Cluster, pod: PodRecord) -> None:
    """Keep what a container has used that is about to be taken off the plane."""
    if cluster.samples_pods and pod.shape.serving is not None and pod.ever_started:
        pod.last_usage = cluster.observe().containers.get(pod.uid, pod.last_usage)
