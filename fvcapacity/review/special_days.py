"""Special days in a quarter: which days they are, and the events that are moved to them from another year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from fvcapacity.frozen import Frozen
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.special_days import SpecialDay
from fvcapacity.scenario.traffic import TrafficEvent

_LONGEST = 14
"""Days before and after a special day that may belong to it, at most (see `SpecialDay`)."""


class Occurrence(Frozen, order=True):
    """One day of a special day: ``offset`` days after the day that its rule names (before, when negative)."""

    day: date
    name: str
    offset: int

    @property
    def key(self) -> tuple[str, int]:
        """What is the same in every year."""
        return self.name, self.offset

    @property
    def label(self) -> str:
        """Its name as text: ``mothers-day``, ``mothers-day -1``."""
        return f"{self.name} {self.offset:+d}" if self.offset else self.name


def occurrences(special_days: Iterable[SpecialDay], first: date, end: date) -> tuple[Occurrence, ...]:
    """Return every day from ``first`` to before ``end`` that belongs to a special day; of two the first one counts."""
    found: dict[date, Occurrence] = {}
    margin = timedelta(days=_LONGEST)
    for special in special_days:
        for day in special.occurrences(first - margin, end + margin):
            for offset in special.offsets():
                at = day + timedelta(days=offset)
                if first <= at < end:
                    found.setdefault(at, Occurrence(at, special.name, offset))
    return tuple(sorted(found.values()))


def events_in(file: ScenarioFile, first: date, end: date) -> tuple[TrafficEvent, ...]:
    """Return the events of a stretch of days: those planned for it, and those of its special days in any other year.

    The events of a special day are those of the scenario, of its history or its holdout (the first of them that has
    any) that begin on its days; they are moved by as many days as the special day itself.

    Parameters
    ----------
    file
        The scenario's.
    first, end
        Days, from the first to before the end.
    """
    stretches = (*file.history, *file.holdout)
    sources = [file.traffic.events, *(stretch.traffic.events for stretch in stretches if stretch.traffic is not None)]
    taken: set[tuple[str, datetime]] = set()
    found: list[TrafficEvent] = []
    for special in file.special_days:
        template = next((events for source in sources if (events := _of(special, source))), ())
        taken.update((event.name, event.start) for source in sources for event in _of(special, source))
        for day in special.occurrences(first - timedelta(days=_LONGEST), end + timedelta(days=_LONGEST)):
            found += [event for event in _moved(special, template, day) if first <= event.start.date() < end]
    once = [event for event in sources[0] if (event.name, event.start) not in taken]
    found += [event for event in once if first <= event.start.date() < end]
    return tuple(sorted(found, key=lambda event: (event.start.replace(tzinfo=None), event.name)))


def day_factors(special_days: Iterable[SpecialDay], day: date) -> float:
    """Return the factor that ``factors`` of special days put on a day's requests; 1 on every other day."""
    factor = 1.0
    for special in special_days:
        center = special.around(day)
        if special.factors and center is not None:
            factor *= special.factors[(day - center).days + special.before]
    return factor


def _of(special: SpecialDay, events: Iterable[TrafficEvent]) -> tuple[TrafficEvent, ...]:
    """Return the events that begin on a special day of one year, the earliest that has any."""
    years: dict[date, list[TrafficEvent]] = {}
    for event in events:
        center = special.around(event.start.date())
        if center is not None:
            years.setdefault(center, []).append(event)
    return tuple(years[min(years)]) if years else ()


def _moved(special: SpecialDay, events: Sequence[TrafficEvent], day: date) -> list[TrafficEvent]:
    moved = []
    for event in events:
        center = special.around(event.start.date())
        assert center is not None
        start = event.start + (datetime.combine(day, time()) - datetime.combine(center, time()))
        moved.append(event.model_copy(update={"start": start}))
    return moved
