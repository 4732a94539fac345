"""The kubelet's eviction manager: ends pods when a node is short of memory.

The real one looks every 10 s. Here it looks when metrics-server scrapes (the plane has been looked at anyway), and only
at nodes whose pods could use so much at all; while a node has the condition MemoryPressure it is looked at every 10 s,
and a second after each eviction. Detection can therefore be up to one scrape late, as it is in life, where the
kubelet's statistics are up to 15 s old.
"""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.state import NodeRecord, PodRecord
from fvcapacity.dataplane.plane import Observation
from fvcapacity.decisions.eviction import (
    CLEANUP_POLL_NS,
    HARD_THRESHOLD_BYTES,
    MEMORY_PRESSURE_TAINT,
    MONITORING_INTERVAL_NS,
    EvictionCandidate,
    MemorySignal,
    memory_signals,
    pressure_ends,
    victim,
)
from fvcapacity.decisions.pod_spec import ZERO
from fvcapacity.decisions.scheduler import Taint
from fvcapacity.decisions.scheduler.queue import Change
from fvcapacity.frozen import replace
from fvcapacity.units import Quantity

_TAINT = Taint(MEMORY_PRESSURE_TAINT)


def watch(cluster: Cluster, seen: Observation) -> None:
    """Look at the nodes that may be short of memory and are not known to be."""
    state = cluster.state
    if state.watched_placements != state.placements:
        state.watched_placements = state.placements
        state.watched_for_memory = tuple(node.name for node in cluster.ready_nodes() if _can_be_short(node))
    for name in state.watched_for_memory:
        node = state.nodes[name]
        if node.short_of_memory_ns is None and node.lost_ns is None:
            _look(cluster, node, seen)


def synchronize(cluster: Cluster, name: str) -> None:
    """Look at a node under pressure again."""
    node = cluster.state.nodes.get(name)
    if node is not None and node.lost_ns is None:
        _look(cluster, node, cluster.observe())


def _look(cluster: Cluster, node: NodeRecord, seen: Observation) -> None:
    signal = next((signal for signal in _signals(node, _in_use(node, seen)) if signal.met), None)
    if signal is None:
        _relieve(cluster, node)
        return
    if node.short_of_memory_ns is None:
        _tell(cluster, node, "NodeHasInsufficientMemory")
        cluster.event("Warning", "EvictionThresholdMet", f"node/{node.name}", "Attempting to reclaim memory")
        _taint(cluster, node, (*node.view.taints, _TAINT))
    node.short_of_memory_ns = cluster.now
    pod = _victim(node, seen)
    if pod is not None:
        _evict(cluster, pod, _usage(pod, seen), signal)
    cluster.enqueue("eviction-manager", node.name, MONITORING_INTERVAL_NS if pod is None else CLEANUP_POLL_NS)


def _relieve(cluster: Cluster, node: NodeRecord) -> None:
    """Let the condition end when its cause has been away for long enough; the scheduler then may use the node again."""
    if node.short_of_memory_ns is None:
        return
    left, _ = pressure_ends(node.short_of_memory_ns, cluster.now)
    if left:
        cluster.enqueue("eviction-manager", node.name, min(left, MONITORING_INTERVAL_NS))
        return
    node.short_of_memory_ns = None
    _taint(cluster, node, tuple(taint for taint in node.view.taints if taint != _TAINT))
    _tell(cluster, node, "NodeHasSufficientMemory")
    cluster.tell_scheduler(Change.NODE_UPDATED, node.name)


def _taint(cluster: Cluster, node: NodeRecord, taints: tuple[Taint, ...]) -> None:
    node.view, node.seen = replace(node.view, taints=taints), None
    cluster.state.placements += 1


def _can_be_short(node: NodeRecord) -> bool:
    ceiling = sum(pod.shape.memory_ceiling_bytes for pod in node.pods.values())
    return any(signal.met for signal in _signals(node, ceiling))


def _signals(node: NodeRecord, used_bytes: int) -> tuple[MemorySignal, ...]:
    return memory_signals(node.memory_bytes, node.view.memory_bytes, used_bytes)


def _in_use(node: NodeRecord, seen: Observation) -> int:
    """Return the memory of all pods of a node: what `_usage` adds up to."""
    total, containers = 0, seen.containers
    for uid, pod in node.pods.items():
        if pod.container_running:
            total += pod.shape.background_bytes
            if (reading := containers.get(uid)) is not None:
                total += reading.memory_bytes
    return total


def _usage(pod: PodRecord, seen: Observation) -> dict[str, int]:
    """Return the memory of each container of a pod now; of one that does not run yet, nothing."""
    if not pod.container_running:
        return {}
    used = {name: memory for name, (_, memory) in pod.shape.background.items()}
    serving = pod.shape.serving
    if serving is not None and (reading := seen.containers.get(pod.uid)) is not None:
        used[serving.container] += reading.memory_bytes
    return used


def _victim(node: NodeRecord, seen: Observation) -> PodRecord | None:
    pods = {str(pod.uid): pod for pod in node.pods.values()}
    name, _ = victim(
        [
            EvictionCandidate(
                name=key,
                priority=pod.scheduling.priority,
                memory_request_bytes=pod.shape.memory_bytes,
                memory_usage_bytes=sum(_usage(pod, seen).values()),
            )
            for key, pod in pods.items()
        ]
    )
    return None if name is None else pods[name]


def _evict(cluster: Cluster, pod: PodRecord, used: dict[str, int], signal: MemorySignal) -> None:
    """End a pod at once, without its grace period; it has failed, and its controller makes another."""
    cluster.pod_event(pod, "Evicted", _message(pod, used, signal), "Warning")
    for container in used:
        cluster.pod_event(pod, "Killing", f"Stopping container {container}")
    workload = cluster.workload_of(pod)
    kind, name = workload.spec.kind, f"{workload.spec.namespace}/{workload.spec.name}"
    pod.evicted = True
    if kind == "StatefulSet":
        message = f"StatefulSet {name} is recreating failed Pod {pod.name}"
        cluster.event("Warning", "RecreatingFailedPod", workload.key, message, workload.key)
    elif kind == "DaemonSet":
        where = f"{workload.spec.namespace}/{pod.name} on node {pod.node}"
        message = f"Found failed daemon pod {where}, will try to kill it"
        cluster.event("Warning", "FailedDaemonPod", workload.key, message, workload.key)
    else:
        workload.failed += 1
    kubelet.vanish(cluster, pod)


def _message(pod: PodRecord, used: dict[str, int], signal: MemorySignal) -> str:
    threshold, available = (Quantity.of_bytes(count) for count in (HARD_THRESHOLD_BYTES, signal.available_bytes))
    parts = [f"The node was low on resource: memory. Threshold quantity: {threshold}, available: {available}."]
    for container in pod.shape.spec.apps:
        request, usage = container.requests.get("memory", ZERO), Quantity.of_bytes(used.get(container.name, 0))
        if request < usage:
            parts.append(
                f"Container {container.name} was using {usage}, request is {request}, has larger consumption of memory."
            )
    return " ".join(parts)


def _tell(cluster: Cluster, node: NodeRecord, status: str) -> None:
    cluster.event("Normal", status, f"node/{node.name}", f"Node {node.name} status is now: {status}")
