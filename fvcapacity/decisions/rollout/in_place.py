"""New versions of workloads that replace their pods where they are: StatefulSets and DaemonSets."""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.decisions.rollout.model import IntOrPercent, scaled_value
from fvcapacity.frozen import Frozen


class PlacedReplica(Frozen):
    """A pod with a place of its own: an ordinal, or a node.

    ``updated``: it is of the newest revision.
    """

    place: int
    updated: bool
    available: bool
    deleting: bool = False


def stateful_victims(
    pods: Sequence[PlacedReplica], partition: int, max_unavailable: IntOrPercent
) -> tuple[tuple[int, ...], str]:
    """Return the ordinals whose pods are deleted now, so that they come back in the newest revision.

    The highest ordinal first, down to the partition, never more at once than may be unavailable (at least one; a
    percentage is rounded down). Every ordinal must have its pod: creating comes before updating
    (``updateStatefulSet`` of ``statefulset/stateful_set_control.go``).
    """
    allowed = max(1, scaled_value(max_unavailable, len(pods), round_up=False))
    free = allowed - sum(1 for pod in pods if not pod.available or pod.deleting)
    outdated = [pod.place for pod in pods if not pod.updated and not pod.deleting and pod.place >= partition]
    if not outdated:
        return (), "UpToDate"
    if free <= 0:
        return (), "TooManyUnavailable"
    return tuple(sorted(outdated, reverse=True)[:free]), "Updates"


def stateful_revision(ordinal: int, partition: int, current: int, update: int) -> int:
    """Return the revision in which an ordinal's missing pod is made (``newVersionedStatefulSetPod``)."""
    return current if ordinal < partition else update


def daemon_victims(
    pods: Sequence[PlacedReplica], wanted: int, max_unavailable: IntOrPercent
) -> tuple[tuple[int, ...], str]:
    """Return the places whose pods are deleted now (``rollingUpdate`` of ``daemon/update.go``, without surge).

    Old pods that are not available go whatever the limit says; of the others as many as may be unavailable (a
    percentage of the wanted places, rounded up).
    """
    allowed = scaled_value(max_unavailable, wanted, round_up=True)
    staying = [pod for pod in pods if not pod.deleting]
    broken = [pod.place for pod in staying if not pod.updated and not pod.available]
    outdated = [pod.place for pod in staying if not pod.updated and pod.available]
    missing = wanted - sum(1 for pod in staying if pod.available)
    taken = outdated[: max(0, allowed - missing)]
    if broken or taken:
        return (*broken, *taken), "Updates"
    return (), "TooManyUnavailable" if outdated else "UpToDate"
