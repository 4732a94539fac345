"""Takes the samples of workloads, node pools and pods for the history."""

from __future__ import annotations

import math

from fvcapacity.control.clock import At, Rank
from fvcapacity.control.cluster import Cluster, Process
from fvcapacity.control.history import ClusterSample, WorkloadSample
from fvcapacity.control.karpenter import karpenter_pools
from fvcapacity.control.pod_sampler import sample_pods
from fvcapacity.control.state import PodRecord, Stage, WorkloadRecord
from fvcapacity.control.usage import settle_background, total_memory
from fvcapacity.dataplane.plane import ContainerUsage, Observation

MINUTE_NS = 60 * 10**9


def sampler(cluster: Cluster) -> Process:
    """Sample at every interval of the monitoring, which divides a minute: pods always, the rest at full minutes.

    The plane is looked at even when no pod is sampled, so that its bins of that length hold the CPU of their own time.
    """
    periodic, interval = cluster.state.periodic, cluster.scenario.file.monitoring.interval
    while True:
        yield At(cluster.env, periodic["sampler"], Rank.SAMPLER)
        seen = cluster.observe()
        if cluster.now % MINUTE_NS == 0:
            _sample_minute(cluster, seen)
        if cluster.samples_pods:
            sample_pods(cluster, seen)
        periodic["sampler"] = cluster.now + interval


def take_last_samples(cluster: Cluster) -> None:
    """Sample at the end of the run, unless that was done for the interval or the minute that ends then."""
    seen = cluster.observe()
    if cluster.state.last_sample_ns < cluster.now:
        _sample_minute(cluster, seen)
    if cluster.samples_pods and cluster.now % cluster.scenario.file.monitoring.interval:
        sample_pods(cluster, seen)


def _sample_minute(cluster: Cluster, seen: Observation) -> None:
    """Add one sample of every workload and pool."""
    state, now = cluster.state, cluster.now
    length = now - max(0, state.last_sample_ns)
    state.last_sample_ns = now
    for workload in state.workloads.values():
        cluster.history.workloads.append(_workload_sample(workload, seen, now, length))
    for pool in (*state.pools, *karpenter_pools(cluster)):
        cluster.history.cluster.append(_pool_sample(cluster, pool))


def _workload_sample(workload: WorkloadRecord, seen: Observation, now_ns: int, length_ns: int) -> WorkloadSample:
    used, workload.gone_cpu_core_ns = workload.gone_cpu_core_ns, 0.0
    newest = workload.current if workload.rollout is None else workload.rollout.target
    current = ready = updated = pending = cpu_milli = memory_request = memory = memory_peak = 0
    for uid, pod in workload.pods.items():
        used += _cpu_since_last_sample(pod, seen.containers.get(uid), now_ns)
        own = total_memory(pod)
        memory += own
        memory_peak = max(memory_peak, own)
        if pod.deleting:
            continue
        current += 1
        ready += pod.ready
        updated += pod.revision == newest
        pending += pod.stage is Stage.PENDING
        cpu_milli += pod.shape.cpu_milli
        memory_request += pod.shape.memory_bytes
    return WorkloadSample(
        time_ns=now_ns,
        workload=workload.key,
        desired=current if workload.spec.kind == "DaemonSet" else workload.desired,
        current=current,
        ready=ready,
        updated=updated,
        pending=pending,
        cpu_request_cores=cpu_milli / 1000,
        memory_request_bytes=memory_request,
        cpu_usage_cores=used / length_ns if length_ns else 0.0,
        memory_bytes=memory,
        memory_peak_bytes=memory_peak,
    )


def _cpu_since_last_sample(pod: PodRecord, reading: ContainerUsage | None, now_ns: int) -> float:
    settle_background(pod, now_ns)
    used, pod.background_core_ns = pod.background_core_ns, 0.0
    if reading is not None:
        used += reading.cpu_ns - pod.sampled_cpu_ns
        pod.sampled_cpu_ns = reading.cpu_ns
        pod.memory_bytes = reading.memory_bytes
    return used


def _pool_sample(cluster: Cluster, pool: str) -> ClusterSample:
    nodes = [node for node in cluster.state.nodes.values() if node.pool == pool]
    ready = [node for node in nodes if node.ready]
    pods = [pod for node in ready for pod in node.pods.values()]
    return ClusterSample(
        time_ns=cluster.now,
        pool=pool,
        nodes=len(nodes),
        ready_nodes=len(ready),
        cpu_capacity_cores=math.fsum(node.cpu_cores for node in ready),
        cpu_allocatable_cores=sum(node.view.cpu_milli for node in ready) / 1000,
        cpu_requested_cores=sum(pod.shape.cpu_milli for pod in pods) / 1000,
        memory_allocatable_bytes=sum(node.view.memory_bytes for node in ready),
        memory_requested_bytes=sum(pod.shape.memory_bytes for pod in pods),
    )
