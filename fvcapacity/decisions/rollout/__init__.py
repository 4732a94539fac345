"""How new versions come in, as pure functions: the Deployment controller's own arithmetic, and what others add to it.

``rolling`` moves pods from old ReplicaSets to the new one within surge and unavailability, ``proportional`` resizes a
Deployment in the middle of that, ``sync`` puts both together as the controller does (``pkg/controller/deployment``).
``in_place`` is for workloads that replace their pods where they are, ``canary`` for traffic that is moved by weights or
switched at once, as Argo Rollouts does it.
PodDisruptionBudgets have no say in any of it: they bind evictions, not roll-outs.
"""

from fvcapacity.decisions.rollout.canary import (
    NO_ANSWERS,
    SCALE_DOWN_DELAY_NS,
    AbortRule,
    Answers,
    CanaryPlan,
    CanaryStep,
    aborts,
    advance_canary,
    canary_replicas,
    measure_fails,
    promotes_blue_green,
)
from fvcapacity.decisions.rollout.in_place import PlacedReplica, daemon_victims, stateful_revision, stateful_victims
from fvcapacity.decisions.rollout.model import DeploymentView, Limits, ReplicaSetView, fenceposts, limits, scaled_value
from fvcapacity.decisions.rollout.proportional import proportional_scale
from fvcapacity.decisions.rollout.rolling import cleanup_unhealthy, new_replica_count, reconcile_new, reconcile_old
from fvcapacity.decisions.rollout.sync import (
    PROGRESS_DEADLINE_NS,
    SyncDecision,
    is_complete,
    past_deadline,
    sync_recreate,
    sync_rolling,
)

__all__ = [
    "NO_ANSWERS",
    "PROGRESS_DEADLINE_NS",
    "SCALE_DOWN_DELAY_NS",
    "AbortRule",
    "Answers",
    "CanaryPlan",
    "CanaryStep",
    "DeploymentView",
    "Limits",
    "PlacedReplica",
    "ReplicaSetView",
    "SyncDecision",
    "aborts",
    "advance_canary",
    "canary_replicas",
    "cleanup_unhealthy",
    "daemon_victims",
    "fenceposts",
    "is_complete",
    "limits",
    "measure_fails",
    "new_replica_count",
    "past_deadline",
    "promotes_blue_green",
    "proportional_scale",
    "reconcile_new",
    "reconcile_old",
    "scaled_value",
    "stateful_revision",
    "stateful_victims",
    "sync_recreate",
    "sync_rolling",
]
