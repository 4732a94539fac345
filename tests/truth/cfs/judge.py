"""Errors, what the measurements themselves scatter by, and whether the targets are met.

A target is a median absolute relative error over the runs of a system. A model cannot be nearer to a run than another
run of the same trace is: where 0.7 times the median difference between repetitions (0.7, because both repetitions
scatter) is larger than the target, that counts. Throttled periods are judged over all systems together, for containers
that were throttled in at least 5 % of their periods: in the others it happened a handful of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from tests.truth.cfs.records import PERCENTILES, Floats
from tests.truth.cfs.replay import Simulated
from tests.truth.cfs.systems import Replay

TARGETS_PERCENT = {"S1": (5.0, 5.0, 5.0), "S2": (5.0, 7.0, 5.0), "S3": (6.0, 9.0, 11.0), "S4": (3.0, 3.0, 5.0)}
"""Of p50, p95 and p99."""
THROTTLED_TARGET_PERCENT = 3.0
REPEAT_PART = 0.7
OFTEN = 0.05

MEASURES = (*(f"p{p}" for p in PERCENTILES), "throttled")


@dataclass(frozen=True)
class Item:
    """A figure that was measured and simulated.

    Attributes
    ----------
    system, run, label
        Where: ``label`` names a group or a container of the run.
    repeats
        What repetitions of the same trace have in common.
    measure
        One of `MEASURES`; ``throttled`` is the share of periods.
    """

    system: str
    run: str
    label: str
    repeats: tuple[str, ...]
    measure: str
    measured: float
    simulated: float
    passed_over: str = ""

    @property
    def error_percent(self) -> float:
        """Simulated against measured."""
        return 100.0 * (self.simulated / self.measured - 1.0)


@dataclass(frozen=True)
class Verdict:
    """A measure of a system (or of all) beside its target."""

    system: str
    measure: str
    errors: tuple[Item, ...] = field(repr=False)
    repeat_percent: float | None
    """Median difference between repetitions; None when nothing was measured twice."""
    target_percent: float

    @property
    def median_percent(self) -> float:
        """Median of the absolute errors."""
        return float(np.median([abs(item.error_percent) for item in self.errors]))

    @property
    def bias_percent(self) -> float:
        """Median of the errors with their signs."""
        return float(np.median([item.error_percent for item in self.errors]))

    @property
    def worst(self) -> Item:
        """The largest error."""
        return max(self.errors, key=lambda item: abs(item.error_percent))

    @property
    def allowed_percent(self) -> float:
        """The target, or what the measurements scatter by."""
        return max(self.target_percent, REPEAT_PART * (self.repeat_percent or 0.0))

    @property
    def met(self) -> bool:
        """Whether the median is within what is allowed."""
        return self.median_percent <= self.allowed_percent


def items_of(replay: Replay, simulated: Simulated) -> list[Item]:
    """Return what of a run can be compared."""
    record = replay.run.record
    trace = (str(record["condition_id"]), str(record["trace_seed"]))
    found = []

    def add(label: str, measure: str, measured: float, got: float) -> None:
        repeats = (*trace, label, measure)
        found.append(Item(record["system"], replay.run.id, label, repeats, measure, measured, got, replay.passed_over))

    for series, got in zip(replay.series, simulated.percentiles_ms, strict=True):
        for measure, measured, value in zip(MEASURES, series.measured_ms, got, strict=False):
            add(series.label, measure, float(measured), float(value))
    for entry, throttled, periods in zip(replay.throttling, simulated.throttled, simulated.periods, strict=True):
        share = entry.throttled / entry.periods if entry.periods else 0.0
        if share >= OFTEN:
            add(entry.label, "throttled", share, float(throttled / periods) if periods else 0.0)
    return found


def verdicts(items: Sequence[Item]) -> list[Verdict]:
    """Judge every system on its percentiles, and all of them on throttled periods."""
    judged = [item for item in items if not item.passed_over]
    found = []
    for system, targets in TARGETS_PERCENT.items():
        for measure, target in zip(MEASURES, targets, strict=False):
            own = [item for item in judged if (item.system, item.measure) == (system, measure)]
            if own:
                found.append(Verdict(system, measure, tuple(own), repeat_percent(own), target))
    throttled = [item for item in judged if item.measure == "throttled"]
    if throttled:
        repeat = repeat_percent(throttled)
        found.append(Verdict("all", "throttled", tuple(throttled), repeat, THROTTLED_TARGET_PERCENT))
    return found


def repeat_percent(items: Iterable[Item]) -> float | None:
    """Return the median difference between repetitions of the same trace, relative to their mean."""
    groups: dict[tuple[str, ...], list[float]] = {}
    for item in items:
        groups.setdefault(item.repeats, []).append(item.measured)
    differences = [
        200.0 * abs(one - other) / (one + other) for group in groups.values() for one, other in combinations(group, 2)
    ]
    return float(np.median(differences)) if differences else None


def errors_of(items: Sequence[Item], measure: str) -> Floats:
    """Return the errors of the judged runs in one measure."""
    return np.array([item.error_percent for item in items if item.measure == measure and not item.passed_over])
