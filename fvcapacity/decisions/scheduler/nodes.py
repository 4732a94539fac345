"""What the scheduler sees of nodes and pods. Quantities are millicores, bytes, and pieces of everything else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from fvcapacity.frozen import Frozen, field, replace

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"


class Taint(Frozen):
    """A taint of a node."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"


class HostPort(NamedTuple):
    """A port of the machine itself that a container takes (``hostPort``)."""

    port: int
    protocol: str = "TCP"
    ip: str = "0.0.0.0"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SchedulingPod:
    """A pod that wants a node.

    ``scoring_cpu_milli`` and ``scoring_memory_bytes`` are its requests with 100 millicores and 200 MiB for each
    container that names none (used in scores alone). ``others`` are its requests of all other resources by name; one
    that is named with 0 stays in it. ``volume_zones`` are zones that its volumes are bound to. ``selector`` are the
    labels by which its controller knows it: the default spread counts by them. ``images`` are those of all its
    containers, one entry each. ``preempts`` is False for ``preemptionPolicy: Never``.
    """

    name: str
    namespace: str = "default"
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    namespace_labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cpu_milli: int = 0
    memory_bytes: int = 0
    scoring_cpu_milli: int = 0
    scoring_memory_bytes: int = 0
    others: Mapping[str, int] = dataclasses.field(default_factory=dict)
    node_selector: Mapping[str, str] = dataclasses.field(default_factory=dict)
    affinity: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()
    topology_spread: tuple[Mapping[str, Any], ...] = ()
    selector: Mapping[str, str] = dataclasses.field(default_factory=dict)
    volume_zones: tuple[str, ...] = ()
    host_ports: tuple[HostPort, ...] = ()
    images: tuple[str, ...] = ()
    priority: int = 0
    preempts: bool = True
    group: str = dataclasses.field(init=False, repr=False, compare=False, default="")
    """What other pods' rules can tell of it: namespace, labels, and its own rules on other pods."""

    def __post_init__(self) -> None:
        rules = [self.affinity.get("podAffinity"), self.affinity.get("podAntiAffinity")]
        seen = [self.namespace, dict(self.namespace_labels), dict(self.labels), rules if any(rules) else None]
        object.__setattr__(self, "group", json.dumps(seen, sort_keys=True, default=dict))

    @property
    def minds_others(self) -> bool:
        """Tell whether it has rules on other pods."""
        return "podAffinity" in self.affinity or "podAntiAffinity" in self.affinity


class PlacedPod(Frozen):
    """A pod that holds room on a node. ``uid`` tells pods of one name apart."""

    pod: SchedulingPod
    deleting: bool = False
    uid: int = 0


class Group(NamedTuple):
    """Pods of one node that no rule can tell apart: one of them, how many, and how many of them are leaving."""

    pod: SchedulingPod
    size: int
    leaving: int


class NodeView(Frozen, kw_only=True):
    """A node with the pods on it."""

    name: str
    labels: Mapping[str, str]
    cpu_milli: int
    """Allocatable."""
    memory_bytes: int
    others: Mapping[str, int] = field(default_factory=dict)
    """Allocatable of every other resource by name; what is absent is 0."""
    max_pods: int = 110
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    images: Mapping[str, int] = field(default_factory=dict)
    """Image to its size in bytes, of those that the node holds."""
    pods: tuple[PlacedPod, ...] = ()
    requested_cpu_milli: int = 0
    requested_memory_bytes: int = 0
    scoring_cpu_milli: int = 0
    scoring_memory_bytes: int = 0
    requested_others: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    """Its pods by ``SchedulingPod.group``."""
    minders: tuple[str, ...] = ()
    """Those of its groups that have rules on other pods."""
    host_ports: tuple[HostPort, ...] = ()

    @property
    def zone(self) -> str:
        """Zone label, or ""."""
        return self.labels.get(ZONE, "")

    def with_pod(self, placed: PlacedPod) -> NodeView:
        """Return the node with one more pod."""
        pod = placed.pod
        return replace(
            self,
            pods=(*self.pods, placed),
            requested_cpu_milli=self.requested_cpu_milli + pod.cpu_milli,
            requested_memory_bytes=self.requested_memory_bytes + pod.memory_bytes,
            scoring_cpu_milli=self.scoring_cpu_milli + pod.scoring_cpu_milli,
            scoring_memory_bytes=self.scoring_memory_bytes + pod.scoring_memory_bytes,
            requested_others=_summed(self.requested_others, pod.others) if pod.others else self.requested_others,
            groups=_grouped({**self.groups}, placed),
            minders=_minders((*self.minders, pod.group)) if pod.minds_others else self.minders,
            host_ports=(*self.host_ports, *pod.host_ports),
        )

    def without_pods(self) -> NodeView:
        """Return the node empty."""
        return self.holding(())

    def holding(self, pods: tuple[PlacedPod, ...]) -> NodeView:
        """Return the node with exactly these pods."""
        others: Mapping[str, int] = {}
        groups: dict[str, Group] = {}
        for placed in pods:
            _grouped(groups, placed)
            if placed.pod.others:
                others = _summed(others, placed.pod.others)
        return replace(
            self,
            pods=pods,
            requested_cpu_milli=sum(p.pod.cpu_milli for p in pods),
            requested_memory_bytes=sum(p.pod.memory_bytes for p in pods),
            scoring_cpu_milli=sum(p.pod.scoring_cpu_milli for p in pods),
            scoring_memory_bytes=sum(p.pod.scoring_memory_bytes for p in pods),
            requested_others=others,
            groups=groups,
            minders=_minders(p.pod.group for p in pods if p.pod.minds_others),
            host_ports=tuple(port for p in pods for port in p.pod.host_ports),
        )


class Snapshot(tuple[NodeView, ...]):
    """All nodes at one moment, with the kinds of pods that may stand on them.

    A rule on other pods looks at each kind once, and then counts on the nodes; ``kinds`` may hold more than there are.
    """

    kinds: Mapping[str, SchedulingPod]

    def __new__(cls, nodes: Iterable[NodeView], kinds: Mapping[str, SchedulingPod] | None = None) -> Snapshot:
        """Take the nodes; without ``kinds`` those on them are looked up."""
        self = super().__new__(cls, nodes)
        if kinds is None:
            kinds = {name: group.pod for node in self for name, group in node.groups.items()}
        self.kinds = kinds
        return self


def snapshot(nodes: Sequence[NodeView]) -> Snapshot:
    """Return nodes as a snapshot."""
    return nodes if isinstance(nodes, Snapshot) else Snapshot(nodes)


def _minders(groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(groups))


def _summed(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def _grouped(groups: dict[str, Group], placed: PlacedPod) -> dict[str, Group]:
    """Count one more pod."""
    before = groups.get(placed.pod.group)
    if before is None:
        groups[placed.pod.group] = Group(placed.pod, 1, int(placed.deleting))
    else:
        groups[placed.pod.group] = Group(before.pod, before.size + 1, before.leaving + placed.deleting)
    return groups
