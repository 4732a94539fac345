"""DaemonSet controller: one pod on every node that its template admits."""

from __future__ import annotations

from dataclasses import replace

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.pods import scheduling_pod, try_create_pod
from fvcapacity.control.state import NodeRecord, PodRecord, WorkloadRecord
from fvcapacity.decisions.scheduler import HOSTNAME, NodeView, SchedulingPod
from fvcapacity.decisions.scheduler.placement import matches_node_affinity, untolerated_taint


def sync_daemonset(cluster: Cluster, key: str) -> None:
    """Create a pod on every node that lacks one; drop those that still wait for a node that is gone."""
    workload = cluster.state.workloads[key]
    served = {target_node(pod) for pod in workload.pods.values()}
    for node in cluster.ready_nodes():
        if not node.draining and node.name not in served and admits(workload, node.view):
            if create_on(cluster, workload, node) is None:
                return
            cluster.enqueue("scheduler")


def admits(workload: WorkloadRecord, node: NodeView) -> bool:
    """Tell whether a DaemonSet wants a pod on a node (room is another matter)."""
    pod = workload_pod(workload)
    return matches_node_affinity(pod, node) and untolerated_taint(pod, node) is None


def create_on(cluster: Cluster, workload: WorkloadRecord, node: NodeRecord) -> PodRecord | None:
    """Create a pod that can go to one node only; the scheduler binds it when there is room. None when it is refused."""
    pod = try_create_pod(cluster, workload, workload.key)
    if pod is None:
        return None
    selector = {**pod.scheduling.node_selector, HOSTNAME: node.name}
    pod.scheduling = replace(pod.scheduling, node_selector=selector)
    pod.placed = replace(pod.placed, pod=pod.scheduling)
    return pod


def target_node(pod: PodRecord) -> str:
    """Return the node that a DaemonSet pod was made for."""
    return pod.scheduling.node_selector.get(HOSTNAME, "")


def workload_pod(workload: WorkloadRecord) -> SchedulingPod:
    """Return a pod of the workload as the scheduler would see it, volumes left out."""
    return scheduling_pod(workload, workload.spec.name, ())
