"""Karpenter's disruption controller: gives machines back that are empty, or whose pods do elsewhere for less money."""

from __future__ import annotations

from fvcapacity.control.clock import At, Rank
from fvcapacity.control.cluster import Cluster, Process
from fvcapacity.control.disruption import may_evict
from fvcapacity.control.draining import EVICTION_RETRY_NS, cordon, evict_all, movable_pods
from fvcapacity.control.karpenter import buy, existing_nodes, karpenter_pools, machine_price, pools, required
from fvcapacity.control.nodes import remove_node
from fvcapacity.control.scheduler import pending_pods
from fvcapacity.control.state import NodeRecord
from fvcapacity.decisions.karpenter import (
    Candidate,
    Command,
    Market,
    allowed_disruptions,
    consolidate,
    disruption_cost,
    empty_nodes,
)
from fvcapacity.decisions.karpenter.consolidation import compute
from fvcapacity.units import NS_PER_S

PERIOD_NS = 10 * NS_PER_S
"""Between two looks (``pollingPeriod``)."""
VALIDATION_NS = 15 * NS_PER_S
"""Between finding something worth doing and doing it, if it still is (``consolidationTTL``)."""
_FORGET_NS = 300 * NS_PER_S
"""After so long it is looked again although nothing has changed."""
_DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt"
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def karpenter_disruption(cluster: Cluster) -> Process:
    """Look for machines to give back, now and then."""
    periodic = cluster.state.periodic
    while True:
        yield At(cluster.env, periodic["karpenter-disruption"], Rank.CLUSTER_AUTOSCALER)
        look(cluster)
        periodic["karpenter-disruption"] = cluster.now + PERIOD_NS


def look(cluster: Cluster) -> None:
    """Find one thing to do, if there is any and none is under way."""
    record, placements = cluster.state.karpenter, cluster.state.placements
    fresh = cluster.now - record.consolidated_ns < _FORGET_NS
    if record.command is not None or (record.consolidated == placements and fresh):
        return
    candidates = find_candidates(cluster)
    allowed = _allowed(cluster)
    command = empty_nodes(candidates, allowed) or consolidate(
        _underused(cluster, candidates), _market(cluster), allowed
    )
    if command is not None:
        record.command = command
        cluster.enqueue("disruption", "", VALIDATION_NS)
    elif _settled(cluster, candidates, allowed):
        record.consolidated, record.consolidated_ns = placements, cluster.now


def _settled(cluster: Cluster, candidates: list[Candidate], allowed: dict[str, int]) -> bool:
    """Tell whether nothing will come up by itself: no node waits for its time, none was spared by a budget alone."""
    known = {candidate.name for candidate in candidates}
    waiting = any(node.name not in known and _owned(cluster, node) for node in cluster.ready_nodes())
    return not waiting and all(allowed.get(candidate.pool, 0) > 0 for candidate in candidates)


def disrupt(cluster: Cluster, _: str = "") -> None:
    """Do what was found, if it is still right (``validation.go``)."""
    record = cluster.state.karpenter
    command, record.command = record.command, None
    if command is None or (current := _still_right(cluster, command)) is None:
        return
    for name in current.nodes:
        node = cluster.state.nodes[name]
        node.disrupted, node.seen = True, None
        cluster.state.placements += 1
        message = f"Disrupting Node: {current.reason}"
        cluster.event("Normal", "DisruptionTerminating", f"node/{name}", message)
    if current.replacement is not None:
        buy(cluster, current.replacement, replaces=current.nodes)
    else:
        for name in current.nodes:
            retire(cluster, name)


def _still_right(cluster: Cluster, command: Command) -> Command | None:
    """Return what is to be done now for a command of a while ago, or None when it is no longer right."""
    candidates = {c.name: c for c in find_candidates(cluster)}
    allowed = _allowed(cluster)
    if command.reason == "Empty":
        left = [c for name in command.nodes if (c := candidates.get(name)) is not None]
        return empty_nodes(left, allowed)
    chosen = [candidates[name] for name in command.nodes if name in candidates]
    for candidate in chosen:
        allowed[candidate.pool] -= 1
    if len(chosen) != len(command.nodes) or min(allowed.values(), default=0) < 0:
        return None
    now = compute(chosen, _market(cluster))
    if now is None or (now.replacement is None) != (command.replacement is None):
        return None
    if now.replacement is not None and command.replacement is not None:
        before = {offer.instance_type for offer in command.replacement.offers}
        if not before <= {offer.instance_type for offer in now.replacement.offers}:
            return None
        return command
    return now


def retire(cluster: Cluster, name: str) -> None:
    """Empty a node that nothing is expected of any more."""
    node = cluster.state.nodes.get(name)
    if node is not None and not node.draining:
        cordon(cluster, node)


def drain(cluster: Cluster, node: NodeRecord) -> None:
    """Go on emptying a node; terminate it when only DaemonSet pods are left."""
    evict_all(cluster, node)
    if movable_pods(cluster, node):
        cluster.enqueue("drain", node.name, EVICTION_RETRY_NS)
        return
    cluster.event("Normal", "Terminated", f"nodeclaim/{node.name}", "Terminated node")
    remove_node(cluster, node)


def find_candidates(cluster: Cluster) -> list[Candidate]:
    """Return the machines that may be disturbed now."""
    return [
        _candidate(cluster, node) for node in cluster.ready_nodes() if _owned(cluster, node) and _may_go(cluster, node)
    ]


def _owned(cluster: Cluster, node: NodeRecord) -> bool:
    return node.pool in karpenter_pools(cluster) and not node.draining and not node.disrupted


def _may_go(cluster: Cluster, node: NodeRecord) -> bool:
    """Tell whether a node has been quiet for long enough, nothing is expected of it, and its pods may be moved."""
    given, now = required(cluster), cluster.now
    after = given.node_pools[node.pool].consolidate_after
    if after == "Never" or now - max(node.pods_changed_ns, node.life.ready_ns or 0) < after:
        return False
    if node.expected_until_ns > now:
        return False
    return all(
        cluster.workload_of(pod).spec.template.annotations.get(_DO_NOT_DISRUPT) != "true"
        for pod in node.pods.values()
        if not pod.deleting
    ) and all(may_evict(cluster, pod) for pod in movable_pods(cluster, node) if not pod.deleting)


def _candidate(cluster: Cluster, node: NodeRecord) -> Candidate:
    pods = [pod for pod in movable_pods(cluster, node) if not pod.deleting]
    costs = [
        (p.scheduling.priority, int(cluster.workload_of(p).spec.template.annotations.get(_DELETION_COST, 0)))
        for p in node.pods.values()
    ]
    given = required(cluster)
    types = {machine.name: machine for machine in given.node_pools[node.pool].instance_types}
    price = machine_price(cluster, types[node.life.instance_type], node.life.spot)
    return Candidate(
        name=node.name,
        pool=node.pool,
        instance_type=node.life.instance_type,
        spot=node.life.spot,
        usd_per_hour=price or 0.0,
        pods=tuple(pod.scheduling for pod in pods),
        cost=disruption_cost(costs),
    )


def _underused(cluster: Cluster, candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates of pools that give back more than empty machines."""
    given = required(cluster)
    return [c for c in candidates if given.node_pools[c.pool].consolidation == "WhenEmptyOrUnderutilized"]


def _allowed(cluster: Cluster) -> dict[str, int]:
    """Return how many machines of each NodePool may go now."""
    given = required(cluster)
    allowed = {}
    for name, pool in given.node_pools.items():
        nodes = [n for n in cluster.state.nodes.values() if n.pool == name and n.life.ready_ns is not None]
        going = sum(1 for n in nodes if n.draining or n.disrupted or not n.ready)
        allowed[name] = allowed_disruptions(pool.budget, len(nodes), going)
    return allowed


def _market(cluster: Cluster) -> Market:
    on_their_way = frozenset(n.name for n in cluster.state.nodes.values() if not n.ready)
    pending = [pod.scheduling for pod in pending_pods(cluster) if pod.scheduling_message]
    return Market(existing_nodes(cluster), pools(cluster), pending, on_their_way)
