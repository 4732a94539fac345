"""Means over replications with Student's t intervals.

Replications are independent (each has its own seed), so that their figures are a sample; what happens
within one replication is strongly correlated and is never treated as one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen

Floats = npt.NDArray[np.float64]
CONFIDENCE = 0.95


class Estimate(Frozen):
    """A mean over replications; ``low`` and ``high`` are None when one replication allows no interval.

    Attributes
    ----------
    mean
        NaN when no replication has a figure.
    low, high
        Bounds of the confidence interval.
    samples
        Replications that have a figure.
    """

    mean: float
    low: float | None
    high: float | None
    samples: int

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


def estimate_mean(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Estimate the mean of independent replications.

    Parameters
    ----------
    values
        One figure per replication; NaN (nothing to measure in it) is left out.
    confidence
        Probability that the interval covers the mean, for figures that are about normal.
    """
    sample = np.asarray(values, dtype=np.float64)
    sample = sample[~np.isnan(sample)]
    if not sample.size:
        return Estimate(math.nan, None, None, 0)
    mean = float(sample.mean())
    if sample.size == 1:
        return Estimate(mean, None, None, 1)
    quantile = _t_quantile(sample.size - 1, confidence)
    half = quantile * float(sample.std(ddof=1)) / math.sqrt(sample.size)
    return Estimate(mean, mean - half, mean + half, int(sample.size))


class PairedEstimate(Frozen):
    """The mean difference of paired replications, and what the pairing was worth.

    Attributes
    ----------
    difference
        Second minus first.
    narrowing
        Half-width of the unpaired (Welch) interval over that of the paired one; above 1 the pairing
        helped, None when it cannot be told.
    """

    difference: Estimate
    narrowing: float | None


def estimate_paired(first: Sequence[float], second: Sequence[float], confidence: float = CONFIDENCE) -> PairedEstimate:
    """Estimate the difference of two configurations that saw the same random numbers.

    Parameters
    ----------
    first, second
        Figures of the same replications in the same order.

    Raises
    ------
    ValueError
        When the lengths differ.
    """
    if len(first) != len(second):
        raise ValueError(f"pairs need equal lengths, not {len(first)} and {len(second)}")
    before, after = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    both = ~(np.isnan(before) | np.isnan(after))
    before, after = before[both], after[both]
    difference = estimate_mean(list(after - before), confidence)
    half = difference.half_width
    if half is None or half == 0:
        return PairedEstimate(difference, None)
    return PairedEstimate(difference, _welch_half_width(before, after, confidence) / half)


def _welch_half_width(first: Floats, second: Floats, confidence: float) -> float:
    """Return the half-width for independent samples (Welch 1947, degrees of freedom after Satterthwaite)."""
    errors = np.array([first.var(ddof=1) / first.size, second.var(ddof=1) / second.size])
    total = float(errors.sum())
    if total == 0:
        return 0.0
    freedom = total**2 / float((errors**2 / (np.array([first.size, second.size]) - 1)).sum())
    return _t_quantile(freedom, confidence) * math.sqrt(total)


def _t_quantile(freedom: float, confidence: float) -> float:
    """Return the quantile of Student's t distribution that a two-sided interval needs."""
    from scipy.special import stdtrit  # scipy.stats says the same, and takes a second to import

    return float(stdtrit(freedom, (1 + confidence) / 2))
