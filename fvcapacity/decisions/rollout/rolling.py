"""RollingUpdate: the new ReplicaSet up, the old ones down, in steps (``deployment/rolling.go``)."""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.decisions.rollout.model import (
    DeploymentView,
    ReplicaSetView,
    limits,
    oldest_first,
    scaled_value,
    total,
)

Sizes = dict[str, int]
"""Name of a ReplicaSet to the replicas that it is to have."""


def new_replica_count(
    deployment: DeploymentView, new: ReplicaSetView, old: Sequence[ReplicaSetView]
) -> tuple[int, str]:
    """Return the size of the new set, as far as the surge allows (``NewRSNewReplicas`` of ``deployment_util.go``)."""
    if deployment.strategy == "Recreate":
        return deployment.replicas, "Recreate"
    surge = scaled_value(deployment.max_surge, deployment.replicas, round_up=True)
    free = deployment.replicas + surge - total((new, *old))
    if free <= 0:
        return new.replicas, "NoRoomToSurge"
    wanted = deployment.replicas - new.replicas
    return new.replicas + min(free, wanted), "SurgeLimit" if free < wanted else "ScalesToWanted"


def reconcile_new(deployment: DeploymentView, new: ReplicaSetView, old: Sequence[ReplicaSetView]) -> tuple[int, str]:
    """Return the size of the new set after this sync (``reconcileNewReplicaSet``)."""
    if new.replicas == deployment.replicas:
        return new.replicas, "AsWanted"
    if new.replicas > deployment.replicas:
        return deployment.replicas, "TooMany"
    return new_replica_count(deployment, new, old)


def reconcile_old(deployment: DeploymentView, new: ReplicaSetView, old: Sequence[ReplicaSetView]) -> tuple[Sizes, str]:
    """Return the sizes of the old sets after this sync (``reconcileOldReplicaSets``).

    Pods that are not available anyway go first; then as many as may be missing. Both count the statuses as they were
    before: what (a) removed is not yet seen by (b).
    """
    sizes = {item.name: item.replicas for item in old}
    if not any(sizes.values()):
        return sizes, "NoOldPods"
    bounds = limits(deployment)
    new_unavailable = new.replicas - new.available
    most = total((new, *old)) - (deployment.replicas - bounds.max_unavailable) - new_unavailable
    if most <= 0:
        return sizes, "TooFewAvailable"
    active = [item for item in old if item.replicas > 0]
    sizes |= cleanup_unhealthy(active, most)[0]
    spare = sum(item.available for item in (new, *active)) - (deployment.replicas - bounds.max_unavailable)
    for item in oldest_first(active):
        taken = min(sizes[item.name], max(0, spare))
        sizes[item.name] -= taken
        spare -= taken
    removed = any(sizes[item.name] != item.replicas for item in active)
    return sizes, "ScaledDown" if removed else "TooFewAvailable"


def cleanup_unhealthy(old: Sequence[ReplicaSetView], most: int) -> tuple[Sizes, int]:
    """Return sizes without pods that are not available, and how many that are (``cleanupUnhealthyReplicas``)."""
    sizes = {item.name: item.replicas for item in old}
    removed = 0
    for item in oldest_first(old):
        if removed >= most:
            break
        taken = min(most - removed, item.replicas - item.available)
        sizes[item.name] -= taken
        removed += taken
    return sizes, removed
