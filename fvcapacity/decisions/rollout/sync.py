"""One sync of a Deployment: which ReplicaSets are written, and whether it gets on (``deployment_controller.go``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from fvcapacity.decisions.rollout.model import DeploymentView, ReplicaSetView, total
from fvcapacity.decisions.rollout.proportional import annotated, is_scaling_event, proportional_scale
from fvcapacity.decisions.rollout.rolling import new_replica_count, reconcile_new, reconcile_old
from fvcapacity.frozen import Frozen

Action = Literal["proportional_scale", "scale_new", "scale_old", "none"]

PROGRESS_DEADLINE_NS = 600 * 10**9
"""``spec.progressDeadlineSeconds`` by default (``pkg/apis/apps/v1/defaults.go``)."""


class SyncDecision(Frozen):
    """What one sync does.

    Attributes
    ----------
    written
        Sets whose object is written, as they then are; a created one first.
    created
        Name of the set that did not exist before, or "".
    """

    action: Action
    written: tuple[ReplicaSetView, ...] = ()
    created: str = ""
    reason: str = ""


def sync_rolling(
    deployment: DeploymentView, new: ReplicaSetView, old: Sequence[ReplicaSetView], *, exists: bool
) -> SyncDecision:
    """Decide one sync of a RollingUpdate (``syncDeployment`` and ``rolloutRolling``).

    Parameters
    ----------
    new
        The set of the present template. When it does not exist yet it is the one that would be created, with size 0.
    exists
        Whether it does.
    """
    if is_scaling_event(deployment, (*old, *((new,) if exists else ()))):
        written, reason = proportional_scale(deployment, new if exists else None, old)
        return SyncDecision("proportional_scale", written, reason=reason)
    created: tuple[ReplicaSetView, ...] = ()
    if exists:
        size, reason = reconcile_new(deployment, new, old)
        if size != new.replicas:
            return SyncDecision("scale_new", (annotated(deployment, new, size),), reason=reason)
    else:
        new = annotated(deployment, new, new_replica_count(deployment, new, old)[0])
        created = (new,)
    sizes, reason = reconcile_old(deployment, new, old)
    scaled = tuple(annotated(deployment, item, sizes[item.name]) for item in old if sizes[item.name] != item.replicas)
    return SyncDecision("scale_old" if scaled else "none", (*created, *scaled), new.name if created else "", reason)


def sync_recreate(
    deployment: DeploymentView,
    new: ReplicaSetView,
    old: Sequence[ReplicaSetView],
    *,
    exists: bool,
    old_pods_running: bool,
) -> SyncDecision:
    """Decide one sync of a Recreate (``rolloutRecreate`` of ``deployment/recreate.go``).

    All old pods go at once, those being deleted are waited for, and only then the new ones come.
    """
    if is_scaling_event(deployment, (*old, *((new,) if exists else ()))):
        written, reason = proportional_scale(deployment, new if exists else None, old)
        return SyncDecision("proportional_scale", written, reason=reason)
    if total(old):
        scaled = tuple(annotated(deployment, item, 0) for item in old if item.replicas)
        return SyncDecision("scale_old", scaled, reason="Recreate")
    if old_pods_running:
        return SyncDecision("none", reason="OldPodsRunning")
    if exists and new.replicas == deployment.replicas:
        return SyncDecision("none", reason="AsWanted")
    return SyncDecision(
        "scale_new", (annotated(deployment, new, deployment.replicas),), "" if exists else new.name, "Recreate"
    )


def is_complete(deployment: DeploymentView, new: ReplicaSetView, *, pods: int, updated: int) -> bool:
    """Tell whether a roll-out is over (``DeploymentComplete``): all pods are new ones, and all are available."""
    return updated == pods == new.available == deployment.replicas


def past_deadline(progressed_ns: int, now_ns: int, deadline_ns: int = PROGRESS_DEADLINE_NS) -> tuple[bool, str]:
    """Tell whether a roll-out has made no progress for too long (``DeploymentTimedOut``).

    Progress is a new set, more new pods, fewer old ones, or more available ones. Past the deadline the controller says
    so and goes on trying; nothing is rolled back.
    """
    late = now_ns >= progressed_ns + deadline_ns
    return late, "ProgressDeadlineExceeded" if late else "ReplicaSetUpdated"
