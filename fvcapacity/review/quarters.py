"""A quarter of a year on the clock of a time zone."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.instants import epoch_ns

HOUR_NS = 3_600 * 10**9
_PATTERN = re.compile(r"(\d{4})-?[Qq]([1-4])")


class Quarter(Frozen, order=True):
    """Three months of a calendar year."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Return the quarter that is written as ``2026Q2``.

        Raises
        ------
        InputError
            When it is not.
        """
        found = _PATTERN.fullmatch(text.strip())
        if found is None or not 1970 <= int(found[1]) <= 2199:
            raise InputError(Problem(f"{text!r} is no quarter", field="--quarter", hint="write it like 2026Q2"))
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.year}Q{self.number}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> date:
        """The day after its last."""
        return self.next.first

    @property
    def next(self) -> Quarter:
        """The quarter after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def previous(self) -> Quarter:
        """The quarter before it."""
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)

    @property
    def days(self) -> tuple[date, ...]:
        """All of its days."""
        return days_between(self.first, self.end)

    @property
    def months(self) -> tuple[date, ...]:
        """The first days of its months."""
        return tuple(date(self.year, month, 1) for month in range(3 * self.number - 2, 3 * self.number + 1))

    def span_ns(self, zone: ZoneInfo) -> tuple[int, int]:
        """Return its begin and end in nanoseconds since 1970, from midnight to midnight of the zone."""
        return midnight_ns(self.first, zone), midnight_ns(self.end, zone)


def days_between(first: date, end: date) -> tuple[date, ...]:
    """Return the days from ``first`` to the one before ``end``."""
    return tuple(first + timedelta(days=number) for number in range((end - first).days))


def midnight_ns(day: date, zone: ZoneInfo) -> int:
    """Return when a day begins, in nanoseconds since 1970.

    Where daylight saving skips midnight (it does in Chile), the day begins with the first hour that the clock shows.
    """
    moment = datetime(day.year, day.month, day.day)
    for _ in range(4):
        try:
            return epoch_ns(moment, zone)
        except ValueError:
            moment += timedelta(minutes=30)
    raise ValueError(f"{zone.key} has no morning on {day}")
