"""Deployment controller: one ReplicaSet that follows the wanted size, and several while a new version comes in."""

from __future__ import annotations

from fvcapacity.control import progressive
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.replicaset import resize, sync_replicas
from fvcapacity.control.rollouts import (
    PROGRESSIVE,
    available,
    deadline,
    deployment_view,
    finish_rollout,
    wake_up,
)
from fvcapacity.control.state import RevisionRecord, RolloutRecord, WorkloadRecord
from fvcapacity.decisions.rollout import ReplicaSetView, SyncDecision, is_complete, sync_recreate, sync_rolling


def sync_deployment(cluster: Cluster, key: str) -> None:
    """Keep the pods of the one version, or go on with a roll-out."""
    workload = cluster.state.workloads[key]
    if workload.rollout is None:
        sync_replicas(cluster, workload, workload.revision)
    elif workload.rollout.strategy in PROGRESSIVE:
        progressive.sync_rollout(cluster, workload, workload.rollout)
    else:
        _roll(cluster, workload, workload.rollout)


def scale(cluster: Cluster, workload: WorkloadRecord, replicas: int) -> None:
    """Write ``spec.replicas``. In a roll-out its controller shares it out among the versions."""
    workload.desired = replicas
    if workload.rollout is None or workload.spec.kind != "Deployment":
        resize(cluster, workload, workload.revision, replicas)
    cluster.enqueue(workload.spec.kind.lower(), workload.key)


def _roll(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> None:
    """Sync until nothing changes any more: the real controller is called again by each of its own changes."""
    for revision in workload.revisions.values():
        sync_replicas(cluster, workload, revision)
    while (decision := _decide(cluster, workload, rollout)).written:
        for view in decision.written:
            _write(cluster, workload, view)
    if _complete(cluster, workload, rollout):
        message = f'ReplicaSet "{workload.revision.name}" has successfully progressed.'
        cluster.event("Normal", "NewReplicaSetAvailable", workload.key, message, workload.key)
        finish_rollout(cluster, workload)
    else:
        wake_up(cluster, workload, [deadline(cluster, workload, rollout)])


def _decide(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> SyncDecision:
    deployment = deployment_view(workload, rollout.strategy)
    views = {number: _view(cluster, workload, revision) for number, revision in workload.revisions.items()}
    new = views.pop(rollout.target)
    old, exists = tuple(views.values()), new.desired_annotation is not None
    if rollout.strategy == "rolling":
        return sync_rolling(deployment, new, old, exists=exists)
    running = any(pod.revision != rollout.target for pod in workload.pods.values())
    return sync_recreate(deployment, new, old, exists=exists, old_pods_running=running)


def _view(cluster: Cluster, workload: WorkloadRecord, revision: RevisionRecord) -> ReplicaSetView:
    return ReplicaSetView(
        name=revision.name,
        replicas=revision.replicas,
        available=available(cluster, workload, revision.number),
        created_ns=revision.created_ns,
        desired_annotation=revision.desired_annotation,
        max_annotation=revision.max_annotation,
    )


def _write(cluster: Cluster, workload: WorkloadRecord, view: ReplicaSetView) -> None:
    revision = next(item for item in workload.revisions.values() if item.name == view.name)
    resize(cluster, workload, revision, view.replicas)
    revision.desired_annotation, revision.max_annotation = view.desired_annotation, view.max_annotation
    sync_replicas(cluster, workload, revision)


def _complete(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> bool:
    active = workload.active()
    updated = sum(1 for pod in active if pod.revision == rollout.target)
    new = _view(cluster, workload, workload.revisions[rollout.target])
    deployment = deployment_view(workload, rollout.strategy)
    return new.replicas == workload.desired and is_complete(deployment, new, pods=len(active), updated=updated)
