"""Days that come back every year and bring their own traffic: 14 February, Mother's Day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from dateutil.rrule import YEARLY, rrule, rruleset, rrulestr
from pydantic import Field, field_validator, model_validator

from fvcapacity.scenario.base import Basis, Model

_FIRST = datetime(1970, 1, 1)


class SpecialDay(Model):
    """A day that comes back every year, with the days around it that belong to it.

    What it brings is told by the traffic's events on its days (in any year), by the history, or by ``factors``.
    """

    name: str = Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)
    """For reports."""
    rule: str
    """When it is: a yearly recurrence rule of RFC 5545, like ``FREQ=YEARLY;BYMONTH=5;BYDAY=2SU``."""
    before: int = Field(default=0, ge=0, le=14)
    """So many days before it belong to it."""
    after: int = Field(default=0, ge=0, le=14)
    """So many days after it belong to it."""
    factors: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = ()
    """Times an ordinary day's requests, for each of its days from the first to the last; when nothing else tells."""
    basis: Basis | None = None
    source: str = ""

    @field_validator("rule")
    @classmethod
    def _yearly(cls, rule: str) -> str:
        try:
            found = rrulestr(rule, dtstart=_FIRST)
        except (ValueError, TypeError, AttributeError) as error:
            hint = "write it like FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14"
            raise ValueError(f"this is no recurrence rule ({error}); {hint}") from None
        if isinstance(found, rruleset) or found._freq != YEARLY or "BY" not in rule.upper():
            raise ValueError("a special day comes back every year: write FREQ=YEARLY and on which day (BYMONTH, ...)")
        if found._interval != 1 or found._count is not None or found._until is not None:
            raise ValueError("a special day comes back in every year: leave out INTERVAL, COUNT and UNTIL")
        return rule

    @model_validator(mode="after")
    def _a_factor_a_day(self) -> SpecialDay:
        if self.factors and len(self.factors) != self.days:
            raise ValueError(f"there are {len(self.factors)} factors for {self.days} days ({self.before} before, "
                             f"the day, {self.after} after)")  # fmt: skip
        return self

    @property
    def days(self) -> int:
        """How many days belong to it."""
        return self.before + 1 + self.after

    def occurrences(self, first: date, last: date) -> list[date]:
        """Return the days (without those around them) on which it falls from ``first`` to ``last``, both included."""
        begin = datetime(first.year, first.month, first.day)
        found = rrulestr(self.rule, dtstart=begin)  # a yearly rule that names its day is the same from any beginning
        assert isinstance(found, rrule)
        return [moment.date() for moment in found.between(begin, datetime(last.year, last.month, last.day), inc=True)]

    def offsets(self) -> range:
        """Return the days that belong to it, counted from the day itself."""
        return range(-self.before, self.after + 1)

    def around(self, day: date) -> date | None:
        """Return the occurrence that a day belongs to; None when it belongs to none."""
        found = self.occurrences(day - timedelta(days=self.after), day + timedelta(days=self.before))
        return found[0] if found else None


class SpecialDaysFile(Model):
    """A file of special days, for traffic without a scenario."""

    description: str = ""
    special_days: tuple[SpecialDay, ...] = Field(min_length=1)
