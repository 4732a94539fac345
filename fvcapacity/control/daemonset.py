"""DaemonSet controller: one pod on every node that its template admits; new versions node by node."""

from __future__ import annotations

from dataclasses import replace

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.pods import create_pod, scheduling_pod
from fvcapacity.control.rollouts import finish_rollout, is_available, wake_up
from fvcapacity.control.state import NodeRecord, PodRecord, RolloutRecord, WorkloadRecord
from fvcapacity.decisions.rollout import PlacedReplica, daemon_victims
from fvcapacity.decisions.scheduler import HOSTNAME, NodeView, SchedulingPod
from fvcapacity.decisions.scheduler.placement import matches_node_affinity, untolerated_taint


def sync_daemonset(cluster: Cluster, key: str) -> None:
    """Create a pod on every node that lacks one; drop those that still wait for a node that is gone."""
    workload = cluster.state.workloads[key]
    served = {target_node(pod) for pod in workload.pods.values()}
    for node in cluster.ready_nodes():
        if not node.draining and node.name not in served and admits(workload, node.view):
            pod = create_on(cluster, workload, node)
            cluster.event("Normal", "SuccessfulCreate", key, f"Created pod: {pod.name}", key)
            cluster.enqueue("scheduler")
    if workload.rollout is not None:
        _update(cluster, workload, workload.rollout)


def _update(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> None:
    """Delete pods of older versions, as many as may be missing; their nodes get new ones when they are gone."""
    pods = list(workload.pods.values())
    wanted = sum(1 for node in cluster.ready_nodes() if not node.draining and admits(workload, node.view))
    places = [
        PlacedReplica(i, pod.revision == rollout.target, is_available(cluster, workload, pod), pod.deleting)
        for i, pod in enumerate(pods)
    ]
    if workload.spec.strategy != "OnDelete":
        for place in daemon_victims(places, wanted, workload.spec.max_unavailable)[0]:
            cluster.event("Normal", "SuccessfulDelete", workload.key, f"Deleted pod: {pods[place].name}", workload.key)
            kubelet.delete_pod(cluster, pods[place])
    if len(places) >= wanted and all(place.updated and place.available for place in places):
        finish_rollout(cluster, workload)
    else:
        wake_up(cluster, workload, ())


def admits(workload: WorkloadRecord, node: NodeView) -> bool:
    """Tell whether a DaemonSet wants a pod on a node (room is another matter)."""
    pod = workload_pod(workload)
    return matches_node_affinity(pod, node) and untolerated_taint(pod, node) is None


def create_on(cluster: Cluster, workload: WorkloadRecord, node: NodeRecord) -> PodRecord:
    """Create a pod that can go to one node only; the scheduler binds it when there is room."""
    pod = create_pod(cluster, workload)
    selector = {**pod.scheduling.node_selector, HOSTNAME: node.name}
    pod.scheduling = replace(pod.scheduling, node_selector=selector)
    pod.placed = replace(pod.placed, pod=pod.scheduling)
    return pod


def target_node(pod: PodRecord) -> str:
    """Return the node that a DaemonSet pod was made for."""
    return pod.scheduling.node_selector.get(HOSTNAME, "")


def workload_pod(workload: WorkloadRecord) -> SchedulingPod:
    """Return a pod of the workload as the scheduler would see it, volumes left out."""
    return scheduling_pod(workload.spec, workload.shape, workload.spec.name, ())
