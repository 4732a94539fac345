"""Cron lines as Velero and CronJobs read them: five fields, or ``@daily`` and its like, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fvcapacity.frozen import Frozen
from fvcapacity.units import parse_duration_ns

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_FARTHEST_DAYS = 8 * 366 + 1
"""A 29 February may be eight years away."""


class Cron(Frozen):
    """When something runs.

    Attributes
    ----------
    minutes, hours, days, months, weekdays
        Allowed values; weekdays from Sunday, 0.
    any_day, any_weekday
        The field began with ``*``. When neither did, a day is right if one of the two is (as in Unix).
    every_ns
        Of ``@every``: so long after the one before, counted from 1970; 0 for all others.
    """

    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    any_day: bool = True
    any_weekday: bool = True
    every_ns: int = 0

    def following(self, instant_ns: int) -> int | None:
        """Return the first run after an instant, both in epoch nanoseconds; None when there is none in eight years."""
        if self.every_ns:
            return (instant_ns // self.every_ns + 1) * self.every_ns
        after = datetime.fromtimestamp(instant_ns // 10**9, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        day = after.replace(hour=0, minute=0)
        for _ in range(_FARTHEST_DAYS):
            if self._has_day(day):
                times = (day.replace(hour=h, minute=m) for h in sorted(self.hours) for m in sorted(self.minutes))
                found = next((time for time in times if time >= after), None)
                if found is not None:
                    return int(found.timestamp()) * 10**9
            day += timedelta(days=1)
        return None

    def _has_day(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        right, weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (right or weekday) if not self.any_day and not self.any_weekday else (right and weekday)


def parse_cron(text: str) -> Cron:
    """Return what a cron line says.

    Raises
    ------
    ValueError
        Naming the field that is wrong.
    """
    line = text.strip()
    if line.startswith("@every "):
        every = parse_duration_ns(line.removeprefix("@every ").strip())
        if every <= 0:
            raise ValueError(f"{text!r} has no time in between")
        return Cron(every_ns=every)
    fields = _NICKNAMES.get(line, line).split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{text!r} is no schedule: five fields are expected, as in '0 7 * * *', or @daily")
    values = [_field(field, *limits) for field, limits in zip(fields, _FIELDS, strict=True)]
    weekdays = frozenset(day % 7 for day in values[4])
    return Cron(
        minutes=values[0],
        hours=values[1],
        days=values[2],
        months=values[3],
        weekdays=weekdays,
        any_day=fields[2].startswith(("*", "?")),
        any_weekday=fields[4].startswith(("*", "?")),
    )


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            width = int(step) if slash else 1
            if span in ("*", "?"):
                begin, end = low, high
            else:
                begin = _number(first, name)
                end = _number(last, name) if dash else (high if slash else begin)
        except ValueError:
            raise ValueError(f"{part!r} is no {name}") from None
        if not (low <= begin <= end <= high and width > 0):
            raise ValueError(f"{part!r} is no {name}: it lies between {low} and {high}")
        found.update(range(begin, end + 1, width))
    return frozenset(found)


def _number(text: str, name: str) -> int:
    names = {"month": _MONTHS, "day of the week": _DAYS}.get(name, ())
    if text.lower() in names:
        return names.index(text.lower()) + (1 if name == "month" else 0)
    return int(text)
