"""What a PodDisruptionBudget still allows (``pkg/controller/disruption``)."""

from __future__ import annotations

import math


def allowed_disruptions(
    min_available: int | str | None, max_unavailable: int | str | None, expected: int, healthy: int
) -> tuple[int, str]:
    """Return how many pods may be evicted now, and why.

    Percentages are of the expected pods, rounded up for both kinds.
    """
    if max_unavailable is not None:
        wanted = max(0, expected - scaled(max_unavailable, expected))
    elif min_available is not None:
        wanted = scaled(min_available, expected)
    else:
        return healthy, "SufficientPods"
    allowed = max(0, healthy - wanted)
    return allowed, "SufficientPods" if allowed else "InsufficientPods"


def scaled(value: int | str, total: int) -> int:
    """Return an int-or-percent of a total, percentages rounded up."""
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(int(value[:-1]) * total / 100)
    return int(value)
