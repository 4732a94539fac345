"""Requests of coming days from those of past days: weekly and yearly season, special days, level and growth.

A structural time-series model of the logarithm of a day's requests (Harvey, *Forecasting, Structural Time Series Models
and the Kalman Filter*, 1989, chapter 4), estimated by statsmodels:

    log y_t = level_t + a_t + x_t b,      level_t = level_{t-1} + drift + w_t,      a_t = p a_{t-1} + u_t

with the day of the week, the special days that the history has seen and, once it is long enough, the time of the year
in ``x_t``: a level that wanders, and deviations from it that are partly carried over to the next day. Coefficients are
part of the state, so that draws carry their uncertainty; that of the variances is carried by one chi-squared variable
for each draw. Days without a figure are left out of the likelihood, not filled in.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.errors import InputError, Problem
from fvcapacity.review.extra import structural_model
from fvcapacity.review.special_days import Occurrence
from fvcapacity.scenario.weekly import DailyScatter

Floats = npt.NDArray[np.float64]

LEAST_DAYS = 14
"""A week's season needs every day of the week twice."""
GROWTH_DAYS = 365
"""With less than a year nobody can tell growth from season; growth is then what one assumes."""
YEARLY_DAYS = 548
"""Each time of the year must have been seen, and half of them twice."""
HARMONICS = 3
_YEAR = 365.2425
_ODD = 4.0
"""A day whose standardised error is beyond this is named: an event that nobody told of."""


@dataclass(frozen=True)
class Season:
    """What was learnt from a history.

    Attributes
    ----------
    first, days
        The first day of the history, and how many it has.
    special
        Keys of the special days that it has seen, to the factor that they bring (median).
    yearly, growing
        Whether the time of the year and a growth are part of it.
    growth_per_year
        Estimated (median); 0 when it is not part of it.
    scatter
        Of days around the level, and of the level from one day to the next.
    odd_days
        Day to the factor by which it missed what was expected of it.
    """

    first: date
    days: int
    special: Mapping[tuple[str, int], float]
    yearly: bool
    growing: bool
    growth_per_year: float
    scatter: DailyScatter
    odd_days: Mapping[date, float]
    _keys: tuple[tuple[str, int], ...] = field(repr=False)
    _state: Floats = field(repr=False)
    _state_cov: Floats = field(repr=False)
    _freedom: int = field(repr=False)

    def draw(
        self, days: int, special: Sequence[Occurrence], draws: int, rng: np.random.Generator, growth: float = 0.0
    ) -> Floats:
        """Return draws of the requests of the days that follow the history, shape (draws, days).

        Parameters
        ----------
        days
            How many.
        special
            Special days among them. Those that the history never saw bring nothing here.
        draws
            How many draws.
        growth
            A year's growth as a ratio, for a history that is too short to tell; of no use otherwise.
        """
        index = pd.date_range(self.first, periods=self.days + days, freq="D")[self.days :]
        x = _regressors(index, special, self._keys, self.yearly)
        scale = np.sqrt(self._freedom / rng.chisquare(self._freedom, size=draws))
        root = _root(self._state_cov)
        start = self._state + (rng.standard_normal((draws, len(root))) @ root.T) * scale[:, None]
        drift = start[:, 1] if self.growing else np.full(draws, np.log1p(growth) / _YEAR)
        levels = start[:, 0, None] + drift[:, None] * np.arange(1, days + 1)
        deviation = start[:, 1 + self.growing]
        moves = scattered(self.scatter, draws, days, rng, deviation, scale)
        return np.asarray(np.exp(levels + moves + start[:, -x.shape[1] :] @ x.T), np.float64)


def scattered(
    scatter: DailyScatter,
    draws: int,
    days: int,
    rng: np.random.Generator,
    deviation: Floats | float = 0.0,
    scale: Floats | float = 1.0,
) -> Floats:
    """Return draws of how days scatter, as logarithms, shape (draws, days): a level that wanders, and deviations.

    Parameters
    ----------
    deviation
        Of the day before the first.
    scale
        Factor on all standard deviations of a draw, shape (draws,).
    """
    walk = np.cumsum(rng.standard_normal((draws, days)), axis=1) * scatter.walk_log_sd
    moves = rng.standard_normal((draws, days)) * scatter.day_log_sd
    factor = np.broadcast_to(np.asarray(scale, np.float64), (draws,))
    carried = np.broadcast_to(np.asarray(deviation, np.float64), (draws,))
    found = walk * factor[:, None]
    for day in range(days):
        carried = scatter.carried_over * carried + moves[:, day] * factor
        found[:, day] += carried
    return np.asarray(found, np.float64)


def fit_season(first: date, daily: Floats, special: Sequence[Occurrence]) -> Season:
    """Learn from a history of daily requests.

    Parameters
    ----------
    first
        Its first day.
    daily
        float64, shape (days,): requests of each day; NaN where they are not known.
    special
        Special days among them.

    Raises
    ------
    InputError
        When it is too short, or statsmodels is not installed.
    """
    known = int(np.isfinite(daily).sum())
    if known < LEAST_DAYS:
        message = f"{known} whole days are no history to learn from"
        raise InputError(Problem(message, hint=f"give at least {LEAST_DAYS}; growth needs {GROWTH_DAYS}"))
    index = pd.date_range(first, periods=len(daily), freq="D")
    yearly, growing = known >= YEARLY_DAYS, known >= GROWTH_DAYS
    keys = tuple(dict.fromkeys(item.key for item in special if _known(index, daily, item.day)))
    x = _regressors(index, special, keys, yearly)
    found = _estimate(np.log(daily), x, growing)
    variances = dict(zip(found.model.param_names, found.params, strict=True))
    states = x.shape[1] + 2 + growing
    state = np.asarray(found.filtered_state[:states, -1], np.float64)
    cov = np.asarray(found.filtered_state_cov[:states, :states, -1], np.float64)
    after_week = 2 + growing + 6
    effects = state[after_week : after_week + len(keys)]
    return Season(
        first=first,
        days=len(daily),
        special={key: float(np.exp(effect)) for key, effect in zip(keys, effects, strict=True)},
        yearly=yearly,
        growing=growing,
        growth_per_year=float(np.expm1(state[1] * _YEAR)) if growing else 0.0,
        scatter=DailyScatter(
            day_log_sd=float(np.sqrt(variances["sigma2.ar"])),
            carried_over=float(np.clip(variances["ar.L1"], -0.999, 0.999)),
            walk_log_sd=float(np.sqrt(variances["sigma2.level"])),
        ),
        odd_days=_odd_days(found, index, states),
        _keys=keys,
        _state=state,
        _state_cov=cov,
        _freedom=max(known - states, 1),
    )


def _known(index: pd.DatetimeIndex, daily: Floats, day: date) -> bool:
    at = (pd.Timestamp(day) - index[0]).days
    return 0 <= at < len(daily) and bool(np.isfinite(daily[at]))


def _regressors(
    index: pd.DatetimeIndex, special: Sequence[Occurrence], keys: Sequence[tuple[str, int]], yearly: bool
) -> Floats:
    """Return the columns: Tuesday to Sunday, the special days that are known, and harmonics of the year."""
    columns = [(index.day_of_week == day).astype(float) for day in range(1, 7)]
    by_key: dict[tuple[str, int], set[pd.Timestamp]] = {}
    for item in special:
        by_key.setdefault(item.key, set()).add(pd.Timestamp(item.day))
    columns += [np.array([day in by_key.get(key, ()) for day in index], float) for key in keys]
    if yearly:
        phase = 2 * np.pi * (index - pd.Timestamp(2000, 1, 1)).days.to_numpy() / _YEAR
        for harmonic in range(1, HARMONICS + 1):
            columns += [np.sin(harmonic * phase), np.cos(harmonic * phase)]
    return np.column_stack(columns)


def _estimate(log_daily: Floats, x: Floats, growing: bool) -> Any:
    level = "rwdrift" if growing else "rwalk"
    model = structural_model()(log_daily, level=level, autoregressive=1, exog=x, mle_regression=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a flat likelihood; its variances are then as good as any others near them
        return model.fit(disp=False, maxiter=200)


def _odd_days(found: Any, index: pd.DatetimeIndex, states: int) -> dict[date, float]:
    errors = np.asarray(found.filter_results.standardized_forecasts_error[0], np.float64)
    plain = np.asarray(found.filter_results.forecasts_error[0], np.float64)
    late = np.arange(len(errors)) >= 2 * states  # before that, the coefficients are not known yet
    odd = np.flatnonzero(late & np.isfinite(errors) & (np.abs(errors) > _ODD)).tolist()
    return {index[i].date(): float(np.exp(plain[i])) for i in odd}


def _root(cov: Floats) -> Floats:
    """Return a matrix whose square is a covariance; tiny negative eigenvalues are rounding."""
    values, vectors = np.linalg.eigh((cov + cov.T) / 2)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)), np.float64)
