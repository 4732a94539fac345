"""What the scheduler sees of nodes and pods. Quantities are millicores and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint of a node."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulingPod:
    """A pod that wants a node.

    ``scoring_cpu_milli`` and ``scoring_memory_bytes`` are its requests with 100 millicores and 200 MiB for each
    container that names none (used in scores alone). ``volume_zones`` are zones that its volumes are bound to.
    ``selector`` are the labels by which its controller knows it: the default spread counts by them.
    """

    name: str
    namespace: str = "default"
    labels: Mapping[str, str] = field(default_factory=dict)
    cpu_milli: int = 0
    memory_bytes: int = 0
    scoring_cpu_milli: int = 0
    scoring_memory_bytes: int = 0
    node_selector: Mapping[str, str] = field(default_factory=dict)
    affinity: Mapping[str, Any] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()
    topology_spread: tuple[Mapping[str, Any], ...] = ()
    selector: Mapping[str, str] = field(default_factory=dict)
    volume_zones: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class PlacedPod:
    """A pod that holds room on a node."""

    pod: SchedulingPod
    deleting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node with the pods on it."""

    name: str
    labels: Mapping[str, str]
    cpu_milli: int
    """Allocatable."""
    memory_bytes: int
    max_pods: int = 110
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    pods: tuple[PlacedPod, ...] = ()
    requested_cpu_milli: int = 0
    requested_memory_bytes: int = 0
    scoring_cpu_milli: int = 0
    scoring_memory_bytes: int = 0

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
        )

    def without_pods(self) -> NodeView:
        """Return the node empty."""
        return replace(
            self,
            pods=(),
            requested_cpu_milli=0,
            requested_memory_bytes=0,
            scoring_cpu_milli=0,
            scoring_memory_bytes=0,
        )

    def holding(self, pods: tuple[PlacedPod, ...]) -> NodeView:
        """Return the node with exactly these pods."""
        return replace(
            self,
            pods=pods,
            requested_cpu_milli=sum(p.pod.cpu_milli for p in pods),
            requested_memory_bytes=sum(p.pod.memory_bytes for p in pods),
            scoring_cpu_milli=sum(p.pod.scoring_cpu_milli for p in pods),
            scoring_memory_bytes=sum(p.pod.scoring_memory_bytes for p in pods),
        )
