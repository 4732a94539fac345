"""Candidates: a scenario with other values, over any of its stretches.

A candidate is a mapping of paths to values. Machines of other types are more than one field: they stand as one value
of the path `MACHINES`, a name under which the candidates know the node pools.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fvcapacity.errors import InputError
from fvcapacity.frozen import replace
from fvcapacity.scenario.model import NodePool, Scenario
from fvcapacity.scenario.paths.values import Value
from fvcapacity.scenario.stretches import MONTH_DAYS, WINDOW

Values = Mapping[str, Value]
MACHINES = "nodes"
"""Path of a choice of node pools in the values of a candidate."""


@dataclass
class Candidates:
    """Makes candidates of one system, each once.

    Attributes
    ----------
    base
        As it was loaded.
    machines
        Name of a choice of node pools to its pools, as `Scenario.with_values` takes them.
    """

    base: Scenario
    machines: dict[str, Mapping[str, NodePool | None]] = field(default_factory=dict)
    _made: dict[tuple[tuple[str, Value], ...], Scenario | str] = field(default_factory=dict)
    _stretches: dict[str, Scenario] = field(default_factory=dict)

    def made(self, values: Values) -> Scenario | str:
        """Return the system with other values, or why it cannot be."""
        key = tuple(sorted(values.items()))
        if key not in self._made:
            try:
                self._made[key] = self._with(values) if values else self.base
            except InputError as error:
                self._made[key] = "; ".join(problem.message for problem in error.problems)
        return self._made[key]

    def _with(self, values: Values) -> Scenario:
        fields = {path: value for path, value in values.items() if path != MACHINES}
        return self.base.with_values(fields, pools=self.pools(values))

    def pools(self, values: Values) -> Mapping[str, NodePool | None]:
        """Return the node pools that come, or go (None); empty where they stay."""
        return self.machines[str(values[MACHINES])] if MACHINES in values else {}

    def over(self, values: Values, stretch: str) -> Scenario:
        """Return a candidate that can be, over a stretch."""
        made = self.made(values)
        assert not isinstance(made, str), made
        part = self.stretch(stretch)
        keep = {
            name: getattr(part.file, name) for name in ("name", "window", "traffic", "rollouts", "faults", "requests")
        }
        file = made.file.model_copy(update=keep)
        return replace(made, file=file, traffic=part.traffic, start_ns=part.start_ns, versions=part.versions)

    def stretch(self, name: str) -> Scenario:
        """Return the system as it is over a stretch; roll-outs and faults are left out of all of them."""
        if name not in self._stretches:
            part = self.base.during(name)
            file = part.file.model_copy(update={"rollouts": (), "faults": (), "requests": None})
            self._stretches[name] = replace(part, file=file, versions=())
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

    @property
    def seen_days(self) -> dict[str, float]:
        """Stretch to the days of a month that are like it, without what only the proof may see."""
        return {name: days for name, days in self.month.items() if name not in self.holdout}
