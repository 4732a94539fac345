"""Which part of the history is learnt from, and which is predicted."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from fvcapacity.errors import InputError, Problem
from fvcapacity.study.grid import LEAST_INTERVALS, Grid
from fvcapacity.study.replay import Stretch

LEARNT = 2 / 3
"""Share of the history that is learnt from when nothing is said; the cut is at a midnight where there are days
enough."""


def parse_stretch(text: str, zone: ZoneInfo, field: str) -> Stretch:
    """Return the stretch that is written as ``2026-03-02..2026-03-06`` (local times; days or times).

    Raises
    ------
    InputError
        When it cannot be read, or ends before it begins.
    """
    hint = "write it like 2026-03-02..2026-03-06 or 2026-03-02T08:00..2026-03-02T20:00"
    first, dots, last = text.partition("..")
    try:
        if not dots:
            raise ValueError
        start, end = (_moment(part.strip(), zone) for part in (first, last))
    except ValueError:
        raise InputError(Problem(f"{text!r} is no stretch of time", field=field, hint=hint)) from None
    if end <= start:
        raise InputError(Problem(f"{text!r} ends before it begins", field=field, hint=hint))
    return Stretch(start, end)


def _moment(text: str, zone: ZoneInfo) -> pd.Timestamp:
    moment = datetime.fromisoformat(text)
    stamp = pd.Timestamp(moment)
    return (stamp.tz_localize(zone) if moment.tzinfo is None else stamp).tz_convert("UTC")


def find_stretches(grid: Grid, train: str | None, test: str | None, zone: ZoneInfo) -> tuple[Stretch, Stretch]:
    """Return what is learnt from and what is predicted, checked against the measurements.

    Raises
    ------
    InputError
        When they overlap, or hold too few intervals.
    """
    step = pd.Timedelta(grid.interval_s, "s")
    whole = Stretch(grid.times[0], grid.times[-1] + step)
    cut = _cut(whole, zone)
    learnt = parse_stretch(train, zone, "--train") if train else None
    predicted = parse_stretch(test, zone, "--test") if test else None
    if learnt is None:
        learnt = Stretch(whole.start, cut if predicted is None else min(max(predicted.start, whole.start), whole.end))
        if predicted is not None and learnt.start >= learnt.end:
            learnt = Stretch(predicted.end, whole.end)
    if predicted is None:
        predicted = Stretch(learnt.end, whole.end) if learnt.end < whole.end else Stretch(whole.start, learnt.start)
    problems = []
    if learnt.start < predicted.end and predicted.start < learnt.end:
        message = f"what is learnt from ({learnt.text(zone)}) and what is predicted ({predicted.text(zone)}) overlap"
        problems.append(Problem(message, field="--test", hint="predict what was not learnt from", rule="overlap"))
    for stretch, field in ((learnt, "--train"), (predicted, "--test")):
        count = int(((grid.times >= stretch.start) & (grid.times < stretch.end)).sum())
        if count < LEAST_INTERVALS:
            message = f"{stretch.text(zone)} holds {count} measured intervals, at least {LEAST_INTERVALS} are needed"
            hint = f"the measurements run from {whole.text(zone)}"
            problems.append(Problem(message, field=field, hint=hint, rule="too-few-intervals"))
    if problems:
        raise InputError(problems)
    return learnt, predicted


def _cut(whole: Stretch, zone: ZoneInfo) -> pd.Timestamp:
    cut = whole.start + (whole.end - whole.start) * LEARNT
    midnight = cut.tz_convert(zone).normalize().tz_convert("UTC")
    day = pd.Timedelta(1, "D")
    return midnight if midnight - whole.start >= day and whole.end - midnight >= day else cut.floor("min")
