"""How an HPA smooths what the metrics ask for over its recent recommendations."""

from __future__ import annotations

from typing import NamedTuple

from fvcapacity.decisions.hpa.limits import NS


class Recommendation(NamedTuple):
    """What the metrics asked for at some time, before stabilization."""

    time_ns: int
    replicas: int


Recommendations = tuple[Recommendation, ...]


def stabilize_legacy(desired: int, history: Recommendations, window_s: int, now_ns: int) -> tuple[int, Recommendations]:
    """Return the largest recommendation of the window, and the new history."""
    since = now_ns - window_s * NS
    result, slot = desired, len(history)
    for i, (time_ns, replicas) in enumerate(history):
        if time_ns < since:
            slot = i
        elif replicas > result:
            result = replicas
    return result, _stored(history, slot, Recommendation(now_ns, desired))


def stabilize_behavior(
    current: int, desired: int, history: Recommendations, windows_s: tuple[int, int], now_ns: int
) -> tuple[int, str, Recommendations]:
    """Return the count nearest to ``current`` that both windows (up, down) allow, a reason, the new history.

    The reason tells the direction; it means something only when the count differs from ``desired``.
    """
    up_since, down_since = now_ns - windows_s[0] * NS, now_ns - windows_s[1] * NS
    oldest = min(up_since, down_since)
    up = down = desired
    slot = len(history)
    for i, (time_ns, replicas) in enumerate(history):
        if time_ns > up_since and replicas < up:
            up = replicas
        if time_ns > down_since and replicas > down:
            down = replicas
        if time_ns < oldest:
            slot = i
    result = max(current, up)
    result = min(result, down)
    reason = "ScaleUpStabilized" if desired >= current else "ScaleDownStabilized"
    return result, reason, _stored(history, slot, Recommendation(now_ns, desired))


def _stored(history: Recommendations, slot: int, entry: Recommendation) -> Recommendations:
    return (*history[:slot], entry, *history[slot + 1 :])
