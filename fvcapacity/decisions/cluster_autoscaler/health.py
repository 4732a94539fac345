"""When the cluster autoscaler holds back: failed orders, sick clusters, times after its last deeds.

Sources: ``clusterstate/clusterstate.go``, ``utils/backoff/exponential_backoff.go``, ``core/static_autoscaler.go``.
"""

from __future__ import annotations

from fvcapacity.frozen import Frozen

INITIAL_BACKOFF_NS = 5 * 60 * 10**9
MAX_BACKOFF_NS = 30 * 60 * 10**9
BACKOFF_RESET_NS = 3 * 3600 * 10**9


class GroupBackoff(Frozen):
    """How long a node group is left alone because its nodes did not come."""

    duration_ns: int
    until_ns: int
    failed_ns: int


def next_backoff(before: GroupBackoff | None, now_ns: int) -> GroupBackoff:
    """Return the back-off after one more failure: 5 min, doubling to 30 min; a failure 3 h later begins anew.

    It doubles only when the one before is over: orders that fail together count once.
    """
    duration = INITIAL_BACKOFF_NS
    fresh = before is not None and before.failed_ns + BACKOFF_RESET_NS >= now_ns
    if before is not None and fresh and before.until_ns < now_ns:
        duration = min(MAX_BACKOFF_NS, 2 * before.duration_ns)
    return GroupBackoff(duration, now_ns + duration, now_ns)


def is_healthy(unready: int, total: int, ok_unready: int = 3, max_unready_percent: float = 45.0) -> bool:
    """Tell whether a cluster is well enough to be scaled: few nodes are unready, or a small part of them."""
    return unready <= ok_unready or unready <= max_unready_percent / 100.0 * total


def in_cooldown(
    now_ns: int,
    *,
    added_ns: int | None = None,
    deleted_ns: int | None = None,
    failed_ns: int | None = None,
    after_add_ns: int = 0,
    after_delete_ns: int = 0,
    after_failure_ns: int = 0,
) -> str:
    """Return which deed is too recent for a scale-down, or "" (``isScaleDownInCooldown``)."""
    for what, at, delay in (
        ("scale-up", added_ns, after_add_ns),
        ("failed scale-down", failed_ns, after_failure_ns),
        ("scale-down", deleted_ns, after_delete_ns),
    ):
        if at is not None and at + delay > now_ns:
            return what
    return ""
