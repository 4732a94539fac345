"""The cluster autoscaler's other half: nodes that are not needed are emptied and given back."""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.disruption import has_budget, may_evict
from fvcapacity.control.draining import (
    EVICTION_RETRY_NS,
    cordon,
    evict_all,
    is_daemon,
    movable_pods,
    uncordon,
)
from fvcapacity.control.nodes import remove_node
from fvcapacity.control.scheduler import node_view
from fvcapacity.control.state import NodeRecord, PodRecord
from fvcapacity.decisions.cluster_autoscaler import Candidate, HeldPod, node_utilization, unneeded_nodes
from fvcapacity.decisions.cluster_autoscaler.health import in_cooldown
from fvcapacity.decisions.cluster_autoscaler.scale_down import NO_PLACE, SYSTEM_POD_AGE_NS, PodOnNode, blocking_reason
from fvcapacity.decisions.scheduler import NodeView

_SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
_SAFE_VOLUMES = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
_GPU = "nvidia.com/gpu"


def shrink(cluster: Cluster, look_only: bool = False) -> None:
    """Give back nodes that have not been needed for long enough: empty ones, and as many others as may be drained."""
    state, timings, now = cluster.state, cluster.timings, cluster.now
    settings = timings.autoscaler
    _find_unneeded(cluster)
    if look_only or not state.unneeded:
        return
    cooldown = in_cooldown(
        now,
        added_ns=state.last_scale_up_ns,
        deleted_ns=state.last_scale_down_ns,
        failed_ns=state.last_scale_down_failure_ns,
        after_add_ns=timings.scale_down_delay_after_add,
        after_delete_ns=settings.scale_down_delay_after_delete,
        after_failure_ns=settings.scale_down_delay_after_failure,
    )
    if cooldown:
        return
    leaving = [node for node in state.nodes.values() if node.draining]
    room = settings.max_scale_down_parallelism - len(leaving)
    drains = settings.max_drain_parallelism - sum(1 for node in leaving if movable_pods(cluster, node))
    spare = _spare(cluster)
    due = [node for name in state.unneeded if (node := state.nodes.get(name)) is not None and _is_due(cluster, node)]
    for node in sorted(due, key=lambda node: bool(movable_pods(cluster, node))):
        occupied = bool(movable_pods(cluster, node))
        if room <= 0 or spare[node.pool] <= 0 or (occupied and drains <= 0):
            continue
        room, drains, spare[node.pool] = room - 1, drains - occupied, spare[node.pool] - 1
        state.last_scale_down_ns = now
        message = "Scale-down: marked the node as toBeDeleted/unschedulable"
        cluster.event("Normal", "ScaleDown", f"node/{node.name}", message)
        cordon(cluster, node)


def _is_due(cluster: Cluster, node: NodeRecord) -> bool:
    if node.unneeded_since_ns is None or node.draining:
        return False
    timings = cluster.timings
    wait = timings.scale_down_unneeded if node.ready else timings.autoscaler.scale_down_unready
    return cluster.now - node.unneeded_since_ns >= wait


def drain(cluster: Cluster, node: NodeRecord) -> None:
    """Go on emptying a node; give it back when only DaemonSet pods are left, keep it when some pod may not leave."""
    settings = cluster.timings.autoscaler
    stuck = evict_all(cluster, node, settings.max_graceful_termination)
    if not movable_pods(cluster, node):
        cluster.event("Normal", "ScaleDown", f"node/{node.name}", "Scale-down: node removed by cluster autoscaler")
        remove_node(cluster, node)
    elif stuck and cluster.now - node.drain_since_ns >= settings.max_pod_eviction:
        for pod in stuck:
            cluster.pod_event(pod, "ScaleDownFailed", "failed to delete pod for ScaleDown", "Warning")
        cluster.state.last_scale_down_failure_ns = cluster.now
        node.unneeded_since_ns = None
        uncordon(cluster, node)
    else:
        cluster.enqueue("drain", node.name, EVICTION_RETRY_NS)


def forget_unneeded(cluster: Cluster) -> None:
    """Begin anew to count how long nodes have not been needed."""
    cluster.state.unneeded, cluster.state.scale_down_seen = (), -1
    for node in cluster.state.nodes.values():
        node.unneeded_since_ns = None


def _find_unneeded(cluster: Cluster) -> None:
    """Work out which nodes are not needed; again only after a pod or node has moved, or a node may be retried."""
    state, now = cluster.state, cluster.now
    if state.scale_down_seen == state.placements and not 0 < state.scale_down_recheck_ns <= now:
        return
    state.scale_down_seen = state.placements
    settings, spare = cluster.timings.autoscaler, _spare(cluster)
    known = [n for n in state.nodes.values() if (n.ready or n.unready) and not n.draining]
    views = {node.name: _without_expendable(cluster, node_view(cluster, node)) for node in known}
    recently = {node.name for node in known if node.unremovable_until_ns > now}
    candidates = [
        Candidate(
            views[node.name],
            node.pool,
            tuple(pod.scheduling for pod in _to_move(cluster, node) if not pod.deleting),
            _blocked(cluster, node),
            used,
        )
        for node in known
        if spare.get(node.pool, 0) > 0
        and node.name not in recently
        and (used := _used(cluster, node)) < _threshold(cluster, node)
    ]
    destinations = [views[node.name] for node in known if node.ready]
    found, kept = unneeded_nodes(candidates, destinations, spare, 1.0, before=state.unneeded)
    for node in known:
        reason = kept.get(node.name, "")
        if reason == NO_PLACE or reason in _BLOCKED:
            node.unremovable_until_ns = now + settings.unremovable_recheck
        if node.name not in found:
            node.unneeded_since_ns = None
        elif node.unneeded_since_ns is None:
            node.unneeded_since_ns = now
    state.unneeded = found
    state.scale_down_recheck_ns = min(
        (n.unremovable_until_ns for n in known if n.unremovable_until_ns > now), default=0
    )


_BLOCKED = frozenset(
    (
        "NotSafeToEvictAnnotation",
        "NotReplicated",
        "UnmovableKubeSystemPod",
        "LocalStorageRequested",
        "NotEnoughPdb",
    )
)


def _spare(cluster: Cluster) -> dict[str, int]:
    """Return how many nodes each pool may lose."""
    state = cluster.state
    sizes = dict.fromkeys(state.pools, 0)
    for node in state.nodes.values():
        if node.pool in sizes and not node.draining:
            sizes[node.pool] += 1
    return {name: size - state.pools[name].spec.minimum for name, size in sizes.items()}


def _gpu(node: NodeRecord) -> str:
    return _GPU if node.view.others.get(_GPU) else ""


def _threshold(cluster: Cluster, node: NodeRecord) -> float:
    timings = cluster.timings
    return timings.autoscaler.scale_down_gpu_utilization if _gpu(node) else timings.scale_down_utilization


def _used(cluster: Cluster, node: NodeRecord) -> float:
    """Return the utilization of a node; one whose size is not known counts as full."""
    view, lowest = node.view, cluster.timings.autoscaler.expendable_pods_priority
    held = [
        HeldPod(requests=_requests(pod), daemon=is_daemon(cluster, pod))
        for pod in node.pods.values()
        if pod.scheduling.priority >= lowest
    ]
    found = node_utilization(
        {"cpu": view.cpu_milli, "memory": view.memory_bytes, **view.others},
        held,
        cluster.now,
        skip_daemonset_pods=cluster.timings.autoscaler.ignore_daemonsets_utilization,
        gpu_resource=_gpu(node),
    )
    return found.share if found else 1.0


def _requests(pod: PodRecord) -> Mapping[str, int]:
    return {"cpu": pod.scheduling.cpu_milli, "memory": pod.scheduling.memory_bytes, **pod.scheduling.others}


def _without_expendable(cluster: Cluster, view: NodeView) -> NodeView:
    """Return a node without the pods of so low a priority that they do not count."""
    lowest = cluster.timings.autoscaler.expendable_pods_priority
    kept = tuple(placed for placed in view.pods if placed.pod.priority >= lowest)
    return view if len(kept) == len(view.pods) else view.holding(kept)


def _to_move(cluster: Cluster, node: NodeRecord) -> list[PodRecord]:
    lowest = cluster.timings.autoscaler.expendable_pods_priority
    return [pod for pod in movable_pods(cluster, node) if pod.scheduling.priority >= lowest]


def _blocked(cluster: Cluster, node: NodeRecord) -> str:
    """Return why a pod of the node must not be moved, or ""."""
    settings = cluster.timings.autoscaler
    for pod in _to_move(cluster, node):
        reason = blocking_reason(
            _on_node(cluster, pod),
            skip_system_pods=settings.skip_nodes_with_system_pods,
            skip_local_storage=settings.skip_nodes_with_local_storage,
        )
        if reason:
            return reason
    return ""


def _on_node(cluster: Cluster, pod: PodRecord) -> PodOnNode:
    spec = cluster.workload_of(pod).spec
    notes = spec.template.annotations
    safe_volumes = {name.strip() for name in notes.get(_SAFE_VOLUMES, "").split(",")}
    created = pod.life.created_ns
    return PodOnNode(
        namespace=spec.namespace,
        replicated=spec.kind != "Pod",
        safe_to_evict={"true": True, "false": False}.get(notes.get(_SAFE_TO_EVICT, "")),
        local_storage=any(name not in safe_volumes for name in spec.template.local_volumes),
        has_budget=has_budget(cluster, pod),
        may_be_disrupted=may_evict(cluster, pod),
        # What stood at the start has been running for long.
        age_ns=cluster.now - created if created else SYSTEM_POD_AGE_NS,
    )
