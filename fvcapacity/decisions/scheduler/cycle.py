"""What one pod's scheduling cycle works out beforehand, and whether a node passes the filters.

Order and codes are those of the default profile (``apis/config/v1/default_plugins.go``): a node is refused by the
first plugin that objects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from fvcapacity.decisions.scheduler.nodes import NodeView, PlacedPod, SchedulingPod, snapshot
from fvcapacity.decisions.scheduler.placement import (
    UNSCHEDULABLE,
    matches_node_affinity,
    named_nodes,
    ports_taken,
    tolerates,
    untolerated_taint,
)
from fvcapacity.decisions.scheduler.pod_affinity import AFFINITY, Neighbours, neighbours
from fvcapacity.decisions.scheduler.resources import shortages
from fvcapacity.decisions.scheduler.spread import MISSING_LABEL, Skew, required_skews, skew_reason
from fvcapacity.frozen import Frozen, replace


class Refusal(Frozen):
    """Why a node does not take a pod.

    ``resolvable`` tells whether it might when other pods leave it: the code Unschedulable, not
    UnschedulableAndUnresolvable.
    """

    plugin: str
    reasons: tuple[str, ...]
    resolvable: bool = False


_CORDONED = Refusal("NodeUnschedulable", ("node(s) were unschedulable",))
_NOT_NAMED = Refusal("NodeAffinity", ("node(s) didn't satisfy plugin(s) [NodeAffinity]",))
_ELSEWHERE = Refusal("NodeAffinity", ("node(s) didn't match Pod's node affinity/selector",))
_PORTS = Refusal("NodePorts", ("node(s) didn't have free ports for the requested pod ports",), resolvable=True)
_VOLUME = Refusal("VolumeBinding", ("node(s) had volume node affinity conflict",))

Nominated = Mapping[str, Sequence[SchedulingPod]]
"""Node name to the pods that preempted others there and wait for their room."""


class Cycle(Frozen):
    """A pod with what its rules count over all nodes (PreFilter)."""

    pod: SchedulingPod
    named: frozenset[str] | None
    """The only nodes that its affinity leaves; None for no such restriction."""
    skews: tuple[Skew, ...]
    near: Neighbours
    filters: tuple[Filter, ...]
    """Those plugins that may have something against a node, in order."""

    def with_node(self, before: NodeView, after: NodeView) -> Cycle:
        """Return the cycle as it is when other pods stand on a node (AddPod, RemovePod)."""
        skews = tuple(skew.with_node(before, after) for skew in self.skews)
        return replace(self, skews=skews, near=self.near.with_node(before, after))

    def refusal(self, node: NodeView) -> Refusal | None:
        """Return why a node cannot take the pod; None when it can."""
        if self.named is not None and node.name not in self.named:
            return _NOT_NAMED
        for objects in self.filters:
            refusal = objects(self, node)
            if refusal is not None:
                return refusal
        return None

    def refusal_with(self, node: NodeView, nominated: Collection[SchedulingPod]) -> Refusal | None:
        """Return why a node cannot take the pod, with the pods counted that are nominated there and without them.

        Only those of at least the pod's own priority count. Both ways must pass: nominated pods may never come
        (``RunFilterPluginsWithNominatedPods``).
        """
        expected = [other for other in nominated if other.priority >= self.pod.priority]
        if expected:
            fuller = node
            for other in expected:
                fuller = fuller.with_pod(PlacedPod(other))
            if refusal := self.with_node(node, fuller).refusal(fuller):
                return refusal
        return self.refusal(node)


Filter = Callable[[Cycle, NodeView], Refusal | None]


def begin(pod: SchedulingPod, nodes: Sequence[NodeView]) -> Cycle:
    """Work out what a pod's rules count over all nodes, and which plugins have to look at each node."""
    nodes = snapshot(nodes)
    skews = required_skews(pod, nodes) if pod.topology_spread else ()
    near = neighbours(pod, nodes)
    needed = {
        "NodeAffinity": bool(pod.node_selector or pod.affinity),
        "NodePorts": bool(pod.host_ports),
        "VolumeBinding": bool(pod.volume_zones),
        "PodTopologySpread": bool(skews),
        "InterPodAffinity": near.concerned,
    }
    filters = tuple(objects for plugin, objects in FILTERS.items() if needed.get(plugin, True))
    return Cycle(pod, named_nodes(pod) if pod.affinity else None, skews, near, filters)


def _cordoned(cycle: Cycle, node: NodeView) -> Refusal | None:
    if node.unschedulable and not any(tolerates(t, UNSCHEDULABLE) for t in cycle.pod.tolerations):
        return _CORDONED
    return None


def _tainted(cycle: Cycle, node: NodeView) -> Refusal | None:
    taint = untolerated_taint(cycle.pod, node) if node.taints else None
    if taint is None:
        return None
    return Refusal("TaintToleration", (f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}",))


def _elsewhere(cycle: Cycle, node: NodeView) -> Refusal | None:
    return None if matches_node_affinity(cycle.pod, node) else _ELSEWHERE


def _port_in_use(cycle: Cycle, node: NodeView) -> Refusal | None:
    return _PORTS if ports_taken(cycle.pod, node) else None


def _short_of_room(cycle: Cycle, node: NodeView) -> Refusal | None:
    short = shortages(cycle.pod, node)
    if not short:
        return None
    reasons = tuple(shortage.reason for shortage in short)
    return Refusal("NodeResourcesFit", reasons, not any(shortage.hopeless for shortage in short))


def _volume_elsewhere(cycle: Cycle, node: NodeView) -> Refusal | None:
    return _VOLUME if any(zone != node.zone for zone in cycle.pod.volume_zones) else None


def _skewed(cycle: Cycle, node: NodeView) -> Refusal | None:
    reason = skew_reason(cycle.skews, node)
    return Refusal("PodTopologySpread", (reason,), reason != MISSING_LABEL) if reason else None


def _ill_placed(cycle: Cycle, node: NodeView) -> Refusal | None:
    reason = cycle.near.reason(node)
    return Refusal("InterPodAffinity", (reason,), reason != AFFINITY) if reason else None


FILTERS: Mapping[str, Filter] = {
    "NodeUnschedulable": _cordoned,
    "TaintToleration": _tainted,
    "NodeAffinity": _elsewhere,
    "NodePorts": _port_in_use,
    "NodeResourcesFit": _short_of_room,
    "VolumeBinding": _volume_elsewhere,
    "PodTopologySpread": _skewed,
    "InterPodAffinity": _ill_placed,
}
"""In the order in which they are asked."""
