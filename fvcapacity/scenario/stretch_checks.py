"""Checks of the stretches besides the window, and of the calendar that counts them."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from fvcapacity.scenario.finding import Finding, Path, did_you_mean
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.stretches import MONTH_DAYS, WINDOW, Stretch
from fvcapacity.units import format_duration

_DAY_NS = 86_400 * 10**9


def check_stretches(file: ScenarioFile, zone: ZoneInfo | None) -> Iterator[Finding]:
    """Yield what is wrong with ``history``, ``holdout`` and ``calendar``."""
    seen: set[str] = set()
    for place, stretch in stretches(file):
        if stretch.name in seen:
            message = f"another stretch is called {stretch.name!r}"
            yield Finding("scenario", (*place, "name"), message, "give each its own name", rule="stretch-name")
        seen.add(stretch.name)
        if zone is not None:
            yield from _instant(stretch, zone, place)
    yield from _overlaps(file, zone)
    yield from _calendar(file, seen)


def stretches(file: ScenarioFile) -> Iterator[tuple[Path, Stretch]]:
    """Yield every stretch besides the window, with its place in the file."""
    for section in ("history", "holdout"):
        for number, stretch in enumerate(getattr(file, section)):
            yield (section, number), stretch


def _instant(stretch: Stretch, zone: ZoneInfo, place: Path) -> Iterator[Finding]:
    try:
        epoch_ns(stretch.start, zone)
    except ValueError as error:
        yield Finding("scenario", (*place, "start"), str(error), "give the time with its offset", rule="time-zone")


def _overlaps(file: ScenarioFile, zone: ZoneInfo | None) -> Iterator[Finding]:
    """Yield each holdout that the search can see: a proof on what was searched on proves nothing."""
    if zone is None:
        return
    try:
        history = [(s.name, s.traffic, _span(s, zone)) for s in file.history]
    except ValueError:
        return
    if not file.history:
        begin = _window(file, zone)
        history = [(WINDOW, None, begin)] if begin else []
    for number, held in enumerate(file.holdout):
        try:
            first, last = _span(held, zone)
        except ValueError:
            continue
        for name, traffic, (begin_ns, end_ns) in history:
            if held.traffic == traffic and first < end_ns and begin_ns < last:
                message = f"{held.name!r} overlaps {name!r}, which the search sees: it proves nothing"
                hint = "hold back other days, or another source of traffic"
                yield Finding("scenario", ("holdout", number), message, hint, rule="holdout-seen")


def _span(stretch: Stretch, zone: ZoneInfo) -> tuple[int, int]:
    start = epoch_ns(stretch.start, zone)
    return start, start + stretch.duration


def _window(file: ScenarioFile, zone: ZoneInfo) -> tuple[int, int] | None:
    try:
        start = epoch_ns(file.window.start, zone)
    except ValueError:
        return None
    return start, start + file.window.duration


def _calendar(file: ScenarioFile, names: set[str]) -> Iterator[Finding]:
    known = sorted({*names, WINDOW})
    for number, part in enumerate(file.calendar):
        if part.like not in known:
            hint = did_you_mean(part.like, known, otherwise=f"name one of {', '.join(known)}")
            message = f"there is no stretch {part.like!r}"
            yield Finding("scenario", ("calendar", number, "like"), message, hint, rule="stretch-name")
    total = sum(part.days for part in file.calendar)
    if file.calendar and not 28 <= total <= 31:
        message = f"the calendar has {total:g} days; a month has {MONTH_DAYS:.2f}"
        hint = "its days are scaled to a month; make them add up, so that nobody has to wonder"
        yield Finding("scenario", ("calendar",), message, hint, severity="warning", rule="calendar-days")
    for place, stretch in stretches(file):
        if stretch.duration > 92 * _DAY_NS:
            message = f"{stretch.name!r} lasts {format_duration(stretch.duration)}"
            hint = "a stretch is replayed again and again: keep to the days that matter"
            yield Finding("scenario", (*place, "duration"), message, hint, severity="warning", rule="long-stretch")
