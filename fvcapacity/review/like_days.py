"""Days of a quarter that were simulated, and which of them stand for the days that were not.

A day that nobody simulated is as the mean of the simulated ones of its day of the week, else of all ordinary ones, else
of all. Every figure that is added up over days goes through these weights, so that the quarter is the sum of its
months, they of their days, and the parts of a bill add up in each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.review.quarters import Quarter

Floats = npt.NDArray[np.float64]


class LikeDays(Frozen):
    """How the days of a quarter are made of simulated ones.

    Attributes
    ----------
    quarter
        Which.
    simulated
        The simulated days, in their order; they may lie outside the quarter, and then only stand for others.
    covered
        float64, shape (days of the quarter,): share of each that was simulated.
    weights
        float64, shape (days of the quarter, simulated days): what of each simulated day is in each day of the quarter.
    only_special
        Whether special days had to stand for ordinary ones, because nothing else was simulated.
    """

    quarter: Quarter
    simulated: tuple[date, ...]
    covered: Floats
    weights: Floats
    only_special: bool

    @property
    def days_simulated(self) -> float:
        """How many days of the quarter were simulated, parts included."""
        return float(self.covered.sum())

    def spread(self, by_day: Mapping[date, float]) -> Floats:
        """Return a figure of every day of the quarter from those of the simulated days, shape (days,)."""
        return np.asarray(self.weights @ np.array([by_day.get(day, 0.0) for day in self.simulated]), np.float64)

    def total(self, by_day: Mapping[date, float]) -> float:
        """Return a figure of the whole quarter."""
        return float(self.spread(by_day).sum())


def like_days(quarter: Quarter, covered: Mapping[date, float], special: Sequence[date]) -> LikeDays:
    """Return which simulated days stand for which days of a quarter.

    Parameters
    ----------
    covered
        Simulated day to the share of it that was simulated, above 0.
    special
        Simulated days that are not like others.
    """
    simulated = tuple(sorted(covered))
    share = np.array([covered[day] for day in simulated])
    ordinary = np.array([day not in special for day in simulated], bool)
    weekdays = np.array([day.weekday() for day in simulated])
    whole = np.zeros(len(quarter.days))
    weights = np.zeros((len(quarter.days), len(simulated)))
    for number, day in enumerate(quarter.days):
        if day in covered:
            at = simulated.index(day)
            whole[number] = min(covered[day], 1.0)
            weights[number, at] += 1.0
        rest = 1.0 - whole[number]
        if rest > 1e-9:
            fitting = ordinary & (weekdays == day.weekday())
            chosen = next(rows for rows in (fitting, ordinary, np.ones(len(simulated), bool)) if rows.any())
            # days count by how much of them was simulated
            weights[number, chosen] += rest / share[chosen].sum()
    return LikeDays(quarter, simulated, whole, weights, bool(len(simulated)) and not ordinary.any())
