"""DaemonSet controller: one pod on every node that its template admits; new versions node by node."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.pods import scheduling_pod, try_create_pod
from fvcapacity.control.rollouts import finish_rollout, is_available, wake_up
from fvcapacity.control.state import NodeRecord, PodRecord, RolloutRecord, WorkloadRecord
from fvcapacity.decisions.rollout import PlacedReplica, daemon_victims
from fvcapacity.decisions.scheduler import NodeView, SchedulingPod
from fvcapacity.decisions.scheduler.placement import matches_node_affinity, named_nodes, untolerated_taint
from fvcapacity.frozen import replace

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_TOLERATIONS = tuple(
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
    for key, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
)


def sync_daemonset(cluster: Cluster, key: str) -> None:
    """Create a pod on every node that lacks one; drop those that still wait for a node that is gone."""
    workload = cluster.state.workloads[key]
    served = {target_node(pod) for pod in workload.pods.values()}
    for node in cluster.ready_nodes():
        if not node.draining and node.name not in served and admits(workload, node.view):
            if create_on(cluster, workload, node) is None:
                return
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


def create_on(cluster: Cluster, workload: WorkloadRecord, node: NodeRecord) -> PodRecord | None:
    """Create a pod that can go to one node only; the scheduler binds it when there is room. None when it is refused."""
    pod = try_create_pod(cluster, workload, workload.key)
    if pod is None:
        return None
    pod.scheduling = _bound_for(_daemon(pod.scheduling), node.name)
    return pod


def target_node(pod: PodRecord) -> str:
    """Return the node that a DaemonSet pod was made for, or "" for any other pod."""
    named = named_nodes(pod.scheduling)
    return next(iter(named)) if named and len(named) == 1 else ""


def _bound_for(pod: SchedulingPod, node: str) -> SchedulingPod:
    """Return a pod that only one node may take (``ReplaceDaemonSetPodNodeNameNodeAffinity``)."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    rules = {**(pod.affinity.get("nodeAffinity") or {}), _REQUIRED: {"nodeSelectorTerms": [term]}}
    return replace(pod, affinity={**pod.affinity, "nodeAffinity": rules})


def _daemon(pod: SchedulingPod) -> SchedulingPod:
    """Return a pod with the tolerations that the controller adds (``AddOrUpdateDaemonPodTolerations``)."""
    return replace(pod, tolerations=(*pod.tolerations, *_TOLERATIONS))


def workload_pod(workload: WorkloadRecord) -> SchedulingPod:
    """Return a pod of the workload as the scheduler would see it, volumes left out."""
    pod = scheduling_pod(workload.spec, workload.shape, workload.spec.name, ())
    return _daemon(pod) if workload.spec.kind == "DaemonSet" else pod
