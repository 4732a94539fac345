"""Rates by the minute out of counts by the minute, without the noise that the arrivals of a simulation add again.

A count is its rate and chance on top of it. Who draws arrivals from rates and takes the counts for the rates has the
chance twice: queues of a simulation then come out too long. For counts N around their trend m (a moving mean over
some minutes), with the variance ``v`` of N - m nearby, chance is ``I m`` of it, ``I`` being the index of dispersion
of the arrivals over a minute. What is left, ``v - I m``, is the rate's own. The rates

    m + sqrt(max(0, 1 - I m / v)) (N - m)

have just this variance, so that the arrivals drawn from them vary as the counts did. (The estimate with the least
error would take the factor without its root, as the filter of Wiener does: its rates vary too little, and so would
the arrivals.)
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fvcapacity.scenario.traffic import Arrivals, ClusteredArrivals, GammaArrivals
from fvcapacity.study.grid import Floats

TREND_MINUTES = 11
NEARBY_MINUTES = 61


def index_of_clusters(length_s: float, mean_size: float, spread_s: float) -> float:
    """Return the index of dispersion of counts of clustered arrivals over intervals of a length."""
    ratio = length_s / spread_s
    return float(1 + mean_size * (1 - (1 - np.exp(-ratio)) / ratio))


def index_of(arrivals: Arrivals, length_s: float = 60.0) -> float:
    """Return the index of dispersion of the counts of arrivals over intervals of a length."""
    if isinstance(arrivals, ClusteredArrivals):
        return index_of_clusters(length_s, arrivals.mean_size, arrivals.spread / 1e9)
    return arrivals.dispersion if isinstance(arrivals, GammaArrivals) else 1.0


def rates_without_noise(counts: Floats, index: float) -> Floats:
    """Return what remains of counts by the minute when the chance of arrivals is taken off.

    Parameters
    ----------
    counts
        Shape (minutes, routes), without gaps in time; NaN where a minute was not measured, and in the answer as well.
    index
        Index of dispersion of the arrivals over a minute, from `index_of`.

    Returns
    -------
    numpy.ndarray
        float64, shape as ``counts``: expected requests of each minute, at least zero.
    """
    table = pd.DataFrame(counts)
    trend = table.rolling(TREND_MINUTES, center=True, min_periods=1).mean()
    rest = table - trend
    variance = _nearby(rest**2) * TREND_MINUTES / (TREND_MINUTES - 1)
    level = _nearby(trend)
    own = (1 - index * level / variance.where(variance > 0)).clip(0.0, 1.0).fillna(0.0)
    kept = trend + np.sqrt(own) * rest
    return np.asarray(kept.clip(lower=0.0).where(table.notna()), np.float64)


def _nearby(table: pd.DataFrame) -> pd.DataFrame:
    return table.rolling(NEARBY_MINUTES, center=True, min_periods=TREND_MINUTES).mean()
