"""When a pod that no node took is tried again: after what may help it, and not before.

Each plugin names the events after which a pod that it refused may fit (``EventsToRegister`` and the queueing hints of
``pkg/scheduler/framework/plugins``). A pod whose turn has come again is tried at once: from 1.33 on the scheduler takes
pods out of their back-off whenever it has nothing else to do (SchedulerPopFromBackoffQ).
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from fvcapacity.decisions.scheduler.nodes import NodeView, SchedulingPod
from fvcapacity.decisions.scheduler.placement import (
    UNSCHEDULABLE,
    matches_node_affinity,
    named_nodes,
    tolerates,
    untolerated_taint,
)
from fvcapacity.decisions.scheduler.pod_affinity import terms
from fvcapacity.decisions.scheduler.resources import shortages
from fvcapacity.decisions.scheduler.spread import constraints_of, counts_in
from fvcapacity.frozen import Frozen


class Change(StrEnum):
    """What happened in the cluster."""

    NODE_ADDED = "node-added"
    NODE_UPDATED = "node-updated"
    NODE_GONE = "node-gone"
    POD_PLACED = "pod-placed"
    POD_GONE = "pod-gone"


class Event(Frozen):
    """A change: the node that it was about or on, as it is now, and the pod that holds or held room there."""

    change: Change
    node: NodeView | None = None
    pod: SchedulingPod | None = None


def may_help(pod: SchedulingPod, refused_by: Collection[str], event: Event) -> bool:
    """Tell whether a pod may fit now, given the plugins that refused it before."""
    if event.pod is not None:
        return any(_pod_helps(pod, plugin, event, event.pod) for plugin in refused_by)
    if event.change is Change.NODE_GONE:
        return "PodTopologySpread" in refused_by
    return event.node is not None and _may_take(pod, event.node)


def _may_take(pod: SchedulingPod, node: NodeView) -> bool:
    """Tell whether a node would take the pod if it were empty, as far as that depends on the two alone."""
    named = named_nodes(pod)
    if named is not None and node.name not in named:
        return False
    if node.unschedulable and not any(tolerates(t, UNSCHEDULABLE) for t in pod.tolerations):
        return False
    if any(shortage.hopeless for shortage in shortages(pod, node)):
        return False
    return matches_node_affinity(pod, node) and untolerated_taint(pod, node) is None


def _pod_helps(pod: SchedulingPod, plugin: str, event: Event, other: SchedulingPod) -> bool:
    gone = event.change is Change.POD_GONE
    if plugin == "NodeResourcesFit":
        return gone and event.node is not None and _has_room(pod, event.node)
    if plugin == "NodePorts":
        return gone and any(one.port == two.port for one in pod.host_ports for two in other.host_ports)
    if plugin == "PodTopologySpread":
        return any(counts_in(constraint, pod, other) for constraint in constraints_of(pod, "DoNotSchedule"))
    if plugin == "InterPodAffinity":
        if not gone:
            return any(term.means(other) for term in terms(pod, "podAffinity"))
        against = any(term.means(other) for term in terms(pod, "podAntiAffinity"))
        return against or any(term.means(pod) for term in terms(other, "podAntiAffinity"))
    return False


def _has_room(pod: SchedulingPod, node: NodeView) -> bool:
    """Tell whether a node is large enough for the pod now, were all pods of lower priority to leave it.

    The real hint lets every pod go that leaves a node; a try that cannot succeed changes nothing, and is left out.
    """
    short = shortages(pod, node)
    if not short or any(shortage.hopeless for shortage in short):
        return not short
    staying = tuple(placed for placed in node.pods if placed.pod.priority >= pod.priority)
    return len(staying) < len(node.pods) and not shortages(pod, node.holding(staying))
