"""Log-spaced histograms of durations: integer edges, no floating point, 1.6 % wide bins.

Every octave of nanoseconds is cut into 2^6 equal bins, so that a bin's width is at most 1/64 of its lower edge and a
percentile read at the middle of its bin is off by less than 0.8 %. The first bin takes everything below
2^14 ns (16 microseconds), the last everything from 2^41 ns (36 minutes).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fvcapacity.semantics.jit import njit

SUB_BITS = 6
LOWEST_BIT = 14
HIGHEST_BIT = 41
BINS = ((HIGHEST_BIT - LOWEST_BIT) << SUB_BITS) + 2
RELATIVE_ERROR = 1 / 2 ** (SUB_BITS + 1)
"""Largest relative error of a percentile, from taking the middle of its bin."""


@njit
def bin_of(duration_ns: int) -> int:
    """Return the bin of a duration in nanoseconds."""
    if duration_ns < (1 << LOWEST_BIT):
        return 0
    if duration_ns >= (1 << HIGHEST_BIT):
        return BINS - 1
    octave, rest = LOWEST_BIT, duration_ns >> LOWEST_BIT  # rest is below 2^27: five questions find its highest bit
    for step in (16, 8, 4, 2, 1):
        if rest >> step:
            octave += step
            rest >>= step
    within = (duration_ns >> (octave - SUB_BITS)) - (1 << SUB_BITS)
    return 1 + ((octave - LOWEST_BIT) << SUB_BITS) + within


def edges_ns() -> npt.NDArray[np.int64]:
    """Return the lower edge of every bin, shape (BINS,)."""
    octaves = np.arange(LOWEST_BIT, HIGHEST_BIT)
    steps = np.arange(1 << SUB_BITS) + (1 << SUB_BITS)
    inner = (steps[None, :].astype(np.int64) << (octaves[:, None] - SUB_BITS)).ravel()
    return np.concatenate([[0], inner, [1 << HIGHEST_BIT]]).astype(np.int64)


def percentiles_s(counts: npt.NDArray[Any], percents: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Return percentiles in seconds of histograms.

    Parameters
    ----------
    counts
        Shape (..., BINS).
    percents
        Such as ``(50, 95, 99)``. The smallest value with at least this share of the counts at or below it.

    Returns
    -------
    numpy.ndarray
        float64, shape (..., len(percents)); NaN where a histogram is empty.
    """
    lower = edges_ns().astype(np.float64)
    middle = np.append((lower[:-1] + lower[1:]) / 2, lower[-1]) / 1e9
    cumulative = counts.cumsum(axis=-1, dtype=np.int64)
    total = cumulative[..., -1]
    result = np.full((*counts.shape[:-1], len(percents)), np.nan)
    for position, percent in enumerate(percents):
        rank = np.maximum(np.ceil(total * (percent / 100)), 1)
        index = (cumulative >= rank[..., None]).argmax(axis=-1)
        result[..., position] = np.where(total > 0, middle[index], np.nan)
    return result
