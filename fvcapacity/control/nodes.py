"""Machines: ordered, booted, and given back."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.daemonset import target_node
from fvcapacity.control.history import NodeLife
from fvcapacity.control.state import NodeRecord, PoolRecord
from fvcapacity.dataplane.plane import AddNode, RemoveNode
from fvcapacity.decisions.scheduler import HOSTNAME, ZONE, NodeView, Taint
from fvcapacity.decisions.scheduler.queue import Change
from fvcapacity.decisions.scheduler.resources import EPHEMERAL_STORAGE
from fvcapacity.units import millicores

ENOUGH = 2**62
"""Of what the scenario does not count."""
INSTANCE_TYPE = "node.kubernetes.io/instance-type"


def order_node(cluster: Cluster, pool: PoolRecord, zone: str | None = None) -> NodeRecord:
    """Create a machine's records; it is paid for from now on. Without a zone the pool's go round."""
    spec = pool.spec
    zone = zone or spec.zones[pool.created % len(spec.zones)]
    pool.created += 1
    view = node_view(pool, f"{pool.name}-{pool.created}", zone)
    return add_machine(cluster, pool.name, view, spec.instance_type, spot=spec.spot, size=(spec.cpu, spec.memory))


def add_machine(
    cluster: Cluster, pool: str, view: NodeView, instance_type: str, *, spot: bool, size: tuple[float, int]
) -> NodeRecord:
    """Create the records of a machine that was ordered; ``size`` is its cores and its bytes of memory."""
    state = cluster.state
    state.last_node += 1
    life = NodeLife(
        name=view.name,
        pool=pool,
        instance_type=instance_type,
        zone=view.zone,
        spot=spot,
        created_ns=cluster.now,
        cpu_cores=size[0],
        memory_bytes=size[1],
    )
    node = NodeRecord(state.last_node, view.name, pool, view.zone, view.labels, life, view, *size)
    state.nodes[view.name] = node
    cluster.history.nodes.append(life)
    return node


def node_view(pool: PoolRecord, name: str, zone: str) -> NodeView:
    """Return an empty node of a pool as the scheduler sees it."""
    spec = pool.spec
    labels = {**spec.labels, HOSTNAME: name, ZONE: zone, INSTANCE_TYPE: spec.instance_type}
    taints = tuple(Taint(t.get("key", ""), t.get("value", ""), t.get("effect", "NoSchedule")) for t in spec.taints)
    return NodeView(
        name=name,
        labels=labels,
        cpu_milli=millicores(spec.allocatable_cpu),
        memory_bytes=spec.allocatable_memory,
        others={EPHEMERAL_STORAGE: ENOUGH, **spec.allocatable_others},
        max_pods=spec.max_pods,
        taints=taints,
    )


def usd_per_hour(cluster: Cluster, instance_type: str, spot: bool) -> float | None:
    """Return what a machine costs by the scenario's price list; None when that does not say."""
    prices, cost = cluster.scenario.prices, cluster.scenario.file.cost
    if prices is None or cost is None:
        return None
    price = prices.instance(instance_type, cost.region, spot=spot)
    return None if price is None else price.usd_per_hour


def node_ready(cluster: Cluster, name: str) -> None:
    """Let a machine that has booted join: DaemonSets and the scheduler may use it."""
    node = cluster.state.nodes[name]
    if node.zone in cluster.state.faults.lost_zones:
        returns = cluster.state.faults.lost_zones[node.zone]
        if returns is not None:
            cluster.enqueue("node", name, returns - cluster.now)
        return
    join(cluster, node)
    cluster.event("Normal", "NodeReady", f"node/{name}", f"Node {name} status is now: NodeReady")
    for workload in cluster.state.workloads.values():
        if workload.spec.kind == "DaemonSet":
            cluster.enqueue("daemonset", workload.key)
    cluster.tell_scheduler(Change.NODE_ADDED, name)
    for old in node.replaces:
        cluster.enqueue("retire", old)


def join(cluster: Cluster, node: NodeRecord) -> None:
    """Let a node take pods and tell the plane of it."""
    node.ready = True
    node.life.ready_ns = cluster.now
    cluster.state.placements += 1
    cluster.commands.append(AddNode(node=node.index, name=node.name, cpu_cores=node.cpu_cores))


def remove_node(cluster: Cluster, node: NodeRecord) -> None:
    """Delete a drained machine, or one that never came; DaemonSet pods go with it."""
    waiting = [pod for pod in cluster.state.pods.values() if not pod.node and target_node(pod) == node.name]
    for pod in (*node.pods.values(), *waiting):
        kubelet.vanish(cluster, pod)
    take_away(cluster, node)


def take_away(cluster: Cluster, node: NodeRecord) -> None:
    """Delete the node object; it is paid for no longer. Its pods are somebody else's work."""
    joined = node.life.ready_ns is not None
    cluster.cancel("node", node.name)
    node.ready, node.deleted = False, True
    node.life.deleted_ns = cluster.now
    cluster.state.placements += 1
    cluster.tell_scheduler(Change.NODE_GONE, node.name)
    if joined:
        cluster.commands.append(RemoveNode(node=node.index))
    del cluster.state.nodes[node.name]
