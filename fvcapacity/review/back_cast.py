"""Would the intervals have held? Forecasts made from earlier and earlier days of a history, against what then came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.traffic_history import TrafficHistory
from fvcapacity.review.season import LEAST_DAYS, fit_season
from fvcapacity.review.special_days import occurrences
from fvcapacity.scenario.special_days import SpecialDay

Floats = npt.NDArray[np.float64]

SHARES = (0.80, 0.95)
"""Intervals that are checked."""
_DRAWS = 2000


class Fold(Frozen):
    """One forecast of days that are known.

    Attributes
    ----------
    first
        The first day that was forecast.
    days
        How many of them are known.
    inside
        By interval: how many of those days lay in theirs.
    total, low, high
        Requests of those days together, and by interval the bounds of their sum.
    median
        What was expected of them.
    """

    first: date
    days: int
    inside: tuple[int, ...]
    total: float
    median: float
    low: tuple[float, ...]
    high: tuple[float, ...]


class BackCast(Frozen):
    """How intervals of a history did.

    Attributes
    ----------
    horizon
        Days ahead that each forecast went.
    folds
        In the order of time.
    day_error
        Mean of the absolute error of a day's median, as a ratio of the day's requests.
    """

    horizon: int
    folds: tuple[Fold, ...]
    day_error: float

    @property
    def days(self) -> int:
        """How many forecasts of a day were held against what came."""
        return sum(fold.days for fold in self.folds)

    def day_coverage(self, share: float) -> float:
        """Return the share of days that lay in their interval."""
        at = SHARES.index(share)
        return sum(fold.inside[at] for fold in self.folds) / self.days

    def total_coverage(self, share: float) -> float:
        """Return the share of forecasts whose sum lay in its interval."""
        at = SHARES.index(share)
        return sum(fold.low[at] <= fold.total <= fold.high[at] for fold in self.folds) / len(self.folds)

    @property
    def total_error(self) -> float:
        """Mean of the absolute error of a sum's median, as a ratio."""
        return float(np.mean([abs(fold.median / fold.total - 1) for fold in self.folds]))


def back_cast(
    history: TrafficHistory,
    special_days: tuple[SpecialDay, ...] = (),
    *,
    horizon: int,
    least: int = 4 * 7,
    step: int = 7,
    seed: int = 1,
    tell: Callable[[str], None] | None = None,
) -> BackCast | None:
    """Forecast known days from those before them.

    Parameters
    ----------
    history
        Daily requests.
    special_days
        As the forecast itself is given them.
    horizon
        Days ahead.
    least
        Days that a forecast is made from, at least.
    step
        Days between the beginnings of two forecasts. When it is shorter than the horizon they overlap, so that their
        errors are not independent.
    seed
        Of the draws.
    tell
        Told what is being done.

    Returns
    -------
    BackCast or None
        None when the history is too short for a single one.
    """
    found, errors = [], []
    rng = np.random.default_rng(seed)
    for start in range(max(least, LEAST_DAYS), len(history.daily) - horizon + 1, step):
        before, after = history.daily[:start], history.daily[start : start + horizon]
        known = np.isfinite(after)
        if np.isfinite(before).sum() < LEAST_DAYS or not known.any():
            continue
        day = history.first + timedelta(days=start)
        if tell is not None:
            tell(f"forecasting {day} from the days before")
        special = occurrences(special_days, history.first, day + timedelta(days=horizon))
        season = fit_season(history.first, before, special)
        draws = season.draw(horizon, special, _DRAWS, rng)[:, known]
        fold, misses = _fold(day, draws, after[known])
        found.append(fold)
        errors.append(misses)
    if not found:
        return None
    return BackCast(horizon, tuple(found), float(np.mean(np.concatenate(errors))))


def _fold(day: date, draws: Floats, real: Floats) -> tuple[Fold, Floats]:
    bounds = [(0.5 - share / 2, 0.5 + share / 2) for share in SHARES]
    inside = []
    for low, high in bounds:
        least, most = np.quantile(draws, [low, high], axis=0)
        inside.append(int(((real >= least) & (real <= most)).sum()))
    sums = draws.sum(axis=1)
    fold = Fold(
        first=day,
        days=len(real),
        inside=tuple(inside),
        total=float(real.sum()),
        median=float(np.median(sums)),
        low=tuple(float(np.quantile(sums, low)) for low, _ in bounds),
        high=tuple(float(np.quantile(sums, high)) for _, high in bounds),
    )
    return fold, np.abs(np.median(draws, axis=0) / real - 1)
