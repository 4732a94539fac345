"""The file behind ``traffic.weekly``: how busy each hour of a week is."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, model_validator

from fvcapacity.scenario.base import Basis, DurationNs, Model

HOURS = 168


class Burstiness(Model):
    """How counts scatter inside a minute: index of dispersion (variance / mean) by length of the interval.

    ``mean_size`` and ``spread`` are the clusters that reproduce it (see ``fvcapacity.program.arrivals``).
    """

    mean_size: float = Field(gt=0)
    spread: DurationNs
    index_of_dispersion: dict[str, float] = Field(default_factory=dict)
    basis: Basis | None = None
    source: str = ""


class DailyScatter(Model):
    """How the requests of a day scatter around a week's shape, as logarithms: where no history of one's own tells."""

    day_log_sd: float = Field(ge=0, allow_inf_nan=False)
    """Standard deviation of what a day adds to its deviation from the level."""
    carried_over: float = Field(default=0.0, gt=-1, lt=1)
    """Share of a day's deviation that the next day still has."""
    walk_log_sd: float = Field(ge=0, allow_inf_nan=False)
    """Standard deviation of the level's change from one day to the next."""
    basis: Basis | None = None
    source: str = ""


class WeeklyShapeFile(Model):
    """Factors by hour of the week, in local time; the first is Monday 00:00 to 01:00, their mean is 1."""

    description: str = ""
    basis: Basis
    source: str
    hour_of_week: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...]
    burstiness: Burstiness | None = None
    daily_scatter: DailyScatter | None = None

    @model_validator(mode="after")
    def _a_whole_week(self) -> WeeklyShapeFile:
        if len(self.hour_of_week) != HOURS:
            raise ValueError(f"hour_of_week has {len(self.hour_of_week)} factors; a week has {HOURS} hours")
        mean = math.fsum(self.hour_of_week) / HOURS
        if abs(mean - 1.0) > 0.001:
            raise ValueError(f"the factors of hour_of_week have the mean {mean:.4f}; it must be 1 (to 0.001)")
        return self
