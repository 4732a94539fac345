"""StatefulSet controller: ordered, one pod at a time (podManagementPolicy OrderedReady)."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.pods import try_create_pod


def sync_statefulset(cluster: Cluster, key: str) -> None:
    """Create the lowest missing ordinal or delete the highest surplus one, each after the one before is settled."""
    workload = cluster.state.workloads[key]
    by_ordinal = {pod.ordinal: pod for pod in workload.pods.values()}
    for ordinal in range(workload.desired):
        pod = by_ordinal.get(ordinal)
        if pod is None:
            if try_create_pod(cluster, workload, key, ordinal):
                cluster.enqueue("scheduler")
            return
        if not pod.ready or pod.deleting:
            return  # a name is free again only when its pod is gone; the next waits for Ready
    surplus = sorted((ordinal for ordinal in by_ordinal if ordinal >= workload.desired), reverse=True)
    if surplus and not any(by_ordinal[ordinal].deleting for ordinal in surplus):
        pod = by_ordinal[surplus[0]]
        message = f"delete Pod {pod.name} in StatefulSet {workload.spec.name} successful"
        cluster.event("Normal", "SuccessfulDelete", key, message, key)
        kubelet.delete_pod(cluster, pod)
