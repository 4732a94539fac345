"""What the user pinned and bounded: which values a field may have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from fvcapacity.errors import Problem, ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.paths.grammar import parse_path
from fvcapacity.scenario.paths.values import Value
from fvcapacity.scenario.recommendation import Bound, Policy
from fvcapacity.units import parse_quantity

_PATTERN = re.compile(r"[*?\[]")


class Bounds(Frozen):
    """Pins and bounds of a policy.

    Attributes
    ----------
    first_containers
        Workload (``deployment/shop``) to its first container, which a path without a container means.
    """

    policy: Policy
    first_containers: dict[str, str]

    def pinned(self, path: str) -> bool:
        """Tell whether a field has to stay as it is."""
        return any(self._matches(pattern, path) for pattern in self.policy.pins)

    def of(self, path: str) -> list[Bound]:
        """Return the bounds that hold for a field."""
        return [bound for pattern, bound in self.policy.bounds.items() if self._matches(pattern, path)]

    def allows(self, path: str, value: Value) -> bool:
        """Tell whether a field may have a value; no value (no limit) is above every maximum."""
        for bound in self.of(path):
            if value is None:
                if bound.maximum is not None:
                    return False
                continue
            number = amount(value)
            if bound.minimum is not None and number < amount(bound.minimum):
                return False
            if bound.maximum is not None and number > amount(bound.maximum):
                return False
        return True

    def clamped(self, path: str, value: Value) -> Value:
        """Return the allowed value that is nearest to a value."""
        for bound in self.of(path):
            if bound.maximum is not None and (value is None or amount(value) > amount(bound.maximum)):
                value = bound.maximum
            if value is not None and bound.minimum is not None and amount(value) < amount(bound.minimum):
                value = bound.minimum
        return value

    def check(self, paths: Iterable[str]) -> None:
        """Check that pins and bounds name fields that there are, and do not contradict each other.

        Raises
        ------
        ScenarioError
            With everything that is wrong.
        """
        known, problems = list(paths), []
        for pattern, bound in self.policy.bounds.items():
            low, high = bound.minimum, bound.maximum
            field = f"recommend.bounds.{pattern}"
            try:
                if low is not None and high is not None and amount(low) > amount(high):
                    problems.append(Problem(f"the minimum {low} is above the maximum {high}", field=field))
            except ValueError as error:
                problems.append(Problem(str(error), field=field, hint="write it as the path takes it"))
        for part, patterns in (("pins", self.policy.pins), ("bounds", self.policy.bounds)):
            for pattern in patterns:
                problems += self._unknown(f"recommend.{part}", pattern, known)
        for path in known if not problems else ():
            bounds = self.of(path)
            lows = [amount(bound.minimum) for bound in bounds if bound.minimum is not None]
            highs = [amount(bound.maximum) for bound in bounds if bound.maximum is not None]
            if lows and highs and max(lows) > min(highs):
                message = f"its bounds leave no value: at least {max(lows):g} and at most {min(highs):g}"
                problems.append(Problem(message, field=path, hint="mend recommend.bounds"))
        if problems:
            raise ScenarioError(problems)

    def _unknown(self, field: str, pattern: str, known: list[str]) -> list[Problem]:
        if any(self._matches(pattern, path) for path in known):
            return []
        if not _PATTERN.search(pattern):
            try:
                parse_path(pattern)
            except ScenarioError as error:
                return [Problem(problem.message, field=field, hint=problem.hint) for problem in error.problems]
            return []  # a field that the search never moves: kept in any case
        return [
            Problem(f"{pattern!r} matches no field that is searched", field=field, hint="see docs/reference/paths.md")
        ]

    def _matches(self, pattern: str, path: str) -> bool:
        return pattern == path or fnmatchcase(path, pattern) or fnmatchcase(self._short(path), pattern)

    def _short(self, path: str) -> str:
        """Return a path without its container where that is the first one."""
        for workload, container in self.first_containers.items():
            if path.startswith(f"{workload}/{container}."):
                return workload + path[len(workload) + 1 + len(container) :]
        return path


def amount(value: str | int | float) -> float:
    """Return a value as a number: cores, bytes, pods, per cent.

    Raises
    ------
    ValueError
        When it is no quantity.
    """
    if isinstance(value, str):
        return float(parse_quantity(value.removesuffix("%")).exact)
    return float(value)
