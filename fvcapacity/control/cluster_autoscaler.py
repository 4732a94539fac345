"""The cluster autoscaler: orders nodes for pods without a place; ``scale_down`` gives back what is not needed."""

from __future__ import annotations

from fvcapacity.control.clock import At, Rank
from fvcapacity.control.cluster import Cluster, Process
from fvcapacity.control.daemonset import admits, workload_pod
from fvcapacity.control.draining import is_daemon
from fvcapacity.control.nodes import node_view as empty_node
from fvcapacity.control.nodes import order_node, remove_node, usd_per_hour
from fvcapacity.control.scale_down import forget_unneeded, shrink
from fvcapacity.control.scheduler import node_view, pending_pods
from fvcapacity.control.state import NodeRecord, PodRecord, PoolRecord
from fvcapacity.decisions.cluster_autoscaler import Choice, NodeGroup, scale_up
from fvcapacity.decisions.cluster_autoscaler.health import is_healthy, next_backoff
from fvcapacity.decisions.scheduler import NodeView, PlacedPod
from fvcapacity.units import NS_PER_S, format_duration, millicores

GPU = "nvidia.com/gpu"
_YOUNG_NS = 2 * NS_PER_S
"""When all pods without a place are younger, more may come: the autoscaler waits one scan (``allPodsAreNew``)."""


def cluster_autoscaler(cluster: Cluster) -> Process:
    """Scan, scale up, and if nothing had to grow, scale down."""
    periodic = cluster.state.periodic
    while True:
        yield At(cluster.env, periodic["cluster-autoscaler"], Rank.CLUSTER_AUTOSCALER)
        scan(cluster)
        periodic["cluster-autoscaler"] = cluster.now + cluster.timings.autoscaler_scan


def scan(cluster: Cluster) -> None:
    """Do one round (``RunOnce`` of ``core/static_autoscaler.go``)."""
    settings, nodes = cluster.timings.autoscaler, cluster.state.nodes
    joined = [node for node in nodes.values() if node.life.ready_ns is not None]
    if len(joined) < len(nodes):
        give_up_late_nodes(cluster)
    unready = sum([not node.ready for node in joined])
    if not is_healthy(unready, len(joined), settings.ok_unready_count, settings.max_unready_percent):
        forget_unneeded(cluster)
        cluster.event("Warning", "ClusterUnhealthy", "configmap/cluster-autoscaler-status", "Cluster is unhealthy")
        return
    waiting = unschedulable_pods(cluster)
    if waiting and all(cluster.now - pod.life.created_ns < _YOUNG_NS for pod in waiting):
        shrink(cluster, look_only=True)
    elif not (waiting and grow(cluster, waiting)):
        shrink(cluster)


def unschedulable_pods(cluster: Cluster) -> list[PodRecord]:
    """Return the pods that may bring a node: those that found none, but for pods that preempted others already."""
    lowest = cluster.timings.autoscaler.expendable_pods_priority
    return [
        pod
        for pod in pending_pods(cluster)
        if pod.scheduling_message
        and not pod.nominated_node
        and pod.scheduling.priority >= lowest
        and not is_daemon(cluster, pod)
    ]


def grow(cluster: Cluster, waiting: list[PodRecord]) -> bool:
    """Order nodes for pods that no node, present or ordered, can take. True when something was ordered."""
    groups = [node_group(cluster, pool) for pool in cluster.state.pools.values() if pool.spec.maximum > 0]
    board = [
        _upcoming(cluster, node) for node in cluster.state.nodes.values() if not node.draining and not node.unready
    ]
    option, reason = scale_up([pod.scheduling for pod in waiting], board, groups, _choice(cluster))
    if option is None:
        if reason != "NotNeeded":
            _report_refusal(cluster, waiting, reason)
        return False
    pool = cluster.state.pools[option.group]
    before = pool_size(cluster, pool)
    for zone in option.zones:
        node = order_node(cluster, pool, zone)
        cluster.enqueue("node", node.name, pool.spec.boot)
    cluster.state.last_scale_up_ns = cluster.now
    cluster.state.scale_ups += 1
    change = f"{before}->{before + len(option.zones)} (max: {pool.spec.maximum})"
    for pod in waiting:
        if pod.name in option.pods:
            pod.reported_scale_up = reason
            cluster.pod_event(pod, "TriggeredScaleUp", f"pod triggered scale-up: [{{{pool.name} {change}}}]")
    return True


def _choice(cluster: Cluster) -> Choice:
    settings = cluster.timings.autoscaler
    return Choice(
        expanders=settings.expander,
        priorities=settings.priorities,
        cluster_size=len(cluster.ready_nodes()),
        draw=cluster.identity("cluster-autoscaler", cluster.state.scale_ups),
    )


def give_up_late_nodes(cluster: Cluster) -> None:
    """Give back machines that have not joined in time, and leave their pools alone for a while."""
    longest, now = cluster.timings.autoscaler.max_node_provision, cluster.now
    late = [
        node
        for node in cluster.state.nodes.values()
        if node.life.ready_ns is None and node.life.created_ns + longest < now and node.pool in cluster.state.pools
    ]
    for name in dict.fromkeys(node.pool for node in late):
        pool = cluster.state.pools[name]
        pool.backoff = next_backoff(pool.backoff, now)
        message = f"Nodes added to group {name} failed to register within {format_duration(longest)}"
        cluster.event("Warning", "ScaleUpTimedOut", f"nodepool/{name}", message)
    for node in late:
        cluster.event("Normal", "DeleteUnregistered", f"node/{node.name}", f"Removed unregistered node {node.name}")
        remove_node(cluster, node)


def node_group(cluster: Cluster, pool: PoolRecord) -> NodeGroup:
    """Return a pool as the autoscaler sees it, its next zones first."""
    spec, zones = pool.spec, pool.spec.zones
    turn = pool.created % len(zones)

    def template(zone: str, number: int) -> NodeView:
        return with_daemons(cluster, empty_node(pool, f"template-{pool.name}-{number}", zone))

    return NodeGroup(
        name=pool.name,
        size=pool_size(cluster, pool),
        minimum=spec.minimum,
        maximum=spec.maximum,
        zones=(*zones[turn:], *zones[:turn]),
        template=template,
        capacity=(millicores(spec.cpu), spec.memory),
        usd_per_hour=usd_per_hour(cluster, spec.instance_type, spec.spot),
        accelerated=bool(spec.allocatable_others.get(GPU)),
        backing_off=pool.backoff is not None and pool.backoff.until_ns > cluster.now,
    )


def with_daemons(cluster: Cluster, view: NodeView) -> NodeView:
    """Return an empty node with the DaemonSet pods that it will get."""
    daemons = [w for w in cluster.state.workloads.values() if w.spec.kind == "DaemonSet"]
    return view.holding(tuple(PlacedPod(workload_pod(w)) for w in daemons if admits(w, view)))


def pool_size(cluster: Cluster, pool: PoolRecord) -> int:
    """Return how many machines a pool has, those that boot included and those that leave left out."""
    nodes = cluster.state.nodes.values()
    return sum(1 for node in nodes if node.pool == pool.name and not node.draining)


def _upcoming(cluster: Cluster, node: NodeRecord) -> NodeView:
    """Return a node with those pods that wait for the room of others; one that still boots with its DaemonSets'."""
    if not node.ready:
        return with_daemons(cluster, node.view)
    view = node_view(cluster, node)
    for pod in cluster.state.scheduler.waiting.values():
        if pod.nominated_node == node.name:
            view = view.with_pod(PlacedPod(pod.scheduling))
    return view


def _report_refusal(cluster: Cluster, waiting: list[PodRecord], reason: str) -> None:
    for pod in waiting:
        if pod.reported_scale_up != reason:
            pod.reported_scale_up = reason
            message = f"pod didn't trigger scale-up: {reason.partition(': ')[2]}"
            cluster.pod_event(pod, "NotTriggerScaleUp", message)
