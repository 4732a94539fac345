"""The parts of a forecast's document, made of draws."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.traffic_history import TrafficHistory
from fvcapacity.review.back_cast import BackCast
from fvcapacity.review.forecast_summary import (
    BudgetPart,
    CoveragePart,
    DayPart,
    MoneyPart,
    MonthPart,
    PoolPart,
    ReplayPart,
    SourcePart,
    SpecialDayPart,
    Spread,
    WhatIfPart,
)
from fvcapacity.review.money import Money
from fvcapacity.review.quarters import Quarter
from fvcapacity.review.replays import Replay
from fvcapacity.review.traffic import DailyDraws
from fvcapacity.scenario.model import Scenario

Floats = npt.NDArray[np.float64]

RISKS = (50, 20, 10, 5)
"""Budgets are told that so many percent of the draws exceed."""


class Facts(Frozen):
    """What was asked, and of what the answer was made."""

    quarter: Quarter
    scenario: str
    zone: ZoneInfo
    draws: int
    seed: int
    growth: float | None
    history: TrafficHistory | None
    covered: BackCast | None
    assumed: str = ""
    """The file of the assumed week."""


def source_part(facts: Facts, draws: DailyDraws) -> SourcePart:
    """Return what the forecast was made from."""
    history, season = facts.history, draws.season
    estimated = season is not None and season.growing and facts.growth is None
    growth = season.growth_per_year if season is not None and estimated else facts.growth or 0.0
    last = None if history is None else history.first + timedelta(days=len(history.daily) - 1)
    return SourcePart(
        kind="assumed week" if history is None else "history",
        file=facts.assumed if history is None else history.source.rsplit("/", 1)[-1],
        first_day=None if history is None else str(history.first),
        last_day=None if last is None else str(last),
        known_days=0 if history is None else history.known_days,
        yearly_season=season is not None and season.yearly,
        growth_per_year=growth,
        growth_basis="estimated" if estimated else "given" if facts.growth is not None else "none",
        day_log_sd=None if season is None else season.scatter.day_log_sd,
        walk_log_sd=None if season is None else season.scatter.walk_log_sd,
    )


def month_parts(quarter: Quarter, draws: DailyDraws, usd: Floats | None) -> list[MonthPart]:
    """Return the months; ``usd`` has shape (draws, months)."""
    found = []
    for number, month in enumerate(quarter.months):
        inside = np.array([day.replace(day=1) == month for day in draws.days])
        requests = Spread.of(draws.requests[:, inside].sum(axis=1))
        found.append(
            MonthPart(month=f"{month:%Y-%m}", requests=requests, usd=None if usd is None else Spread.of(usd[:, number]))
        )
    return found


def day_parts(draws: DailyDraws) -> list[DayPart]:
    """Return the requests of every day."""
    low_95, low_80, median, high_80, high_95 = np.quantile(draws.requests, [0.025, 0.1, 0.5, 0.9, 0.975], axis=0)
    return [
        DayPart(
            day=str(day),
            known=bool(draws.known[i]),
            median=float(median[i]),
            low_80=float(low_80[i]),
            high_80=float(high_80[i]),
            low_95=float(low_95[i]),
            high_95=float(high_95[i]),
        )
        for i, day in enumerate(draws.days)
    ]


def special_day_parts(draws: DailyDraws) -> list[SpecialDayPart]:
    """Return the special days with what says how much they bring."""
    return [
        SpecialDayPart(
            day=str(item.day),
            name=item.name,
            offset=item.offset,
            basis="history" if item.key in draws.seen else "assumed" if item.day in draws.told else "nothing",
            requests=Spread.of(draws.requests[:, draws.days.index(item.day)]),
        )
        for item in draws.special
    ]


def coverage_part(found: BackCast) -> CoveragePart:
    """Return how the intervals did on days that are known."""
    shares = {share: (found.day_coverage(share), found.total_coverage(share)) for share in (0.8, 0.95)}
    sentence = (
        f"{len(found.folds)} forecasts of up to {found.horizon} days from the days before them: "
        f"{100 * shares[0.8][0]:.0f} % of {found.days} days lay in their 80 % interval, "
        f"{100 * shares[0.95][0]:.0f} % in their 95 % interval; of the sums {100 * shares[0.8][1]:.0f} % and "
        f"{100 * shares[0.95][1]:.0f} %"
    )
    return CoveragePart(
        horizon_days=found.horizon,
        forecasts=len(found.folds),
        days=found.days,
        day_coverage_80=shares[0.8][0],
        day_coverage_95=shares[0.95][0],
        total_coverage_80=shares[0.8][1],
        total_coverage_95=shares[0.95][1],
        day_error=found.day_error,
        total_error=found.total_error,
        sentence=sentence,
    )


def money_part(
    scenario: Scenario, money: Money, replays: Sequence[Replay], budget: float | None, what_if: Sequence[WhatIfPart]
) -> MoneyPart:
    """Return the dollars of the quarter."""
    total = money.total
    pools = [
        PoolPart(
            pool=pool,
            instance_type=scenario.file.nodes[pool].instance_type,
            node_hours=Spread.of(money.node_hours[:, :, number].sum(axis=1)),
            most=int(np.flatnonzero(money.hours_at[:, number].sum(axis=0))[-1]),
        )
        for number, pool in enumerate(money.pools)
    ]
    return MoneyPart(
        total_usd=Spread.of(total),
        by_category_usd={name: Spread.of(usd) for name, usd in money.by_category.items()},
        region=scenario.file.cost.region if scenario.file.cost else None,
        unpriced=list(money.unpriced),
        pools=pools,
        replays=[part for replay in replays for part in _replay_parts(replay)],
        budget=BudgetPart(
            usd=budget,
            overrun_probability=None if budget is None else float((total > budget).mean()),
            needed_usd={str(risk): float(np.quantile(total, 1 - risk / 100)) for risk in RISKS},
        ),
        what_if=list(what_if),
    )


def _replay_parts(replay: Replay) -> list[ReplayPart]:
    return [
        ReplayPart(
            day=str(replay.day),
            like="special days" if replay.special else "ordinary days",
            pool=pool,
            node_hours=hours,
            closed_form_node_hours=replay.closed_form[pool],
            ratio=hours / replay.closed_form[pool] if replay.closed_form[pool] else 1.0,
            objectives=replay.status,  # type: ignore[arg-type]
        )
        for pool, hours in replay.node_hours.items()
    ]
