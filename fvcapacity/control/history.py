"""What the control plane remembers of a run: samples, life times and events, in the order in which they happened.

Times are nanoseconds since the start of the run (warm-up included). What comes by the ten thousand is a named tuple:
it is pickled in a fifth of the time of other objects.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, NamedTuple


class WorkloadSample(NamedTuple):
    """State of one workload, taken every minute."""

    time_ns: int
    workload: str
    """``deployment/order-service``."""
    desired: int
    """Replicas the controller wants (``spec.replicas``)."""
    current: int
    """Pods that exist and are not being deleted."""
    ready: int
    updated: int
    """Of the current ones, those of the newest version (``UP-TO-DATE``)."""
    pending: int
    """Pods that no node could take."""
    cpu_request_cores: float
    memory_request_bytes: int
    """Requests of the current pods, all containers."""
    cpu_usage_cores: float
    """Mean of the minute before, background included."""
    memory_bytes: int
    """Sum over the pods at this instant."""
    memory_peak_bytes: int
    """Largest pod at this instant."""


class ClusterSample(NamedTuple):
    """State of the nodes, taken every minute."""

    time_ns: int
    pool: str
    nodes: int
    ready_nodes: int
    cpu_capacity_cores: float
    cpu_allocatable_cores: float
    cpu_requested_cores: float
    memory_allocatable_bytes: int
    memory_requested_bytes: int


@dataclass(slots=True, kw_only=True)
class NodeLife:
    """One machine from the order to its deletion; it is paid for from ``created_ns`` to ``deleted_ns``."""

    name: str
    pool: str
    instance_type: str
    zone: str
    spot: bool
    created_ns: int
    ready_ns: int | None = None
    deleted_ns: int | None = None
    cpu_cores: float = 0.0
    """Of the whole machine."""
    memory_bytes: int = 0
    """Of the whole machine."""


@dataclass(slots=True, kw_only=True)
class PodLife:
    """One pod from creation to deletion."""

    uid: int
    name: str
    workload: str
    revision: int = 1
    """Version of the workload that it was made from; 1 is the one of the manifests."""
    node: str = ""
    created_ns: int
    scheduled_ns: int | None = None
    started_ns: int | None = None
    """Its serving container was first started."""
    ready_ns: int | None = None
    """First time ready."""
    deleted_ns: int | None = None
    restarts: int = 0
    oom_kills: int = 0


class HpaSample(NamedTuple):
    """One sync of an HPA that changed something or ended a minute."""

    time_ns: int
    hpa: str
    """``hpa/order-service``."""
    current: int
    desired: int
    minimum: int
    """``minReplicas`` at the sync; a schedule changes it."""
    reasons: tuple[str, ...]
    """Condition reasons such as ScaleUpLimit, DesiredWithinRange, FailedGetResourceMetric."""
    metrics: tuple[tuple[str, float | None], ...]
    """Metric name (``cpu``, ``pods/pending_orders``) with its current value: percent for utilization, else plain."""


class ClusterEvent(NamedTuple):
    """What ``kubectl get events`` would show."""

    time_ns: int
    type: Literal["Normal", "Warning"]
    reason: str
    """Kubernetes' own reason string: Scheduled, FailedScheduling, Pulled, OOMKilling, BackOff, SuccessfulRescale."""
    object: str
    """``pod/order-service-3``, ``hpa/order-service``, ``node/general-2``."""
    message: str
    workload: str = ""


class PodColumn(IntEnum):
    """Columns of a sample of a pod: what it has used since its creation, and what it holds at ``TIME_NS``."""

    TIME_NS = 0
    UID = 1
    CPU_NS = 2
    SERVING_CPU_NS = 3
    PERIODS = 4
    THROTTLED_PERIODS = 5
    MEMORY_BYTES = 6
    OPEN_REQUESTS = 7
    RUNNING = 8
    READY = 9
    RESTARTS = 10
    OOM_KILLS = 11


@dataclass(slots=True)
class History:
    """Everything that a finished control plane hands to the results."""

    workloads: list[WorkloadSample] = field(default_factory=list)
    cluster: list[ClusterSample] = field(default_factory=list)
    nodes: list[NodeLife] = field(default_factory=list)
    pods: list[PodLife] = field(default_factory=list)
    hpas: list[HpaSample] = field(default_factory=list)
    events: list[ClusterEvent] = field(default_factory=list)
    pod_samples: array[int] = field(default_factory=lambda: array("q"), repr=False)
    """Row after row of `PodColumn`: a week of them is half a million, too many to be objects."""
