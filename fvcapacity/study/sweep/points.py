"""The grid of a sweep: every combination of the values, each as a scenario of its own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from fvcapacity.errors import InputError, Problem, ScenarioError
from fvcapacity.inputs import load_scenario
from fvcapacity.run import as_run
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.patch import Change
from fvcapacity.scenario.paths import Value, parse_path
from fvcapacity.scenario.paths.kinds import KIND_NAMES
from fvcapacity.study.sweep.axes import Axis, Vary, checked_axes, value_text

MOST_POINTS = 100_000


@dataclass(frozen=True)
class Point:
    """One combination of values.

    Attributes
    ----------
    number
        In the order of the grid, the last axis fastest.
    values
        One of each axis.
    scenario
        With them, ready to run one replication.
    """

    number: int
    values: tuple[Value, ...]
    scenario: Scenario = field(repr=False)


@dataclass
class Source:
    """Where the scenarios of the points come from.

    Attributes
    ----------
    origin
        A loaded scenario, or its file.
    overrides, patches
        Of all points; those of a loaded scenario were given when it was loaded.
    """

    origin: Scenario | str | Path
    overrides: Mapping[str, Any] = field(default_factory=dict)
    patches: Sequence[Change] = ()

    def __post_init__(self) -> None:
        """Load a scenario with the same options once."""
        self._cached = lru_cache(maxsize=64)(self._load)
        self._changed = lru_cache(maxsize=64)(self._with_manifests)

    def load(self, options: Mapping[str, Any] | None = None) -> Scenario:
        """Return the scenario with further overrides of its file.

        Raises
        ------
        InputError
            With everything that is wrong with it.
        """
        return self._cached(tuple((options or {}).items()))

    def with_manifests(self, options: Mapping[str, Any], values: Mapping[str, Value]) -> Scenario:
        """Return what `load` does, with other values in fields of manifests.

        Raises
        ------
        InputError
            With everything that is wrong with it.
        """
        return self._changed(tuple(options.items()), tuple(values.items()))

    def _with_manifests(self, options: tuple[tuple[str, Any], ...], values: tuple[tuple[str, Value], ...]) -> Scenario:
        return self._cached(options).with_values(dict(values))

    def _load(self, options: tuple[tuple[str, Any], ...]) -> Scenario:
        overrides = {**self.overrides, **dict(options)}
        if isinstance(self.origin, Scenario):
            if overrides:
                hint = "give the path of the scenario's file instead of what was loaded from it"
                raise ScenarioError(
                    [Problem("the field needs the scenario's file", field=name, hint=hint) for name in overrides]
                )
            scenario = self.origin
        else:
            scenario = load_scenario(self.origin, overrides=overrides)
        return scenario.with_patch(*self.patches) if self.patches else scenario


def grid(
    source: Source, vary: Vary, *, seed: int | None, plane: str | None
) -> tuple[Scenario, list[Axis], list[Point]]:
    """Return the scenario, the axes, and every point of the grid.

    Raises
    ------
    ScenarioError
        With everything that is wrong: paths that lead nowhere, values that cannot be, combinations that cannot be.
    """
    base = source.load()
    axes = checked_axes(base, vary, source.load)
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST_POINTS:
        hint = "take fewer values, or sweep in several directories"
        raise ScenarioError(
            Problem(f"the grid has {count:,} points; {MOST_POINTS:,} are allowed", field="vary", hint=hint)
        )
    points: list[Point] = []
    refused: dict[Problem, list[tuple[Value, ...]]] = {}
    for number, values in enumerate(itertools.product(*(axis.values for axis in axes))):
        try:
            scenario = as_run(_scenario(source, axes, values), seed=seed, plane=plane, replications=1)
            points.append(Point(number, values, scenario))
        except InputError as error:
            for problem in error.problems:
                refused.setdefault(problem, []).append(values)
    if refused:
        raise ScenarioError([_told(problem, axes, seen, count) for problem, seen in refused.items()])
    return base, axes, points


def _scenario(source: Source, axes: Sequence[Axis], values: Sequence[Value]) -> Scenario:
    pairs = list(zip(axes, values, strict=True))
    options = {axis.path: value for axis, value in pairs if axis.kind == "option"}
    fields = {axis.path: value for axis, value in pairs if axis.kind == "path"}
    manifests = {path: value for path, value in fields.items() if parse_path(path).owner in KIND_NAMES}
    try:  # reading manifests again is most of the work: once for all points that have the same
        changed = source.with_manifests(options, manifests)
    except InputError:  # by themselves they may be wrong, and with the rest of the values right
        return source.load(options).with_values(fields)
    return changed.with_values({path: value for path, value in fields.items() if path not in manifests})


def _told(problem: Problem, axes: Sequence[Axis], seen: Sequence[tuple[Value, ...]], count: int) -> Problem:
    """Return a problem with the points that have it."""
    first = point_text(axes, seen[0])
    where = f"at {first}" if len(seen) == 1 else f"at {len(seen)} of {count} points, first {first}"
    return Problem(
        f"{problem.message} ({where})",
        problem.location,
        problem.field,
        problem.hint or "leave these values out",
        rule=problem.rule,
    )


def point_text(axes: Sequence[Axis], values: Sequence[Value]) -> str:
    """Return a point in words: ``hpa/shop.target.cpu = 60, traffic.scale = 2``."""
    return ", ".join(f"{axis.path} = {value_text(value)}" for axis, value in zip(axes, values, strict=True))
