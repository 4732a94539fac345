"""How the Horizontal Pod Autoscaler decides, as pure functions (``pkg/controller/podautoscaler``).

``replicas`` turns one metric into a replica count, ``limits`` bounds how fast it may change, ``stabilization`` smooths
it over recent recommendations, and ``sync`` puts the three together as the controller does every 15 seconds.
Integers are thousandths (millicores, milli-bytes) as in the controller; times are nanoseconds.
"""

from fvcapacity.decisions.hpa.limits import (
    Behavior,
    Policy,
    Rules,
    ScaleEvent,
    default_behavior,
    tolerance_from_quantity,
)
from fvcapacity.decisions.hpa.metrics import HpaPod, MetricReading, MetricSpec, PodList, Sampling, Tolerance
from fvcapacity.decisions.hpa.replicas import ReplicaProposal
from fvcapacity.decisions.hpa.stabilization import Recommendation
from fvcapacity.decisions.hpa.sync import HpaSettings, HpaSpec, HpaState, Observed, SyncResult, reconcile

__all__ = [
    "Behavior",
    "HpaPod",
    "HpaSettings",
    "HpaSpec",
    "HpaState",
    "MetricReading",
    "MetricSpec",
    "Observed",
    "PodList",
    "Policy",
    "Recommendation",
    "ReplicaProposal",
    "Rules",
    "Sampling",
    "ScaleEvent",
    "SyncResult",
    "Tolerance",
    "default_behavior",
    "reconcile",
    "tolerance_from_quantity",
]
