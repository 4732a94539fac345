"""Emptying a machine that is to go: evictions, as far as disruption budgets allow, and the end of its pods."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.disruption import may_evict
from fvcapacity.control.state import NodeRecord, PodRecord
from fvcapacity.decisions.scheduler.queue import Change
from fvcapacity.units import NS_PER_S

EVICTION_RETRY_NS = 10 * NS_PER_S
"""A pod that may not be evicted yet is asked again after so long (``EvictionRetryTime``)."""


def is_daemon(cluster: Cluster, pod: PodRecord) -> bool:
    """Tell whether a pod belongs to its node and never moves."""
    return cluster.workload_of(pod).spec.kind == "DaemonSet"


def movable_pods(cluster: Cluster, node: NodeRecord) -> list[PodRecord]:
    """Return the pods of a node that have to go elsewhere before it can go.

    Those that nobody will ever end are not waited for (``IsPodLongTerminating``).
    """
    return [pod for pod in node.pods.values() if not is_daemon(cluster, pod) and not (pod.lost and pod.deleting)]


def cordon(cluster: Cluster, node: NodeRecord) -> None:
    """Let no more pods onto a node, and begin to empty it."""
    node.draining, node.seen, node.drain_since_ns = True, None, cluster.now
    cluster.state.placements += 1
    cluster.enqueue("drain", node.name)


def uncordon(cluster: Cluster, node: NodeRecord) -> None:
    """Let a node take pods again."""
    node.draining, node.seen = False, None
    cluster.state.placements += 1
    cluster.cancel("drain", node.name)
    cluster.tell_scheduler(Change.NODE_UPDATED, node.name)


def evict_all(cluster: Cluster, node: NodeRecord, longest_grace_ns: int | None = None) -> list[PodRecord]:
    """Evict what the disruption budgets allow, and return those pods that may not leave yet.

    Parameters
    ----------
    cluster, node
        The node whose pods are asked to leave.
    longest_grace_ns
        A longer grace period is cut to this one.
    """
    stuck = []
    for pod in movable_pods(cluster, node):
        if pod.deleting:
            continue
        if not may_evict(cluster, pod):
            stuck.append(pod)
            continue
        kubelet.delete_pod(cluster, pod)
        if longest_grace_ns is not None and pod.shape.grace_ns > longest_grace_ns:
            cluster.enqueue("kill", str(pod.uid), longest_grace_ns)
    return stuck


def kill(cluster: Cluster, key: str) -> None:
    """End a pod whose grace period was cut short."""
    pod = cluster.state.pods.get(int(key))
    if pod is not None:
        kubelet.vanish(cluster, pod)
