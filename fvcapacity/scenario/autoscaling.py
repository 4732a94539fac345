"""How the cluster's machines come and go: settings of the cluster autoscaler and of the scheduler."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from fvcapacity.scenario.base import DurationNs, Model

Expander = Literal["least-waste", "most-pods", "price", "priority", "random"]


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Autoscaler(Model):
    """The cluster autoscaler's flags, with its own defaults (``cluster-autoscaler/config/flags/flags.go``).

    Its scan interval, unneeded time, utilization and delay after an addition stand with the cluster's other timings.
    """

    expander: Annotated[tuple[Expander, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])] = (
        Field(default=("least-waste",), min_length=1)
    )
    """Which node group grows; of several each narrows the choice down. Lots are drawn among what is left."""
    priorities: dict[int, tuple[str, ...]] = Field(default_factory=dict)
    """For ``priority``: number to regular expressions on names of node pools; the highest number comes first."""
    max_node_provision: DurationNs = Field(default=900_000_000_000, gt=0)
    """A node that has not joined by then is given back, and its pool left alone for a while."""
    scale_down_delay_after_delete: DurationNs = 0
    """After a node was given back."""
    scale_down_delay_after_failure: DurationNs = 180_000_000_000
    """After giving a node back failed."""
    scale_down_unready: DurationNs = 1_200_000_000_000
    """An unready node is given back after so long."""
    scale_down_gpu_utilization: float = Field(default=0.5, ge=0, le=1)
    """The threshold for nodes with GPUs."""
    ignore_daemonsets_utilization: bool = False
    """Whether DaemonSets' requests are left out of a node's utilization."""
    unremovable_recheck: DurationNs = 300_000_000_000
    """A node whose pods found no other place is not looked at again for so long."""
    max_pod_eviction: DurationNs = 120_000_000_000
    """For so long a pod is asked to leave against its disruption budget; then its node stays."""
    max_graceful_termination: DurationNs = 600_000_000_000
    """Longer grace periods are cut when a node is given back."""
    max_scale_down_parallelism: int = Field(default=10, ge=1)
    """Nodes that may leave at once."""
    max_drain_parallelism: int = Field(default=1, ge=1)
    """Those of them that still have pods to move."""
    expendable_pods_priority: int = -10
    """Pods below bring no node and keep none."""
    skip_nodes_with_system_pods: bool = True
    """Pods of kube-system without a disruption budget keep their node in their first hour."""
    skip_nodes_with_local_storage: bool = True
    """Pods with an emptyDir on disk or a hostPath keep their node."""
    ok_unready_count: int = Field(default=3, ge=0)
    """See ``max_unready_percent``."""
    max_unready_percent: float = Field(default=45.0, ge=0, le=100)
    """With more nodes unready than both of these the autoscaler does nothing."""


class ShapePoint(Model):
    """A point of ``requestedToCapacityRatio``."""

    utilization: int = Field(ge=0, le=100)
    """Per cent of the node that is requested."""
    score: int = Field(ge=0, le=10)
    """From 0 to 10, the more the better."""


class Scheduler(Model):
    """The scheduler's ``scoringStrategy`` of NodeResourcesFit."""

    scoring: Literal["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"] = "LeastAllocated"
    """Whether emptier or fuller nodes are better."""
    resources: dict[str, int] = Field(default_factory=lambda: {"cpu": 1, "memory": 1}, min_length=1)
    """Resource to its weight."""
    shape: tuple[ShapePoint, ...] = ()
    """For RequestedToCapacityRatio, in order of utilization."""
