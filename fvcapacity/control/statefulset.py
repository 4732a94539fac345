"""StatefulSet controller: ordered, one pod at a time (podManagementPolicy OrderedReady); new versions from the top."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.pods import try_create_pod
from fvcapacity.control.rollouts import finish_rollout, is_available, wake_up
from fvcapacity.control.state import PodRecord, RevisionRecord, RolloutRecord, WorkloadRecord
from fvcapacity.decisions.rollout import PlacedReplica, stateful_revision, stateful_victims


def sync_statefulset(cluster: Cluster, key: str) -> None:
    """Create the lowest missing ordinal, delete the highest surplus one, or update one: each when all is settled."""
    workload = cluster.state.workloads[key]
    if not _settled(cluster, workload):
        if workload.spec.min_ready_s:
            wake_up(cluster, workload, ())
        return
    surplus = sorted((pod for pod in workload.pods.values() if pod.ordinal >= workload.desired), key=_ordinal)
    if surplus:
        if not any(pod.deleting for pod in surplus):
            _delete(cluster, workload, surplus[-1])
    elif workload.rollout is not None:
        _update(cluster, workload, workload.rollout)


def _settled(cluster: Cluster, workload: WorkloadRecord) -> bool:
    """Tell whether every wanted ordinal has an available pod; a missing one is created first."""
    by_ordinal = {pod.ordinal: pod for pod in workload.pods.values()}
    for ordinal in range(workload.desired):
        pod = by_ordinal.get(ordinal)
        if pod is None:
            if try_create_pod(cluster, workload, workload.key, ordinal, _revision(workload, ordinal)):
                cluster.enqueue("scheduler")
            return False
        if not is_available(cluster, workload, pod):
            return False  # a name is free again only when its pod is gone; the next waits for Ready
    return True


def _revision(workload: WorkloadRecord, ordinal: int) -> RevisionRecord:
    """Return the version in which an ordinal's pod is made."""
    rollout = workload.rollout
    if rollout is None:
        return workload.revision
    number = stateful_revision(ordinal, workload.spec.partition, rollout.stable, rollout.target)
    return workload.revisions[number]


def _update(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> None:
    """Delete the highest ordinal of an older version. OnDelete leaves that to whoever deletes pods."""
    pods = {pod.ordinal: pod for pod in workload.pods.values()}
    places = [PlacedReplica(pod.ordinal, pod.revision == rollout.target, True) for pod in pods.values()]
    if workload.spec.strategy != "OnDelete":
        for ordinal in stateful_victims(places, workload.spec.partition, workload.spec.max_unavailable)[0]:
            _delete(cluster, workload, pods[ordinal])
    if all(place.updated for place in places):
        finish_rollout(cluster, workload)


def _delete(cluster: Cluster, workload: WorkloadRecord, pod: PodRecord) -> None:
    message = f"delete Pod {pod.name} in StatefulSet {workload.spec.name} successful"
    cluster.event("Normal", "SuccessfulDelete", workload.key, message, workload.key)
    kubelet.delete_pod(cluster, pod)


def _ordinal(pod: PodRecord) -> int:
    return pod.ordinal
