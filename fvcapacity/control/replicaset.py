"""ReplicaSet controller: as many pods of a version as its set is to have."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.pods import try_create_pods
from fvcapacity.control.state import PodRecord, RevisionRecord, WorkloadRecord
from fvcapacity.decisions.pod_lifecycle import VictimCandidate, deletion_order

_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def sync_replicas(cluster: Cluster, workload: WorkloadRecord, revision: RevisionRecord) -> None:
    """Create missing pods of a version, delete surplus ones."""
    active = workload.active()
    own = active if workload.rollout is None else [pod for pod in active if pod.revision == revision.number]
    missing = revision.replicas - len(own)
    if missing > 0:
        if try_create_pods(cluster, workload, revision, missing):
            cluster.enqueue("scheduler")
    elif missing < 0:
        by_name = {pod.name: pod for pod in own}
        related = [pod.node for pod in active]
        for name in deletion_order(_candidates(own, revision), cluster.now, related)[:-missing]:
            _event(cluster, workload, revision, "SuccessfulDelete", f"Deleted pod: {name}")
            kubelet.delete_pod(cluster, by_name[name])


def resize(cluster: Cluster, workload: WorkloadRecord, revision: RevisionRecord, replicas: int) -> None:
    """Write how many pods a set is to have, and say so when that changed."""
    before, revision.replicas = revision.replicas, replicas
    if workload.spec.kind == "Deployment" and replicas != before:
        direction = "up" if replicas > before else "down"
        message = f"Scaled {direction} replica set {revision.name} from {before} to {replicas}"
        cluster.event("Normal", "ScalingReplicaSet", workload.key, message, workload.key)


def _candidates(pods: list[PodRecord], revision: RevisionRecord) -> list[VictimCandidate]:
    """Return pods as the controller weighs them."""
    cost = int(revision.spec.template.annotations.get(_DELETION_COST, 0))
    return [
        VictimCandidate(
            name=pod.name,
            node=pod.node,
            running=pod.ever_started,
            ready=pod.ready,
            ready_since_ns=pod.ready_since_ns,
            created_ns=pod.life.created_ns,
            restarts=pod.life.restarts,
            deletion_cost=cost,
            identity=pod.identity,
        )
        for pod in pods
    ]


def _event(cluster: Cluster, workload: WorkloadRecord, revision: RevisionRecord, reason: str, message: str) -> None:
    cluster.event("Normal", reason, f"replicaset/{revision.name}", message, workload.key)
