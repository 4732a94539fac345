"""How long a container used how much CPU: a histogram, so that days can be weighted and added up.

Edges grow by two per cent, so that a quantile is told at most so much too high and never too low.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Use = Mapping[str, float]
"""Number of a bin, as text (JSON has no other keys), to the container-seconds in it."""

_GROWTH = math.log(1.02)
_LEAST = 1e-4
"""Cores of the lowest edge: a tenth of a millicore."""


def use_of(cores: Floats, lengths_s: Floats) -> dict[str, float]:
    """Return the histogram of one container's samples: mean cores of each interval, and their lengths in seconds."""
    bins = np.ceil(np.log(np.maximum(cores, _LEAST) / _LEAST) / _GROWTH - 1e-9).astype(np.int64)
    numbers, which = np.unique(bins, return_inverse=True)
    sums = np.bincount(which, weights=lengths_s, minlength=len(numbers))
    return {str(number): float(seconds) for number, seconds in zip(numbers, sums, strict=True)}


def together(parts: Iterable[tuple[Use, float]]) -> dict[str, float]:
    """Return several histograms as one, each with its weight."""
    total: dict[str, float] = {}
    for use, weight in parts:
        for number, seconds in use.items():
            total[number] = total.get(number, 0.0) + weight * seconds
    return total


def covering_cores(use: Use, share: float) -> float:
    """Return the cores that cover what was used in a share (0 to 1) of the time."""
    left = share * sum(use.values())
    for number in sorted(use, key=int):
        left -= use[number]
        if left <= 1e-9:
            return upper_edge(number)
    return upper_edge(max(use, key=int))


def idle_core_s(use: Use, request_cores: float) -> float:
    """Return what a request leaves unused, in core-seconds: of every second only what is below the request."""
    return sum(max(request_cores - upper_edge(number), 0.0) * seconds for number, seconds in use.items())


def seconds(use: Use) -> float:
    """Return how long the container was seen, over all its pods."""
    return sum(use.values())


def upper_edge(number: str) -> float:
    """Return the cores at the upper edge of a bin."""
    return _LEAST * math.exp(int(number) * _GROWTH)
