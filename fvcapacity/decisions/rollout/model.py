"""What a roll-out decides about: a Deployment, its ReplicaSets, and how far they may stray from the wanted size."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from fvcapacity.frozen import Frozen

IntOrPercent = int | str | None

_PERCENT = re.compile(r"-?[0-9]+%")


class DeploymentView(Frozen, kw_only=True):
    """A Deployment as its controller reads it.

    ``max_surge`` and ``max_unavailable`` are as written: a count, a percentage as text, or None for 0.
    ``status_replicas`` stands in for the annotation of a set that has none.
    """

    replicas: int
    strategy: Literal["RollingUpdate", "Recreate"] = "RollingUpdate"
    max_surge: IntOrPercent = "25%"
    max_unavailable: IntOrPercent = "25%"
    status_replicas: int = 0


class ReplicaSetView(Frozen, kw_only=True):
    """A ReplicaSet as the Deployment's controller reads it.

    ``replicas`` is its spec, ``available`` its status. The annotations say for which size of the Deployment it was
    last written (``deployment.kubernetes.io/desired-replicas`` and ``max-replicas``); None: it carries none.
    """

    name: str
    replicas: int
    available: int = 0
    created_ns: int = 0
    desired_annotation: int | None = None
    max_annotation: int | None = None


class Limits(Frozen):
    """How many pods beyond the wanted ones may exist, how many may be missing, how many must be available."""

    max_surge: int
    max_unavailable: int
    min_available: int


def scaled_value(value: IntOrPercent, total: int, *, round_up: bool) -> int:
    """Return a count or a percentage of a total (``apimachinery/pkg/util/intstr``).

    Raises
    ------
    ValueError
        When the text is no whole percentage.
    """
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    if not _PERCENT.fullmatch(value):
        raise ValueError(f"{value!r} is neither a count nor a whole percentage")
    hundredths = int(value[:-1]) * total
    return -(-hundredths // 100) if round_up else hundredths // 100


def fenceposts(max_surge: IntOrPercent, max_unavailable: IntOrPercent, desired: int) -> tuple[int, int]:
    """Return (surge, unavailable) as counts (``ResolveFenceposts`` of ``deployment/util/deployment_util.go``).

    Surge is rounded up and unavailable down; when both come to nothing one pod may be unavailable, since the roll-out
    could not move otherwise.
    """
    surge = scaled_value(max_surge, desired, round_up=True)
    unavailable = scaled_value(max_unavailable, desired, round_up=False)
    return surge, 1 if surge == 0 and unavailable == 0 else unavailable


def limits(deployment: DeploymentView) -> Limits:
    """Return the bounds (``MaxSurge``, ``MaxUnavailable``, ``MinAvailable`` of ``deployment_util.go``)."""
    if deployment.strategy != "RollingUpdate":
        return Limits(0, 0, 0)
    surge, unavailable = fenceposts(deployment.max_surge, deployment.max_unavailable, deployment.replicas)
    unavailable = min(unavailable, deployment.replicas) if deployment.replicas else 0
    return Limits(surge, unavailable, deployment.replicas - unavailable)


def oldest_first(sets: Iterable[ReplicaSetView]) -> list[ReplicaSetView]:
    """Return sets in the order of their creation, ties by name (``ReplicaSetsByCreationTimestamp``)."""
    return sorted(sets, key=lambda item: (item.created_ns, item.name))


def total(sets: Iterable[ReplicaSetView]) -> int:
    """Return the pods that sets are meant to have."""
    return sum(item.replicas for item in sets)
