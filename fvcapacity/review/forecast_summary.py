"""The document of a forecast: what ``fvcap forecast --format json`` prints and a review reads.

The models are strict; figures that do not exist are null. The schema is ``docs/reference/forecast.schema.json``.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from fvcapacity.results.summary import Part

SCHEMA_VERSION: Final = "fvcapacity/forecast/1"


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _month(text: str) -> str:
    _day(f"{text}-01")
    return text


Day = Annotated[str, AfterValidator(_day)]
Month = Annotated[str, AfterValidator(_month)]


class Spread(Part):
    """A figure that is not known yet: its distribution over the draws."""

    mean: float
    median: float
    low_80: float = Field(description="in 10 % of the draws it is lower")
    high_80: float
    low_95: float = Field(description="in 2.5 % of the draws it is lower")
    high_95: float

    @classmethod
    def of(cls, values: npt.NDArray[np.float64]) -> Spread:
        """Return the distribution of draws, shape (draws,)."""
        low_95, low_80, median, high_80, high_95 = np.quantile(values, [0.025, 0.1, 0.5, 0.9, 0.975])
        return cls(
            mean=float(values.mean()),
            median=float(median),
            low_80=float(low_80),
            high_80=float(high_80),
            low_95=float(low_95),
            high_95=float(high_95),
        )


class SourcePart(Part):
    """What the forecast was made from."""

    kind: Literal["history", "assumed week"]
    file: str
    first_day: Day | None = Field(description="of the history")
    last_day: Day | None
    known_days: int
    yearly_season: bool
    growth_per_year: float = Field(description="as a ratio; estimated, or what was given")
    growth_basis: Literal["estimated", "given", "none"]
    day_log_sd: float | None = Field(description="scatter of a day around the level, as a logarithm")
    walk_log_sd: float | None = Field(description="scatter of the level from one day to the next")

    @model_validator(mode="after")
    def _history_has_days(self) -> Self:
        if self.kind == "history" and (self.first_day is None or self.last_day is None):
            raise ValueError("a history has a first and a last day")
        return self


class SpecialDayPart(Part):
    """A day that is not like others."""

    day: Day
    name: str
    offset: int = Field(description="days after the day itself; negative before it")
    basis: Literal["history", "assumed", "nothing"] = Field(description="what says how much it brings")
    requests: Spread


class DayPart(Part):
    """Requests of one day."""

    day: Day
    known: bool = Field(description="whether the history has the day already")
    median: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float


class CoveragePart(Part):
    """How intervals did on days that are known."""

    horizon_days: int
    forecasts: int
    days: int
    day_coverage_80: float
    day_coverage_95: float
    total_coverage_80: float
    total_coverage_95: float
    day_error: float = Field(description="mean absolute error of a day's median, as a ratio")
    total_error: float = Field(description="the same of the sums")
    sentence: str


class MonthPart(Part):
    """One month."""

    month: Month
    requests: Spread
    usd: Spread | None


class PoolPart(Part):
    """Machines of one pool."""

    pool: str
    instance_type: str
    node_hours: Spread
    most: int = Field(description="machines in the busiest hour of any draw")


class ReplayPart(Part):
    """A day that was replayed request by request, to hold the closed forms to."""

    day: Day
    like: Literal["ordinary days", "special days"]
    pool: str
    node_hours: float
    closed_form_node_hours: float
    ratio: float
    objectives: Literal["holds", "missed", "nothing to judge"]


class BudgetPart(Part):
    """What to set aside."""

    usd: float | None = Field(description="what was given")
    overrun_probability: float | None = Field(description="share of the draws that cost more")
    needed_usd: dict[str, float] = Field(description="by the share of the draws that may cost more, in percent")


class WhatIfPart(Part):
    """The same draws under another choice."""

    kind: Literal["patch", "spot", "reservation"]
    name: str
    pool: str = Field(default="", description="of a reservation")
    machines: int | None = Field(default=None, description="to reserve")
    term: str = Field(default="", description="1y or 3y")
    break_even: float | None = Field(default=None, description="reserved price over on-demand price")
    usage: list[float] = Field(default=[], description="share of the hours that the 1st, 2nd, ... machine is needed")
    usd: Spread | None
    saving_usd: Spread | None = Field(description="of the same draw; positive is cheaper")
    priced: bool
    sentence: str


class MoneyPart(Part):
    """Dollars of the quarter."""

    total_usd: Spread
    by_category_usd: dict[str, Spread]
    region: str | None
    unpriced: list[str]
    pools: list[PoolPart]
    replays: list[ReplayPart]
    budget: BudgetPart
    what_if: list[WhatIfPart]


class ForecastSummary(Part):
    """The whole forecast."""

    model_config = ConfigDict(title="A forecast of a quarter by fvcapacity")

    schema_version: Literal["fvcapacity/forecast/1"]
    quarter: str
    scenario: str = Field(description="its name; empty when traffic alone is forecast")
    time_zone: str
    draws: int
    seed: int
    source: SourcePart
    requests: Spread
    months: list[MonthPart]
    days: list[DayPart]
    special_days: list[SpecialDayPart]
    coverage: CoveragePart | None = Field(description="null when the history is too short, or was not asked")
    money: MoneyPart | None = Field(description="null when traffic alone is forecast, or nothing has a price")
    notes: list[str]

    @model_validator(mode="after")
    def _money_of_every_month(self) -> Self:
        if self.money is not None and any(month.usd is None for month in self.months):
            raise ValueError("a forecast of money has that of every month")
        return self


def forecast_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a forecast."""
    schema = ForecastSummary.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
