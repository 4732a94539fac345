"""Stretches of time besides the window: what a search may see, what only a proof sees, what a month is made of."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, field_validator

from fvcapacity.scenario.base import LONGEST_WINDOW_NS, Basis, DurationNs, Model
from fvcapacity.scenario.prices import MONTH_HOURS
from fvcapacity.scenario.traffic import Traffic

WINDOW = "window"
"""Name of the scenario's own window in a calendar."""

MONTH_DAYS = MONTH_HOURS / 24


class Stretch(Model):
    """A stretch of time, under the scenario's traffic or its own. Roll-outs and faults stay with the window."""

    name: str = Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)
    """By which a calendar and commands call it."""
    start: datetime
    """Local time of the scenario's time zone, unless it carries an offset."""
    duration: DurationNs = Field(gt=0, le=LONGEST_WINDOW_NS)
    """How long."""
    traffic: Traffic | None = None
    """None: that of the scenario, whose events count by their dates."""
    basis: Basis | None = None
    source: str = ""

    @field_validator("name")
    @classmethod
    def _not_the_window(cls, name: str) -> str:
        if name == WINDOW:
            raise ValueError(f"{WINDOW!r} is the name of the scenario's own window")
        return name


class CalendarPart(Model):
    """So many days of a month are like a stretch."""

    like: str = WINDOW
    """Name of a stretch of ``history`` or ``holdout``, or ``window``."""
    days: float = Field(gt=0, le=31)
    """How many of a month's days."""
