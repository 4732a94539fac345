"""kube-scheduler: binds pending pods, those of higher priority and greater age first, and preempts for them."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.disruption import disruptions_allowed
from fvcapacity.control.pods import bind
from fvcapacity.control.state import NodeRecord, PodRecord, Stage
from fvcapacity.decisions.scheduler import (
    NodeView,
    Nominated,
    PlacedPod,
    Placement,
    SchedulingPod,
    Snapshot,
    Taint,
    schedule,
)
from fvcapacity.decisions.scheduler.image_locality import full_name
from fvcapacity.decisions.scheduler.preemption import ineligible, preempt
from fvcapacity.decisions.scheduler.queue import Event, may_help
from fvcapacity.decisions.scheduler.resources import Strategy
from fvcapacity.frozen import replace

DISRUPTED = Taint("karpenter.sh/disrupted")
_FOREVER = 2**63 - 1


def node_view(cluster: Cluster, node: NodeRecord) -> NodeView:
    """Return a node with its pods as scheduler and autoscaler see it; worked out anew only after a change."""
    if node.seen is None or cluster.now >= node.seen_until_ns:
        node.seen, node.seen_until_ns = _look_at(cluster, node)
    return node.seen


def _look_at(cluster: Cluster, node: NodeRecord) -> tuple[NodeView, int]:
    now, size, kinds = cluster.now, cluster.timings.image_size, cluster.state.scheduler.kinds
    pods = tuple(PlacedPod(pod.scheduling, pod.deleting, pod.uid) for pod in node.pods.values())
    for placed in pods:
        kinds.setdefault(placed.pod.group, placed.pod)
    images = {full_name(image): size for image, since in node.images.items() if since <= now}
    coming = min((since for since in node.images.values() if since > now), default=_FOREVER)
    taints = (*node.view.taints, DISRUPTED) if node.disrupted else node.view.taints
    view = replace(node.view, images=images, unschedulable=node.draining, taints=taints)
    return view.holding(pods), coming


def snapshot(cluster: Cluster) -> Snapshot:
    """Return the nodes that run pods, in order of creation."""
    now = cluster.now
    nodes = [
        node.seen if node.seen is not None and now < node.seen_until_ns else node_view(cluster, node)
        for node in cluster.ready_nodes()
    ]
    return Snapshot(nodes, cluster.state.scheduler.kinds)


def pending_pods(cluster: Cluster) -> list[PodRecord]:
    """Return the pods without a node in the order of the scheduling queue."""
    record, pods = cluster.state.scheduler, cluster.state.pods
    for uid in range(record.last_uid + 1, cluster.state.last_uid + 1):
        if uid in pods:
            record.waiting[uid] = pods[uid]
    record.last_uid = cluster.state.last_uid
    if not record.waiting:
        return []
    for uid, pod in list(record.waiting.items()):
        if pod.node or pod.deleting or pod.stage is not Stage.PENDING:
            del record.waiting[uid]
    return sorted(record.waiting.values(), key=lambda pod: (-pod.scheduling.priority, pod.life.created_ns, pod.uid))


def schedule_pending(cluster: Cluster, _: str = "") -> None:
    """Try every pod that was not tried before, or that may fit after what happened since."""
    while True:
        pending = pending_pods(cluster)
        _requeue(cluster, [pod for pod in pending if pod.refused_by])
        trying = [pod for pod in pending if not pod.refused_by]
        if not trying:
            return
        for pod in trying:
            if place(cluster, pod):
                kubelet.admit(cluster, pod)


def _requeue(cluster: Cluster, refused: list[PodRecord]) -> None:
    """Let those pods be tried again that may fit after what happened."""
    record, nodes = cluster.state.scheduler, cluster.state.nodes
    happened, record.events = record.events if refused else [], []
    events = [
        Event(change, node_view(cluster, nodes[name]) if name in nodes else None, about)
        for change, name, about in happened
    ]
    for pod in refused:
        if any(may_help(pod.scheduling, pod.refused_by, event) for event in events):
            pod.refused_by = ()


def place(cluster: Cluster, pod: PodRecord) -> bool:
    """Bind a pod if some node takes it; else say why not, once for each new reason."""
    record = cluster.state.scheduler
    nodes, nominated = snapshot(cluster), _nominated(cluster, pod)
    placement = schedule(
        pod.scheduling,
        nodes,
        nominated=nominated,
        own=pod.nominated_node,
        start=record.next_node,
        strategy=_strategy(cluster),
    )
    record.next_node = (record.next_node + placement.tried) % max(1, len(nodes))
    if placement.node is not None:
        pod.scheduling_message, pod.refused_by, pod.nominated_node = "", (), ""
        bind(cluster, pod, cluster.state.nodes[placement.node])
        if cluster.running:
            cluster.pod_event(pod, "Scheduled", placement.message)
        return True
    if cluster.running:
        pod.refused_by = tuple(sorted({r.plugin for r in placement.refusals.values()})) or ("NoNodes",)
        because = _make_room(cluster, pod, nodes, placement, nominated) if nodes else ""
        _report(cluster, pod, f"{placement.message} preemption: {because}" if because else placement.message)
    return False


def _strategy(cluster: Cluster) -> Strategy:
    """Return how NodeResourcesFit scores in this scenario."""
    given = cluster.timings.scheduler
    shape = tuple((point.utilization, point.score) for point in given.shape)
    return Strategy(given.scoring, tuple(given.resources.items()), shape)


def _nominated(cluster: Cluster, but: PodRecord) -> dict[str, list[SchedulingPod]]:
    """Return the other pods that wait for the room of their victims, by node."""
    found: dict[str, list[SchedulingPod]] = {}
    for pod in cluster.state.scheduler.waiting.values():
        if pod.nominated_node and pod is not but and not pod.node:
            found.setdefault(pod.nominated_node, []).append(pod.scheduling)
    return found


def _make_room(cluster: Cluster, pod: PodRecord, nodes: Snapshot, placement: Placement, nominated: Nominated) -> str:
    """Preempt pods of lower priority for one that found no node; return why not, or "" when it did."""
    state = cluster.state
    own = state.nodes.get(pod.nominated_node)
    leaving = [p.scheduling for p in own.pods.values() if p.deleting and p.preempted] if own else []
    if because := ineligible(pod.scheduling, pod.nominated_node, placement.refusals, leaving):
        return because
    started = {p.uid: p.start_ns for n in state.nodes.values() for p in n.pods.values() if p.start_ns is not None}
    plan, because = preempt(
        pod.scheduling,
        nodes,
        placement.refusals,
        budgets=disruptions_allowed(cluster),
        started_ns=started,
        nominated=nominated,
        draw=pod.identity,
    )
    if plan is None:
        pod.nominated_node = ""
        return because
    pod.nominated_node = plan.node
    for other in state.scheduler.waiting.values():
        if other.nominated_node == plan.node and other.scheduling.priority < pod.scheduling.priority:
            other.nominated_node, other.refused_by = "", ()  # it may find another place sooner
    for victim in (state.pods[placed.uid] for placed in plan.victims):
        if not victim.deleting:
            victim.preempted = True
            cluster.pod_event(victim, "Preempted", f"Preempted by pod {pod.name} on node {plan.node}")
            kubelet.delete_pod(cluster, victim)
    return ""


def _report(cluster: Cluster, pod: PodRecord, message: str) -> None:
    if cluster.scenario.file.provisioner == "karpenter":
        cluster.enqueue("unschedulable", str(pod.uid))
    if message != pod.scheduling_message:
        pod.scheduling_message = message
        cluster.pod_event(pod, "FailedScheduling", message, "Warning")
