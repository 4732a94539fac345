"""Machines that are lost, from the moment at which they stop to the end of what stood on them.

Nobody is told. The node controller misses the kubelet's lease after a while; only then are the pods taken out of the
endpoints. Pods are evicted when the taint ``unreachable`` has outlasted their toleration, or deleted by force when the
cloud says that there is no such machine any more. Until then a pod that is deleted stays Terminating: a Deployment has
made another one, a StatefulSet waits.
"""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.clock import Rank
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.daemonset import target_node
from fvcapacity.control.nodes import order_node, take_away
from fvcapacity.control.state import NodeRecord
from fvcapacity.decisions.node_lifecycle import (
    LEASE_RENEWAL_NS,
    MONITOR_PERIOD_NS,
    noticed,
    orphans_deleted,
    taint_interval,
    toleration_ns,
    zone_state,
)
from fvcapacity.decisions.scheduler.queue import Change


def register(cluster: Cluster) -> None:
    """Say who does which work."""
    cluster.handle("node-monitor", Rank.NODE, mark_not_ready)
    cluster.handle("node-taint", Rank.NODE, taint)
    cluster.handle("taint-eviction", Rank.NODE, evict)
    cluster.handle("cloud-node", Rank.NODE, delete_node)
    cluster.handle("pod-gc", Rank.NODE, delete_orphans)
    cluster.handle("node-return", Rank.NODE, come_back)


def lose_machine(cluster: Cluster, node: NodeRecord, returns_ns: int | None, *, replace: bool, zone: bool) -> None:
    """Let a machine stop now.

    Parameters
    ----------
    cluster, node
        The machine.
    returns_ns
        When it is back; None for never.
    replace
        Whether its pool orders another one.
    zone
        Its zone is without power: the cloud still knows the machine.
    """
    now = cluster.now
    node.lost_ns, node.returns_ns, node.replaced, node.lost_with_zone = now, returns_ns, replace, zone
    cluster.cancel("eviction-manager", node.name)
    for pod in node.pods.values():
        kubelet.lose(cluster, pod)
    kubelet.update_background(cluster, node)
    phase = cluster.identity(node.name, node.index) % LEASE_RENEWAL_NS
    at, _ = noticed(now, phase)
    cluster.enqueue("node-monitor", node.name, at - now)
    if returns_ns is not None:
        cluster.enqueue("node-return", node.name, returns_ns - now)


def mark_not_ready(cluster: Cluster, name: str) -> None:
    """Find a machine unresponsive: its pods are not ready from now on, whatever they do."""
    node = cluster.state.nodes.get(name)
    if node is None or node.lost_ns is None:
        return
    node.ready, node.seen = False, None
    cluster.state.placements += 1
    cluster.event("Normal", "NodeNotReady", f"node/{name}", f"Node {name} status is now: NodeNotReady")
    for pod in node.pods.values():
        if pod.ready:
            cluster.pod_event(pod, "NodeNotReady", "Node is not ready", "Warning")
            kubelet.set_ready(cluster, pod, False)
    cluster.enqueue("node-taint", name)
    if node.returns_ns is None and not node.lost_with_zone:
        cluster.enqueue("cloud-node", name, MONITOR_PERIOD_NS)


def taint(cluster: Cluster, name: str) -> None:
    """Give a node the taint ``unreachable:NoExecute``, no faster than zones may be emptied."""
    node, record, now = cluster.state.nodes.get(name), cluster.state.faults, cluster.now
    if node is None or node.lost_ns is None:
        return
    zones: dict[str, list[bool]] = {}
    for other in cluster.state.nodes.values():
        if other.ready or other.unready:
            zones.setdefault(other.zone, []).append(other.ready)
    states = {zone: zone_state(sum(ready), len(ready) - sum(ready))[0] for zone, ready in zones.items()}
    interval, _ = taint_interval(states[node.zone], list(states.values()), len(zones[node.zone]))
    due = record.next_taint_ns.get(node.zone, 0)
    if interval is None or now < due:
        cluster.enqueue("node-taint", name, MONITOR_PERIOD_NS if interval is None else due - now)
        return
    record.next_taint_ns[node.zone] = now + interval
    for pod in node.pods.values():
        stays, _ = toleration_ns(pod.scheduling.tolerations)
        if stays is not None and not pod.deleting:
            cluster.enqueue("taint-eviction", str(pod.uid), stays)


def evict(cluster: Cluster, key: str) -> None:
    """Delete a pod whose toleration is over."""
    pod = cluster.state.pods.get(int(key))
    if pod is None or pod.deleting or not pod.lost:
        return
    namespace = cluster.workload_of(pod).spec.namespace
    cluster.pod_event(pod, "TaintManagerEviction", f"Marking for deletion Pod {namespace}/{pod.name}")
    kubelet.delete_pod(cluster, pod)


def delete_node(cluster: Cluster, name: str) -> None:
    """Delete the object of a node whose machine the cloud does not know any more; the pool may order another."""
    node = cluster.state.nodes.get(name)
    if node is None or node.lost_ns is None:
        return
    message = f"Deleting node {name} because it does not exist in the cloud provider"
    cluster.event("Normal", "DeletingNode", f"node/{name}", message)
    for pod in list(cluster.state.pods.values()):
        if pod.node == name and pod.lost:
            kubelet.leave_plane(cluster, pod)
        elif not pod.node and target_node(pod) == name:
            kubelet.vanish(cluster, pod)
    take_away(cluster, node)
    at, _ = orphans_deleted(cluster.now)
    cluster.enqueue("pod-gc", name, at - cluster.now)
    pool = cluster.state.pools.get(node.pool)
    if node.replaced and pool is not None:
        new = order_node(cluster, pool, node.zone)
        cluster.event("Normal", "ReplacingNode", f"nodepool/{pool.name}", f"Ordered {new.name} in the place of {name}")
        cluster.enqueue("node", new.name, pool.spec.boot)


def delete_orphans(cluster: Cluster, name: str) -> None:
    """Delete the pods of a node that is gone by force."""
    for pod in list(cluster.state.pods.values()):
        if pod.lost and pod.node == name:
            kubelet.vanish(cluster, pod, stopped=True)


def come_back(cluster: Cluster, name: str) -> None:
    """Let a lost machine start again: its kubelet ends what was deleted meanwhile, and starts the rest."""
    node = cluster.state.nodes.get(name)
    if node is None or node.lost_ns is None:
        return
    cluster.cancel("node-monitor", name)
    cluster.cancel("node-taint", name)
    node.lost_ns, node.returns_ns, node.lost_with_zone = None, None, False
    cluster.event("Warning", "Rebooted", f"node/{name}", f"Node {name} has been rebooted")
    if not node.ready:
        node.ready, node.seen = True, None
        cluster.state.placements += 1
        cluster.event("Normal", "NodeReady", f"node/{name}", f"Node {name} status is now: NodeReady")
    for pod in list(node.pods.values()):
        cluster.cancel("taint-eviction", str(pod.uid))
        kubelet.take_up_again(cluster, pod)
    for workload in cluster.state.workloads.values():
        if workload.spec.kind == "DaemonSet":
            cluster.enqueue("daemonset", workload.key)
    cluster.tell_scheduler(Change.NODE_UPDATED, name)
