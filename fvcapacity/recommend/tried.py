"""A candidate that was tried on all peaks, and the best of many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.candidates import Values
from fvcapacity.recommend.costing import Cost

Breaks = Literal["margin", "rest", "room"]
"""The objectives hold, but hardly; a loss at rest is not borne; the largest pools are too small."""


class Tried(Frozen):
    """A candidate that was tried on all peaks.

    Attributes
    ----------
    why_not
        Why it does not do; empty when it does.
    excess, p95_s
        The worst of its trials.
    breaks
        What kind of thing it breaks, where the search goes on differently for it; else None.
    """

    values: Values
    why_not: str
    excess: float
    p95_s: float
    cost: Cost | None
    breaks: Breaks | None = None


def front_of(tried: Iterable[Tried]) -> list[Tried]:
    """Return the candidates that hold and that none beats in both cost and p95, the cheapest first."""
    holding = [(item.cost, item.p95_s, item) for item in tried if not item.why_not and item.cost is not None]
    found: list[Tried] = []
    for _, p95_s, item in sorted(holding, key=lambda entry: entry[:2]):
        if not found or p95_s < found[-1].p95_s:
            found.append(item)
    return found
