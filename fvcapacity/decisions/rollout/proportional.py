"""A Deployment is resized in the middle of a roll-out: every ReplicaSet gets its part (``deployment/sync.go``)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fvcapacity.decisions.rollout.model import DeploymentView, ReplicaSetView, limits, oldest_first, total
from fvcapacity.frozen import replace


def proportional_scale(
    deployment: DeploymentView, new: ReplicaSetView | None, old: Sequence[ReplicaSetView]
) -> tuple[tuple[ReplicaSetView, ...], str]:
    """Return the sets that are written, as they then are (``scale``).

    The share of a set is its part of what the Deployment was allowed to have when the set was last written; what
    rounding leaves over goes to the largest set.
    """
    active = [item for item in (*old, *((new,) if new else ())) if item.replicas > 0]
    if len(active) <= 1:
        return _only(deployment, active, new, old)
    if new is not None and _saturated(deployment, new):
        return tuple(annotated(deployment, item, 0) for item in active if item.name != new.name), "NewSetSaturated"
    if deployment.strategy != "RollingUpdate":
        return (), "Recreate"
    return _shared(deployment, active), "Proportional"


def annotated(deployment: DeploymentView, item: ReplicaSetView, replicas: int) -> ReplicaSetView:
    """Return a set that is written for the present size of its Deployment (``SetReplicasAnnotations``)."""
    most = deployment.replicas + limits(deployment).max_surge
    return replace(item, replicas=replicas, desired_annotation=deployment.replicas, max_annotation=most)


def is_scaling_event(deployment: DeploymentView, sets: Sequence[ReplicaSetView]) -> bool:
    """Tell whether a set with pods was last written for another size of the Deployment (``isScalingEvent``)."""
    return any(item.replicas > 0 and item.desired_annotation not in (None, deployment.replicas) for item in sets)


def _only(
    deployment: DeploymentView,
    active: Sequence[ReplicaSetView],
    new: ReplicaSetView | None,
    old: Sequence[ReplicaSetView],
) -> tuple[tuple[ReplicaSetView, ...], str]:
    """Resize the one set that has pods; none has: the new one, or the newest (``FindActiveOrLatest``)."""
    only = active[0] if active else new or (oldest_first(old)[-1] if old else None)
    if only is None or only.replicas == deployment.replicas:
        return (), "AsWanted"
    return (annotated(deployment, only, deployment.replicas),), "OnlyActiveSet"


def _saturated(deployment: DeploymentView, new: ReplicaSetView) -> bool:
    return new.replicas == new.desired_annotation == new.available == deployment.replicas


def _shared(deployment: DeploymentView, active: Sequence[ReplicaSetView]) -> tuple[ReplicaSetView, ...]:
    allowed = deployment.replicas + limits(deployment).max_surge if deployment.replicas else 0
    change = allowed - total(active)
    ordered = _largest_first(active, newer_first=change > 0)
    given, sizes = 0, []
    for item in ordered:
        share = _share(deployment, item, change - given) if change != given else 0
        given += share
        sizes.append(item.replicas + share)
    sizes[0] = max(0, sizes[0] + change - given)
    written = []
    for item, size in zip(ordered, sizes, strict=True):
        after = annotated(deployment, item, size)
        if after != item:
            written.append(after)
    return tuple(written)


def _largest_first(sets: Sequence[ReplicaSetView], *, newer_first: bool) -> list[ReplicaSetView]:
    """Return sets by size; ties: growing favours the newer set, shrinking takes from the older one."""
    by_age = oldest_first(sets)
    if newer_first:
        by_age.reverse()
    return sorted(by_age, key=lambda item: -item.replicas)


def _share(deployment: DeploymentView, item: ReplicaSetView, left: int) -> int:
    """Return by how much a set changes (``GetReplicaSetProportion``); never more than what is left to change."""
    if deployment.replicas == 0:
        wanted = -item.replicas
    else:
        before = item.max_annotation if item.max_annotation is not None else deployment.status_replicas
        if before == 0:
            return 0
        after = deployment.replicas + limits(deployment).max_surge
        wanted = _round(item.replicas * after / before) - item.replicas
    return min(wanted, left) if left > 0 else max(wanted, left)


def _round(value: float) -> int:
    """Return the nearest integer, halves upwards (the value is never negative)."""
    whole = math.floor(value)
    return whole + (value - whole >= 0.5)
