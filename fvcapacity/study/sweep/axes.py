"""What a sweep varies: ``PATH=50:90:10`` and ``PATH=1,2,3``, read and checked, everything that is wrong at once."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import yaml

from fvcapacity.errors import InputError, Problem, ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.model import Scenario, ScenarioFile
from fvcapacity.scenario.paths import Value, parse_path
from fvcapacity.scenario.paths.change import canonical_value

MOST_VALUES = 10_000
"""Of one axis: more of them are a slip of the pen."""
_SHAPE = "write it like hpa/shop.target.cpu=50:90:10 or traffic.scale=1,2,3"
_BOUND = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([A-Za-z%]*)")

Vary = Mapping[str, Sequence[Value] | str] | Iterable[str]
"""``{path: values}``, or texts as the command line takes them."""
Given = tuple[str, tuple[Any, ...]]


class Axis(Frozen):
    """One field that a sweep varies.

    Attributes
    ----------
    path
        Of the field.
    values
        In the order in which they were given, canonical where the field has a canonical form; None: not written.
    kind
        ``path``: of the one grammar of paths. ``option``: another field of the scenario's file, for which it is loaded
        anew.
    """

    path: str
    values: tuple[Value, ...]
    kind: Literal["path", "option"]


def read_axes(vary: Vary) -> tuple[list[Given], list[Problem]]:
    """Return what is to be varied, and what cannot be read of it: no values, a range that leads nowhere."""
    pairs = list(vary.items()) if isinstance(vary, Mapping) else [_parted(text) for text in vary]
    problems: list[Problem] = []
    given: list[Given] = []
    for path, values in pairs:
        try:
            given.append((path, tuple(_values(values) if isinstance(values, str) else values)))
            if not given[-1][1]:
                raise ValueError("no values are given")
        except ValueError as error:
            problems.append(Problem(str(error), field=path, hint=_SHAPE, rule="vary"))
    if not pairs:
        problems.append(Problem("nothing is varied", field="vary", hint=_SHAPE, rule="vary"))
    return given, problems


def checked_axes(scenario: Scenario, vary: Vary, load: Callable[[Mapping[str, Any]], Any]) -> list[Axis]:
    """Read what is to be varied, and check paths and values, each by itself.

    Parameters
    ----------
    scenario
        Whose fields they are.
    vary
        Values by their paths.
    load
        Loads the scenario with further overrides of its file, and raises what is wrong with them.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    given, problems = read_axes(vary)
    axes: list[Axis] = []
    for path, values in given:
        axis, wrong = _axis(scenario, path, values, load)
        axes += [axis] if axis is not None else []
        problems += wrong
    problems += _twice(axes)
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    return axes


def _parted(text: str) -> tuple[str, str]:
    path, _, values = text.partition("=")
    return path.strip(), values.strip()


def _values(text: str) -> list[Any]:
    """Return the values of a text: a list, or a range."""
    if not text:
        raise ValueError("no values are given")
    parts = [part.strip() for part in next(csv.reader([text], skipinitialspace=True))]
    if any(not part for part in parts):
        raise ValueError(f"{text!r} has an empty value")
    values: list[Any] = []
    for part in parts:
        bounds = part.split(":")
        is_range = len(bounds) in (2, 3) and all(_BOUND.fullmatch(bound) for bound in bounds)
        values += _range(part, bounds) if is_range else [None if part == "null" else part]
    return values


def _range(text: str, bounds: Sequence[str]) -> list[str]:
    """Return ``first:last:step`` as values; both ends are among them when the steps meet the last."""
    if len(bounds) != 3:
        raise ValueError(f"the range {text!r} has no step; write it FIRST:LAST:STEP")
    matches = [_BOUND.fullmatch(bound) for bound in bounds]
    units = {match.group(2) for match in matches if match is not None}
    if len(units) != 1:
        raise ValueError(f"the parts of the range {text!r} have different units; write all three with the same")
    first, last, step = (Decimal(match.group(1)) for match in matches if match is not None)
    if step == 0 or (last - first) * step < 0:
        raise ValueError(f"the range {text!r} never comes from {bounds[0]} to {bounds[1]}")
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise ValueError(f"the range {text!r} has {count:,} values; {MOST_VALUES:,} are allowed")
    unit = units.pop()
    return [f"{first + number * step:f}{unit}" for number in range(count)]


def _axis(
    scenario: Scenario, path: str, values: Sequence[Any], load: Callable[[Mapping[str, Any]], Any]
) -> tuple[Axis | None, list[Problem]]:
    """Return an axis with the values that can be, and what is wrong with the others; None for a path that is none."""
    if path == "replications":
        hint = "say how many runs each point takes with --replications"
        return None, [Problem("the number of runs is not varied", field=path, hint=hint, rule="vary")]
    kind: Literal["path", "option"] = "path"
    try:
        path = str(parse_path(path))
    except InputError as error:
        if path.partition(".")[0] not in ScenarioFile.model_fields:
            return None, list(error.problems)
        kind, values = "option", [_scalar(value) for value in values]
    found: list[Value] = []
    problems: list[Problem] = []
    for value in values:
        try:
            if kind == "option":
                load({path: value})
            elif value is not None:
                value = canonical_value(scenario, path, value)
        except InputError as error:
            problems += error.problems
            continue
        if _same_as_any(value, found):
            hint = "say each value once"
            problems.append(Problem(f"{value_text(value)} is given twice", field=path, hint=hint, rule="vary"))
        found.append(value)
    return Axis(path, tuple(found), kind), problems


def _same_as_any(value: Value, others: Sequence[Value]) -> bool:
    return any(type(value) is type(other) and value == other for other in others)


def _twice(axes: Sequence[Axis]) -> list[Problem]:
    paths = [axis.path for axis in axes]
    twice = dict.fromkeys(path for path in paths if paths.count(path) > 1)
    hint = "give all its values in one place"
    return [Problem("the field is varied twice", field=path, hint=hint, rule="vary") for path in twice]


def _scalar(value: Any) -> Any:
    """Return a text of the command line as YAML reads it."""
    if not isinstance(value, str):
        return value
    try:
        read = yaml.safe_load(value)
    except yaml.YAMLError:
        return value
    return read if read is None or isinstance(read, str | int | float | bool) else value


def value_text(value: Value) -> str:
    """Return a value as people read it."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, bool):
        return str(value).lower()
    return "not written" if value is None else str(value)
