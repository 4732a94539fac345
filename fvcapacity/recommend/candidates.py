"""Candidates: a scenario with other values, over any of its stretches."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from fvcapacity.errors import InputError
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.values import Value
from fvcapacity.scenario.stretches import MONTH_DAYS, WINDOW

Values = Mapping[str, Value]


@dataclass
class Candidates:
    """Makes candidates of one system, each once.

    Attributes
    ----------
    base
        As it was loaded.
    """

    base: Scenario
    _made: dict[tuple[tuple[str, Value], ...], Scenario | str] = field(default_factory=dict)
    _stretches: dict[str, Scenario] = field(default_factory=dict)

    def made(self, values: Values) -> Scenario | str:
        """Return the system with other values, or why it cannot be."""
        key = tuple(sorted(values.items()))
        if key not in self._made:
            try:
                self._made[key] = self.base.with_values(values) if values else self.base
            except InputError as error:
                self._made[key] = "; ".join(problem.message for problem in error.problems)
        return self._made[key]

    def over(self, values: Values, stretch: str) -> Scenario:
        """Return a candidate that can be, over a stretch."""
        made = self.made(values)
        assert not isinstance(made, str), made
        part = self.stretch(stretch)
        keep = {
            name: getattr(part.file, name) for name in ("name", "window", "traffic", "rollouts", "faults", "requests")
        }
        file = made.file.model_copy(update=keep)
        return dataclasses.replace(
            made, file=file, traffic=part.traffic, start_ns=part.start_ns, versions=part.versions
        )

    def stretch(self, name: str) -> Scenario:
        """Return the system as it is over a stretch; roll-outs and faults are left out of all of them."""
        if name not in self._stretches:
            part = self.base.during(name)
            file = part.file.model_copy(update={"rollouts": (), "faults": (), "requests": None})
            self._stretches[name] = dataclasses.replace(part, file=file, versions=())
        return self._stretches[name]

    @property
    def history(self) -> tuple[str, ...]:
        """What a search may see."""
        return tuple(item.name for item in self.base.file.history) or (WINDOW,)

    @property
    def holdout(self) -> tuple[str, ...]:
        """What only the proof sees."""
        return tuple(item.name for item in self.base.file.holdout)

    @property
    def month(self) -> dict[str, float]:
        """Stretch to the days of a month that are like it."""
        parts: dict[str, float] = {}
        for part in self.base.file.calendar:
            parts[part.like] = parts.get(part.like, 0.0) + part.days
        return parts or {WINDOW: MONTH_DAYS}
