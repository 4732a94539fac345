"""The cluster autoscaler: orders nodes for pods without a place, gives back nodes that are not needed."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.clock import At, Rank
from fvcapacity.control.cluster import Cluster, Process
from fvcapacity.control.daemonset import admits, workload_pod
from fvcapacity.control.disruption import may_evict
from fvcapacity.control.nodes import node_view as empty_node
from fvcapacity.control.nodes import order_node, remove_node
from fvcapacity.control.scheduler import node_view, pending_pods
from fvcapacity.control.state import NodeRecord, PodRecord, PoolRecord
from fvcapacity.decisions.cluster_autoscaler import (
    Candidate,
    HeldPod,
    NodeGroup,
    node_utilization,
    scale_up,
    unneeded_nodes,
)
from fvcapacity.decisions.scheduler import NodeView, PlacedPod

_SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
_MAX_EMPTY_AT_ONCE = 10


def cluster_autoscaler(cluster: Cluster) -> Process:
    """Scan, scale up, and if nothing had to grow, scale down."""
    periodic = cluster.state.periodic
    while True:
        yield At(cluster.env, periodic["cluster-autoscaler"], Rank.CLUSTER_AUTOSCALER)
        if not grow(cluster):
            shrink(cluster)
        periodic["cluster-autoscaler"] = cluster.now + cluster.timings.autoscaler_scan


def grow(cluster: Cluster) -> bool:
    """Order nodes for pods that no node, present or ordered, can take. True when something was ordered."""
    waiting = [pod for pod in pending_pods(cluster) if pod.scheduling_message and not _is_daemon(cluster, pod)]
    if not waiting:
        return False
    groups = [node_group(cluster, pool) for pool in cluster.state.pools.values() if pool.spec.maximum > 0]
    board = [_upcoming(cluster, node) for node in cluster.state.nodes.values() if not node.draining]
    option, reason = scale_up([pod.scheduling for pod in waiting], board, groups)
    if option is None:
        if reason != "NotNeeded":
            _report_refusal(cluster, waiting, reason)
        return False
    pool = cluster.state.pools[option.group]
    before = _size(cluster, pool)
    for zone in option.zones:
        node = order_node(cluster, pool, zone)
        cluster.enqueue("node", node.name, pool.spec.boot)
    cluster.state.last_scale_up_ns = cluster.now
    change = f"{before}->{before + len(option.zones)} (max: {pool.spec.maximum})"
    for pod in waiting:
        if pod.name in option.pods:
            pod.reported_scale_up = reason
            cluster.pod_event(pod, "TriggeredScaleUp", f"pod triggered scale-up: [{{{pool.name} {change}}}]")
    return True


def shrink(cluster: Cluster) -> None:
    """Give back nodes that have not been needed for long enough: all empty ones, or one that must be drained."""
    state, timings, now = cluster.state, cluster.timings, cluster.now
    _find_unneeded(cluster)
    grew = state.last_scale_up_ns
    if grew is not None and now - grew < timings.scale_down_delay_after_add:
        return
    due = [
        node
        for name in state.unneeded
        if (node := state.nodes[name]).unneeded_since_ns is not None
        and now - node.unneeded_since_ns >= timings.scale_down_unneeded
    ]
    empty = [node for node in due if not _movable(cluster, node)]
    for node in empty[:_MAX_EMPTY_AT_ONCE]:
        _start_drain(cluster, node)
    if not empty and due and not any(node.draining for node in state.nodes.values()):
        _start_drain(cluster, due[0])


def drain(cluster: Cluster, name: str) -> None:
    """Evict what the disruption budgets allow; delete the node when only DaemonSet pods are left."""
    node = cluster.state.nodes.get(name)
    if node is None or not node.draining:
        return
    left = _movable(cluster, node)
    if not left:
        cluster.event("Normal", "ScaleDown", f"node/{name}", "Scale-down: node removed by cluster autoscaler")
        remove_node(cluster, node)
        return
    for pod in left:
        if not pod.deleting and may_evict(cluster, pod):
            kubelet.delete_pod(cluster, pod)
    if name in cluster.state.nodes:
        cluster.enqueue("drain", name, cluster.timings.autoscaler_scan)


def node_group(cluster: Cluster, pool: PoolRecord) -> NodeGroup:
    """Return a pool as the autoscaler sees it, its next zones first."""
    zones = pool.spec.zones
    turn = pool.created % len(zones)
    daemons = [w for w in cluster.state.workloads.values() if w.spec.kind == "DaemonSet"]

    def template(zone: str, number: int) -> NodeView:
        view = empty_node(pool, f"template-{pool.name}-{number}", zone)
        wanted = [PlacedPod(workload_pod(w)) for w in daemons if admits(w, view)]
        return view.holding(tuple(wanted))

    size = _size(cluster, pool)
    order = (*zones[turn:], *zones[:turn])
    return NodeGroup(pool.name, size, pool.spec.minimum, pool.spec.maximum, order, template)


def _size(cluster: Cluster, pool: PoolRecord) -> int:
    nodes = cluster.state.nodes.values()
    return sum(1 for node in nodes if node.pool == pool.name and not node.draining)


def _upcoming(cluster: Cluster, node: NodeRecord) -> NodeView:
    """Return a node; one that still boots is shown with its DaemonSet pods already on it."""
    if node.ready:
        return node_view(cluster, node)
    daemons = [w for w in cluster.state.workloads.values() if w.spec.kind == "DaemonSet"]
    return node.view.holding(tuple(PlacedPod(workload_pod(w)) for w in daemons if admits(w, node.view)))


def _report_refusal(cluster: Cluster, waiting: list[PodRecord], reason: str) -> None:
    for pod in waiting:
        if pod.reported_scale_up != reason:
            pod.reported_scale_up = reason
            message = f"pod didn't trigger scale-up: {reason.partition(': ')[2]}"
            cluster.pod_event(pod, "NotTriggerScaleUp", message)


def _find_unneeded(cluster: Cluster) -> None:
    """Work out which nodes are not needed; again only after a pod or node has moved."""
    state = cluster.state
    if state.scale_down_seen == state.placements:
        return
    state.scale_down_seen = state.placements
    threshold = cluster.timings.scale_down_utilization
    spare = {pool.name: _size(cluster, pool) - pool.spec.minimum for pool in state.pools.values()}
    ready = [node for node in cluster.ready_nodes() if not node.draining]
    views = {node.name: node_view(cluster, node) for node in ready}
    candidates = [
        Candidate(
            views[node.name],
            node.pool,
            tuple(pod.scheduling for pod in _movable(cluster, node) if not pod.deleting),
            _blocked(cluster, node),
            used,
        )
        for node in ready
        if spare.get(node.pool, 0) > 0 and (used := _used(cluster, node)) < threshold
    ]
    found, _ = unneeded_nodes(candidates, list(views.values()), spare, threshold)
    state.unneeded = found
    for node in state.nodes.values():
        if node.name not in found:
            node.unneeded_since_ns = None
        elif node.unneeded_since_ns is None:
            node.unneeded_since_ns = cluster.now


def _used(cluster: Cluster, node: NodeRecord) -> float:
    allocatable = {"cpu": node.view.cpu_milli, "memory": node.view.memory_bytes}
    held = [
        HeldPod(
            requests={"cpu": pod.scheduling.cpu_milli, "memory": pod.scheduling.memory_bytes},
            daemon=_is_daemon(cluster, pod),
        )
        for pod in node.pods.values()
    ]
    found = node_utilization(allocatable, held, cluster.now)
    return found.share if found else 1.0


def _start_drain(cluster: Cluster, node: NodeRecord) -> None:
    node.draining, node.seen = True, None
    cluster.state.placements += 1
    message = "Scale-down: marked the node as toBeDeleted/unschedulable"
    cluster.event("Normal", "ScaleDown", f"node/{node.name}", message)
    cluster.enqueue("drain", node.name)


def _movable(cluster: Cluster, node: NodeRecord) -> list[PodRecord]:
    return [pod for pod in node.pods.values() if not _is_daemon(cluster, pod)]


def _blocked(cluster: Cluster, node: NodeRecord) -> str:
    """Return why a pod of the node must not be moved, or ""."""
    for pod in _movable(cluster, node):
        workload = cluster.workload_of(pod)
        if workload.spec.template.annotations.get(_SAFE_TO_EVICT) == "false":
            return "NotSafeToEvictAnnotation"
        if workload.spec.kind == "Pod":
            return "NotReplicated"
        if not may_evict(cluster, pod):
            return "NotEnoughPdb"
    return ""


def _is_daemon(cluster: Cluster, pod: PodRecord) -> bool:
    return cluster.workload_of(pod).spec.kind == "DaemonSet"
