"""kube-scheduler: binds pending pods, those of higher priority and greater age first. It does not preempt."""

from __future__ import annotations

from dataclasses import replace

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.pods import bind
from fvcapacity.control.state import NodeRecord, PodRecord, Stage
from fvcapacity.decisions.scheduler import NodeView, schedule


def node_view(node: NodeRecord) -> NodeView:
    """Return a node with its pods as scheduler and autoscaler see it."""
    view = node.view.holding(tuple(pod.placed for pod in node.pods.values()))
    return replace(view, unschedulable=True) if node.draining else view


def pending_pods(cluster: Cluster) -> list[PodRecord]:
    """Return the pods without a node in the order of the scheduling queue."""
    waiting = [
        pod for pod in cluster.state.pods.values() if pod.stage is Stage.PENDING and not pod.node and not pod.deleting
    ]
    return sorted(waiting, key=lambda pod: (-pod.scheduling.priority, pod.life.created_ns, pod.uid))


def schedule_pending(cluster: Cluster, _: str = "") -> None:
    """Try every pending pod once; it is tried again when a node joins or a pod leaves."""
    for pod in pending_pods(cluster):
        if place(cluster, pod):
            kubelet.admit(cluster, pod)


def place(cluster: Cluster, pod: PodRecord) -> bool:
    """Bind a pod if some node takes it; else say why not, once for each new reason."""
    nodes = [node_view(node) for node in cluster.ready_nodes()]
    placement = schedule(pod.scheduling, nodes)
    if placement.node is None:
        if placement.message != pod.scheduling_message:
            pod.scheduling_message = placement.message
            cluster.pod_event(pod, "FailedScheduling", placement.message, "Warning")
        return False
    pod.scheduling_message = ""
    bind(cluster, pod, cluster.state.nodes[placement.node])
    if cluster.running:
        cluster.pod_event(pod, "Scheduled", placement.message)
    return True
