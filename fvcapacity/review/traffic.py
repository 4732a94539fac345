"""The requests of each day of a quarter: draws from a history, or from an assumed week with a measured scatter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.traffic_history import TrafficHistory
from fvcapacity.review.quarters import Quarter
from fvcapacity.review.season import Season, fit_season, scattered
from fvcapacity.review.special_days import Occurrence, day_factors, occurrences
from fvcapacity.scenario.special_days import SpecialDay
from fvcapacity.scenario.weekly import DailyScatter

Floats = npt.NDArray[np.float64]

_YEAR = 365.2425
_FARTHEST_DAYS = 400


class DailyDraws(Frozen):
    """Requests of the days of a quarter.

    Attributes
    ----------
    days
        All days of the quarter.
    requests
        float64, shape (draws, days); the same in every draw for days that are known already.
    known
        bool, shape (days,): days that the history has.
    special
        Special days among them.
    seen
        Keys of the special days whose effect the history tells.
    told
        Days of which an event or a factor says how much they bring, as an assumption.
    season
        What was learnt; None without a history.
    notes
        What a reader must know.
    """

    days: tuple[date, ...]
    requests: Floats
    known: npt.NDArray[np.bool_]
    special: tuple[Occurrence, ...]
    seen: frozenset[tuple[str, int]]
    told: frozenset[date]
    season: Season | None
    notes: tuple[str, ...]


def draw_from_history(
    history: TrafficHistory,
    special_days: Sequence[SpecialDay],
    quarter: Quarter,
    *,
    draws: int,
    seed: int,
    growth: float | None = None,
) -> DailyDraws:
    """Return draws of a quarter's days from a history that may reach into it.

    Parameters
    ----------
    history
        Daily requests.
    special_days
        Those that the history has seen bring what it says; ``factors`` hold for the others.
    quarter
        What is asked for.
    draws, seed
        How many, and of which random numbers.
    growth
        A year's growth as a ratio; None takes what the history tells, or none when it is too short.

    Raises
    ------
    InputError
        When the history ends after the quarter, or too long before it, or is too short.
    """
    end = history.first + timedelta(days=len(history.daily))
    ahead = (quarter.end - end).days
    if ahead <= 0:
        message = f"the history of {history.source} ends on {end - timedelta(days=1)}, after {quarter}"
        raise InputError(Problem(message, field="--quarter", hint="ask for a later quarter; this one is known"))
    if ahead > _FARTHEST_DAYS:
        message = (
            f"the history of {history.source} ends on {end - timedelta(days=1)}, {ahead} days before {quarter} ends"
        )
        raise InputError(Problem(message, field="--quarter", hint="give newer counts, or ask for an earlier quarter"))
    special = occurrences(special_days, history.first, quarter.end)
    season = fit_season(history.first, history.daily, special)
    coming = season.draw(ahead, special, draws, np.random.default_rng(seed), growth or 0.0)
    if growth is not None and season.growing:
        years = np.arange(1, ahead + 1) / _YEAR
        coming = coming * ((1 + growth) / (1 + season.growth_per_year)) ** years
    first_ahead = max((quarter.first - end).days, 0)
    past = history.daily[max((quarter.first - history.first).days, 0) :] if end > quarter.first else np.zeros(0)
    own = [item for item in special if item.day >= quarter.first]
    unseen = np.array([day_factors(_without(special_days, season.special, day), day) for day in quarter.days])
    requests = np.concatenate([np.tile(past, (draws, 1)), coming[:, first_ahead:]], axis=1)
    known = np.arange(len(quarter.days)) < len(past)
    lost = known & ~np.isfinite(requests[0])
    if lost.any():
        requests[:, lost] = np.nanmedian(requests[0, known])
    requests = np.where(known, requests, requests * unseen)
    notes = [*history.notes, *_told(season, special_days, own, growth)]
    if lost.any():
        notes.append(f"{int(lost.sum())} days of the quarter are past and not known: they count as its median day")
    told = frozenset(day for day, factor in zip(quarter.days, unseen.tolist(), strict=True) if factor != 1.0)
    return DailyDraws(quarter.days, requests, known, tuple(own), frozenset(season.special), told, season, tuple(notes))


def draw_around(
    base: Floats,
    quarter: Quarter,
    special_days: Sequence[SpecialDay],
    scatter: DailyScatter | None,
    *,
    since: date,
    eventful: npt.NDArray[np.bool_],
    draws: int,
    seed: int,
    growth: float | None = None,
) -> DailyDraws:
    """Return draws around assumed daily requests: no history says how they scatter or grow.

    Parameters
    ----------
    base
        float64, shape (days,): assumed requests of each day of the quarter.
    scatter
        How daily counts of another site scatter; None: they do not.
    since
        Day of which the assumption is; growth counts from there.
    eventful
        bool, shape (days,): days whose events stand in ``base`` already, so that ``factors`` do not count.
    """
    rng = np.random.default_rng(seed)
    days = len(base)
    years = np.array([(day - since).days for day in quarter.days]) / _YEAR
    factors = np.array([day_factors(special_days, day) for day in quarter.days])
    middle = base * (1 + (growth or 0.0)) ** years * np.where(eventful, 1.0, factors)
    log = np.zeros((draws, days))
    notes = ["there is no history: the requests of a week are assumed, and the growth is what was given"]
    if scatter is not None:
        log = scattered(scatter, draws, days, rng)
        notes.append(f"days scatter as those of another site: {scatter.source.strip()}")
    else:
        notes.append("nothing says how days scatter: every draw is the same")
    special = occurrences(special_days, quarter.first, quarter.end)
    told = frozenset(day for day, own in zip(quarter.days, eventful | (factors != 1), strict=True) if own)
    return DailyDraws(
        quarter.days, middle * np.exp(log), np.zeros(days, np.bool_), special, frozenset(), told, None, tuple(notes)
    )  # fmt: skip


def _without(special_days: Sequence[SpecialDay], seen: object, day: date) -> list[SpecialDay]:
    """Return the special days whose effect on a day the history does not tell."""
    left = []
    for special in special_days:
        center = special.around(day)
        if center is not None and (special.name, (day - center).days) not in seen:  # type: ignore[operator]
            left.append(special)
    return left


def _told(
    season: Season, special_days: Sequence[SpecialDay], own: Sequence[Occurrence], growth: float | None
) -> list[str]:
    notes = []
    if not season.yearly:
        notes.append("the history is too short to tell the time of the year (18 months are needed)")
    if not season.growing and growth is None:
        notes.append("the history is too short to tell growth (a year is needed); none is assumed")
    told = {special.name for special in special_days if special.factors}
    unseen = sorted({item.name for item in own if item.key not in season.special and item.name not in told})
    if unseen:
        notes.append(f"the history has never seen {', '.join(unseen)}: what it brings is what events say, or nothing")
    notes += [
        f"{day} had {factor:.2f} times what was expected: name it a special day if it comes again"
        for day, factor in sorted(season.odd_days.items(), key=lambda item: abs(np.log(item[1])), reverse=True)[:3]
    ]
    return notes
