"""When a random fault strikes next, and whom."""

from __future__ import annotations

import math
from collections.abc import Sequence


def next_strike(mean_ns: int, u: float) -> tuple[int, str]:
    """Return after how many nanoseconds a fault strikes again, and why then.

    Distances are exponential: what breaks at random does not know when it broke last.

    Parameters
    ----------
    mean_ns
        Mean time between two.
    u
        A draw strictly between 0 and 1.
    """
    return max(1, math.ceil(-mean_ns * math.log1p(-u))), "MeanTimeBetween"


def struck(candidates: Sequence[str], named: str | None, u: float) -> tuple[str | None, str]:
    """Return who is struck, None when nobody can be, and why: by name, or drawn from all alike."""
    if named is not None:
        return (named, "Named") if named in candidates else (None, "NotThere")
    return (candidates[int(u * len(candidates))], "Drawn") if candidates else (None, "NoCandidate")
