"""The next quarter: requests from the past, machines and money from the model, each with an interval."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen, field
from fvcapacity.inputs.traffic_history import TrafficHistory, daily_scatter, load_traffic_history, own_traffic_file
from fvcapacity.review.back_cast import BackCast, back_cast
from fvcapacity.review.capacity import capacity_of
from fvcapacity.review.expected import expect
from fvcapacity.review.forecast_parts import (
    Facts,
    coverage_part,
    day_parts,
    money_part,
    month_parts,
    source_part,
    special_day_parts,
)
from fvcapacity.review.forecast_summary import SCHEMA_VERSION, ForecastSummary, MoneyPart, Spread
from fvcapacity.review.money import money_of
from fvcapacity.review.quarters import Quarter
from fvcapacity.review.replays import calibration_of, replay_days
from fvcapacity.review.season import LEAST_DAYS
from fvcapacity.review.traffic import DailyDraws, draw_from_history
from fvcapacity.review.what_if import WhatIfs, what_ifs
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.patch import Change
from fvcapacity.scenario.special_days import SpecialDay

Floats = npt.NDArray[np.float64]
Tell = Callable[[str], None]

BACK_CAST_DAYS = (91, 28, 14, 7)
"""Horizons that are tried; the longest of which enough forecasts can be made counts."""
LEAST_FORECASTS, MOST_FORECASTS = 3, 12


class ForecastOptions(Frozen):
    """How to forecast.

    Attributes
    ----------
    history
        File of counts; None takes the scenario's own traffic file, or its assumed week.
    growth
        A year's growth as a ratio; None takes what the history tells.
    draws, seed
        Draws of the requests.
    budget_usd
        What is planned for the quarter.
    patches
        Name of a change to the changes of the manifests, each a line of what-if.
    spot
        Share of the machines of each pool that might be spot ones.
    reserve
        Term of a reservation.
    replays
        Whether days are replayed to correct the closed forms.
    back_cast
        Whether the intervals are held against the history.
    """

    history: Path | None = None
    growth: float | None = None
    draws: int = 1000
    seed: int = 1
    budget_usd: float | None = None
    patches: Mapping[str, Sequence[Change]] = field(default_factory=dict)
    spot: float | None = None
    reserve: Literal["1y", "3y"] | None = None
    replays: bool = True
    back_cast: bool = True


class Forecast(Frozen):
    """A forecast.

    Attributes
    ----------
    summary
        The document (``docs/reference/forecast.schema.json``).
    """

    summary: dict[str, Any]

    def to_json(self) -> str:
        """Return it as JSON text.

        Returns
        -------
        str
            JSON text, indented, with a line break at its end.
        """
        return json.dumps(self.summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def forecast(
    scenario: Scenario, quarter: str, options: ForecastOptions | None = None, *, tell: Tell | None = None
) -> Forecast:
    """Forecast requests, machines and money of a quarter.

    Parameters
    ----------
    scenario
        The system. Its special days and events say what a history does not.
    quarter
        ``2026Q2``.
    options
        Default: the scenario's own traffic, no budget, no what-if.
    tell
        Told what is being done.

    Returns
    -------
    Forecast
        Its document (``docs/reference/forecast.schema.json``): requests, machine-hours and US dollars, by month and
        in all, with intervals.

    Raises
    ------
    InputError
        When there is no history, or one that is too short, or a quarter that is over.
    ScenarioError
        When Karpenter buys the machines, whose kinds no closed form knows.
    """
    chosen, wanted = options or ForecastOptions(), Quarter.parse(quarter)
    zone = ZoneInfo(scenario.file.time_zone)
    history = _history(scenario, chosen, zone)
    expected = expect(
        scenario, wanted, history, draws=chosen.draws, seed=chosen.seed, growth=chosen.growth,
        scatter=None if history is not None else daily_scatter(scenario),
    )  # fmt: skip
    notes = list(expected.draws.notes)
    draws = expected.draws
    silent = sorted({item.name for item in draws.special if item.key not in draws.seen and item.day not in draws.told})
    notes += [f"nothing says what {name} brings: it counts as any other day" for name in silent]
    money, found = None, None
    if scenario.prices is None or scenario.file.cost is None:
        notes.append("the scenario has no prices: no money is forecast")
    else:
        multipliers = expected.multipliers
        least, most = float(multipliers.min()), float(multipliers.max())
        capacity = capacity_of(expected.scenario, expected.load, min(least, 1.0), max(most, 1.0), tell)
        replays = replay_days(expected, capacity, tell) if chosen.replays else ()
        calibration = calibration_of(expected, replays, capacity.pools)
        found = money_of(expected, capacity, calibration)
        alternatives = what_ifs(
            WhatIfs(expected, found, calibration, (capacity.multiples[0], capacity.multiples[-1])),
            patches=chosen.patches, spot=chosen.spot, reserve=chosen.reserve, tell=tell,
        )  # fmt: skip
        money = money_part(expected.scenario, found, replays, chosen.budget_usd, alternatives)
        notes += found.notes
        if not chosen.replays:
            notes.append("machine-hours are those of closed forms; no day was replayed to correct them")
    covered = _covered(history, scenario.file.special_days, chosen, tell)
    assumed = scenario.file.traffic.weekly.file.rsplit("/", 1)[-1] if scenario.file.traffic.weekly else ""
    facts = Facts(wanted, scenario.name, zone, chosen.draws, chosen.seed, chosen.growth, history, covered, assumed)
    return _forecast(facts, draws, None if found is None else found.by_month, money, notes)


def forecast_traffic(
    history_file: str | Path,
    quarter: str,
    special_days: Sequence[SpecialDay] = (),
    options: ForecastOptions | None = None,
    *,
    time_zone: str = "America/Santiago",
    tell: Tell | None = None,
) -> Forecast:
    """Forecast the requests of a quarter from a file of counts alone.

    Parameters
    ----------
    history_file
        Counts of requests.
    quarter
        ``2026Q2``.
    special_days
        Days that come back every year.
    options
        Those that are about money have no effect.
    time_zone
        Whose days are meant.
    tell
        Told in a few words what is being done.

    Returns
    -------
    Forecast
        Its document, with requests alone.

    Raises
    ------
    InputError
        As `forecast`.
    """
    chosen, wanted, zone = options or ForecastOptions(), Quarter.parse(quarter), _zone(time_zone)
    history = load_traffic_history(history_file, zone)
    draws = draw_from_history(
        history, special_days, wanted, draws=chosen.draws, seed=chosen.seed, growth=chosen.growth
    )  # fmt: skip
    covered = _covered(history, tuple(special_days), chosen, tell)
    facts = Facts(wanted, "", zone, chosen.draws, chosen.seed, chosen.growth, history, covered)
    return _forecast(facts, draws, None, None, list(draws.notes))


def _forecast(
    facts: Facts, draws: DailyDraws, usd_by_month: Floats | None, money: MoneyPart | None, notes: list[str]
) -> Forecast:
    summary = ForecastSummary(
        schema_version=SCHEMA_VERSION,
        quarter=str(facts.quarter),
        scenario=facts.scenario,
        time_zone=facts.zone.key,
        draws=facts.draws,
        seed=facts.seed,
        source=source_part(facts, draws),
        requests=Spread.of(draws.requests.sum(axis=1)),
        months=month_parts(facts.quarter, draws, usd_by_month),
        days=day_parts(draws),
        special_days=special_day_parts(draws),
        coverage=None if facts.covered is None else coverage_part(facts.covered),
        money=money,
        notes=list(dict.fromkeys(notes)),
    )
    return Forecast(summary.model_dump(mode="json"))


def _history(scenario: Scenario, options: ForecastOptions, zone: ZoneInfo) -> TrafficHistory | None:
    """Return the history that was given, or that of the scenario's own file of counts."""
    if options.history is not None:
        return load_traffic_history(options.history, zone)
    own = own_traffic_file(scenario)
    return None if own is None else load_traffic_history(own, zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        problem = Problem(f"{name!r} is no time zone", field="--time-zone", hint="write it like America/Santiago")
        raise InputError(problem) from None


def _covered(
    history: TrafficHistory | None, special_days: Sequence[SpecialDay], options: ForecastOptions, tell: Tell | None
) -> BackCast | None:
    """Return how the intervals did, over the longest horizon of which the history allows three forecasts."""
    if history is None or not options.back_cast:
        return None
    for horizon in BACK_CAST_DAYS:
        least = max(len(history.daily) // 2, LEAST_DAYS)
        step = max((len(history.daily) - least - horizon) // MOST_FORECASTS, 7 if horizon >= 14 else 1)
        found = back_cast(
            history, tuple(special_days), horizon=horizon, least=least, step=step, seed=options.seed, tell=tell
        )  # fmt: skip
        if found is not None and len(found.folds) >= LEAST_FORECASTS:
            return found
    return None
