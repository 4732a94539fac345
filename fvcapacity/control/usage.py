"""CPU and memory of pods between two looks at the plane."""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.state import PodRecord, WorkloadRecord
from fvcapacity.decisions.rollout import Answers
from fvcapacity.units import NS_PER_S


def settle_background(pod: PodRecord, now_ns: int) -> None:
    """Add the background CPU up to now to the pod's minute."""
    if pod.container_running:
        pod.background_core_ns += pod.shape.background_cores * (now_ns - pod.background_since_ns)
        pod.ran_ns += now_ns - pod.background_since_ns
    pod.background_since_ns = now_ns


def steady_core_ns(pod: PodRecord, now_ns: int) -> int:
    """Return the background CPU of a pod since its creation, whole core-nanoseconds."""
    ran_ns = pod.ran_ns + (now_ns - pod.background_since_ns if pod.container_running else 0)
    return ran_ns * pod.shape.background_ns_per_s // NS_PER_S


def take_last_reading(cluster: Cluster, workload: WorkloadRecord, pod: PodRecord) -> None:
    """Keep what a pod used in its last minute, before it is forgotten."""
    used = pod.background_core_ns
    if pod.shape.serving is not None:
        seen = cluster.observe().containers.get(pod.uid)
        if seen is not None:
            used += max(0, seen.cpu_ns - pod.sampled_cpu_ns)
            pod.answers = Answers(seen.answered, seen.failed, seen.slow)
    if workload.rollout is not None and workload.rollout.target == pod.revision:
        workload.rollout.gone += pod.answers
    workload.gone_cpu_core_ns += used


def total_memory(pod: PodRecord) -> int:
    """Return the memory of a pod at the last look: the serving container's and the others' steady one."""
    return pod.memory_bytes + pod.shape.background_bytes if pod.container_running else 0
