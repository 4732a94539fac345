"""Deployment and ReplicaSet controllers: as many pods as wanted."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.pods import owner_of, try_create_pods
from fvcapacity.control.state import WorkloadRecord
from fvcapacity.decisions.pod_lifecycle import VictimCandidate, deletion_order

_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def sync_deployment(cluster: Cluster, key: str) -> None:
    """Create missing pods, delete surplus ones."""
    workload = cluster.state.workloads[key]
    active = workload.active()
    missing = workload.desired - len(active)
    if missing > 0:
        if try_create_pods(cluster, workload, owner_of(workload), missing):
            cluster.enqueue("scheduler")
    elif missing < 0:
        by_name = {pod.name: pod for pod in active}
        for name in deletion_order(candidates(workload), cluster.now)[:-missing]:
            message = f"Deleted pod: {name}"
            cluster.event("Normal", "SuccessfulDelete", owner_of(workload), message, workload.key)
            kubelet.delete_pod(cluster, by_name[name])


def scale(cluster: Cluster, workload: WorkloadRecord, replicas: int) -> None:
    """Write ``spec.replicas``."""
    before, workload.desired = workload.desired, replicas
    if workload.spec.kind == "Deployment" and replicas != before:
        direction = "up" if replicas > before else "down"
        message = f"Scaled {direction} replica set {workload.spec.name} from {before} to {replicas}"
        cluster.event("Normal", "ScalingReplicaSet", workload.key, message, workload.key)
    cluster.enqueue(workload.spec.kind.lower(), workload.key)


def candidates(workload: WorkloadRecord) -> list[VictimCandidate]:
    """Return the active pods as the ReplicaSet controller weighs them."""
    return [
        VictimCandidate(
            name=pod.name,
            node=pod.node,
            running=pod.ever_started,
            ready=pod.ready,
            ready_since_ns=pod.ready_since_ns,
            created_ns=pod.life.created_ns,
            restarts=pod.life.restarts,
            deletion_cost=int(workload.spec.template.annotations.get(_DELETION_COST, 0)),
            identity=pod.identity,
        )
        for pod in workload.active()
    ]
