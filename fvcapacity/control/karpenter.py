"""Karpenter: buys machines for batches of pods; ``karpenter_disruption`` gives them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.cluster_autoscaler import with_daemons
from fvcapacity.control.draining import is_daemon, movable_pods
from fvcapacity.control.nodes import ENOUGH, INSTANCE_TYPE, add_machine, usd_per_hour
from fvcapacity.control.scheduler import node_view, pending_pods
from fvcapacity.control.state import NodeRecord, PodRecord
from fvcapacity.decisions.karpenter import Claim, Offer, Pool, pack
from fvcapacity.decisions.scheduler import HOSTNAME, ZONE, NodeView, SchedulingPod, Taint
from fvcapacity.decisions.scheduler.resources import EPHEMERAL_STORAGE
from fvcapacity.errors import InvariantError
from fvcapacity.frozen import replace
from fvcapacity.scenario.karpenter import InstanceType, Karpenter, KarpenterPool
from fvcapacity.units import NS_PER_S, millicores

CAPACITY_TYPE, NODE_POOL = "karpenter.sh/capacity-type", "karpenter.sh/nodepool"
_RETRY_NS = 10 * NS_PER_S
"""A pod that still has no place is noticed again after so long (``provisioning/controller.go``)."""


def settings(cluster: Cluster) -> Karpenter | None:
    """Return Karpenter's settings, or None where it does not run."""
    file = cluster.scenario.file
    return file.karpenter if file.provisioner == "karpenter" else None


def required(cluster: Cluster) -> Karpenter:
    """Return Karpenter's settings, where it is known to run."""
    given = settings(cluster)
    if given is None:
        raise InvariantError("Karpenter was asked to work in a cluster where it does not run")
    return given


def karpenter_pools(cluster: Cluster) -> tuple[str, ...]:
    """Return the names of Karpenter's NodePools."""
    given = settings(cluster)
    return tuple(given.node_pools) if given is not None else ()


def notice(cluster: Cluster, key: str) -> None:
    """Take a pod without a place into the batch; the batch is closed when none has come for a while."""
    record, given = cluster.state.karpenter, settings(cluster)
    pod = cluster.state.pods.get(int(key))
    if given is None or pod is None or not _provisionable(cluster, pod) or pod.uid in record.noticed:
        return
    record.noticed[pod.uid] = None
    if record.batch_ns is None:
        record.batch_ns = cluster.now
    due = min(cluster.now + given.batch_idle, record.batch_ns + given.batch_max)
    cluster.enqueue("provisioner", "", due - cluster.now)


def provision(cluster: Cluster, _: str = "") -> None:
    """Buy machines for all pods that have no place, and for those whose node is about to go."""
    record = cluster.state.karpenter
    record.batch_ns, record.noticed = None, {}
    waiting = [pod for pod in pending_pods(cluster) if _provisionable(cluster, pod)]
    if not waiting:
        return
    by_pod = {id(pod.scheduling): pod for pod in waiting}
    packing = pack([*(pod.scheduling for pod in waiting), *_leaving(cluster)], existing_nodes(cluster), pools(cluster))
    for name, placed in packing.placed.items():
        _expect(cluster, cluster.state.nodes[name], placed, by_pod)
    for claim in packing.claims:
        node = buy(cluster, claim)
        _expect(cluster, node, claim.pods, by_pod)
    for failed, reason in packing.failed:
        pod = by_pod.get(id(failed))
        if pod is not None and pod.reported_scale_up != reason:
            pod.reported_scale_up = reason
            cluster.pod_event(pod, "FailedScheduling", f"Failed to schedule pod, {reason}", "Warning")
    for pod in waiting:
        cluster.enqueue("unschedulable", str(pod.uid), _RETRY_NS)


def buy(cluster: Cluster, claim: Claim, replaces: tuple[str, ...] = ()) -> NodeRecord:
    """Order the cheapest machine that does for a claim."""
    node = new_machine(cluster, claim)
    node.replaces = replaces
    offer, given = claim.offers[0], required(cluster)
    kind = "spot" if offer.spot else "on-demand"
    message = f"Launched {offer.instance_type} ({kind}) in {offer.zone}"
    cluster.event("Normal", "Launched", f"nodeclaim/{node.name}", message)
    cluster.enqueue("node", node.name, given.node_pools[claim.pool].boot)
    return node


def new_machine(cluster: Cluster, claim: Claim) -> NodeRecord:
    """Create the records of a claim's machine."""
    offer, created = claim.offers[0], cluster.state.karpenter.created
    created[claim.pool] = created.get(claim.pool, 0) + 1
    name = f"{claim.pool}-{created[claim.pool]}"
    view = replace(offer.view.without_pods(), name=name, labels={**offer.view.labels, HOSTNAME: name})
    size = offer.capacity["cpu"] / 1000, offer.capacity["memory"]
    return add_machine(cluster, claim.pool, view, offer.instance_type, spot=offer.spot, size=size)


def _expect(cluster: Cluster, node: NodeRecord, pods: Sequence[SchedulingPod], by_pod: Mapping[int, PodRecord]) -> None:
    """Say where pods should go, and keep the node for them for a while (``NominateNodeForPod``)."""
    given = required(cluster)
    node.expected_until_ns = max(cluster.now, cluster.now + 2 * given.batch_max)
    for scheduling in pods:
        pod = by_pod.get(id(scheduling))
        message = f"Pod should schedule on: {'node' if node.ready else 'nodeclaim'}/{node.name}"
        if pod is not None and pod.reported_scale_up != message:
            pod.reported_scale_up = message
            cluster.pod_event(pod, "Nominated", message)


def _provisionable(cluster: Cluster, pod: PodRecord) -> bool:
    """Tell whether a pod may bring a machine: the scheduler failed, and nobody has to leave for it."""
    waits = bool(pod.scheduling_message) and not pod.node and not pod.deleting
    return waits and not pod.nominated_node and not is_daemon(cluster, pod)


def _leaving(cluster: Cluster) -> list[SchedulingPod]:
    """Return the pods of nodes that are about to go: they will need a place soon."""
    going = [node for node in cluster.state.nodes.values() if node.draining or node.disrupted]
    return [pod.scheduling for node in going for pod in movable_pods(cluster, node) if not pod.deleting]


def existing_nodes(cluster: Cluster) -> list[NodeView]:
    """Return the nodes that may take pods: those that have joined first, then those on their way, by name."""
    staying = [n for n in cluster.state.nodes.values() if not (n.draining or n.disrupted or n.unready)]
    ordered = sorted(staying, key=lambda node: (not node.ready, node.name))
    return [node_view(cluster, node) if node.ready else with_daemons(cluster, node.view) for node in ordered]


def pools(cluster: Cluster) -> list[Pool]:
    """Return what may be bought now."""
    given = required(cluster)
    return [_pool(cluster, name, pool) for name, pool in given.node_pools.items()]


def _pool(cluster: Cluster, name: str, pool: KarpenterPool) -> Pool:
    offers = [
        offer
        for machine in pool.instance_types
        for zone in machine.zones
        for kind in machine.capacity_types
        if (offer := _offer(cluster, name, pool, machine, zone, kind == "spot")) is not None
    ]
    nodes = [node for node in cluster.state.nodes.values() if node.pool == name]
    left = {}
    if pool.limits.cpu is not None:
        left["cpu"] = millicores(pool.limits.cpu) - sum(millicores(node.cpu_cores) for node in nodes)
    if pool.limits.memory is not None:
        sizes = {machine.name: machine.memory for machine in pool.instance_types}
        left["memory"] = pool.limits.memory - sum(sizes[node.life.instance_type] for node in nodes)
    return Pool(name=name, offers=tuple(offers), weight=pool.weight, left=left)


def _offer(
    cluster: Cluster, name: str, pool: KarpenterPool, machine: InstanceType, zone: str, spot: bool
) -> Offer | None:
    """Return a machine of a type in a zone; None when it has no price."""
    price = machine_price(cluster, machine, spot)
    if price is None:
        return None
    labels = {
        **pool.labels,
        **machine.labels,
        ZONE: zone,
        INSTANCE_TYPE: machine.name,
        CAPACITY_TYPE: "spot" if spot else "on-demand",
        NODE_POOL: name,
    }
    view = NodeView(
        name=machine.name,
        labels=labels,
        cpu_milli=millicores(machine.allocatable_cpu),
        memory_bytes=machine.allocatable_memory,
        others={EPHEMERAL_STORAGE: ENOUGH, **machine.allocatable_others},
        max_pods=machine.max_pods,
        taints=tuple(Taint(t.get("key", ""), t.get("value", ""), t.get("effect", "NoSchedule")) for t in pool.taints),
    )
    return Offer(
        instance_type=machine.name,
        zone=zone,
        spot=spot,
        usd_per_hour=price,
        view=with_daemons(cluster, view),
        capacity={"cpu": millicores(machine.cpu), "memory": machine.memory},
    )


def machine_price(cluster: Cluster, machine: InstanceType, spot: bool) -> float | None:
    """Return what an hour of a machine costs: as the scenario says, or else its price list."""
    given = machine.spot_usd_per_hour if spot else machine.usd_per_hour
    return usd_per_hour(cluster, machine.name, spot) if given is None else given
