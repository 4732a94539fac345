"""Pins and bounds that are given besides those of the scenario's file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fvcapacity.errors import Problem, ScenarioError
from fvcapacity.frozen import replace
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.recommendation import Bound

_QUANTITY = re.compile(r"\.(requests|limits)\.|\.size$")
_SHAPE = "write it like 'deployment/shop.requests.cpu=100m:500m'; either side may be left out"


def parse_bounds(texts: Sequence[str]) -> dict[str, Bound]:
    """Return bounds that are written as ``PATH=LOW:HIGH``, by their path or pattern.

    Raises
    ------
    ScenarioError
        With everything that is no bound.
    """
    found: dict[str, Bound] = {}
    problems = []
    for text in texts:
        path, equals, span = text.rpartition("=")
        low, colon, high = span.partition(":")
        if not (path and equals and colon) or not (low or high):
            problems.append(Problem(f"{text!r} is no bound", field="--bound", hint=_SHAPE))
        elif path in found:
            problems.append(Problem(f"{path} is bounded twice", field="--bound", hint="say it once"))
        else:
            found[path] = Bound(minimum=_value(path, low), maximum=_value(path, high))
    if problems:
        raise ScenarioError(problems)
    return found


def with_overrides(scenario: Scenario, pins: Sequence[str] = (), bounds: Mapping[str, Bound] | None = None) -> Scenario:
    """Return a scenario with more pins, and bounds that take the place of those of the same path or pattern."""
    policy = scenario.file.recommend
    changed = {"pins": tuple(dict.fromkeys((*policy.pins, *pins))), "bounds": {**policy.bounds, **(bounds or {})}}
    file = scenario.file.model_copy(update={"recommend": policy.model_copy(update=changed)})
    return replace(scenario, file=file)


def _value(path: str, text: str) -> str | int | None:
    """Return a side of a bound as a scenario's file has it: numbers of pods, machines and per cent are whole."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isdigit() and not _QUANTITY.search(path) else text
