"""Problems of a long file: the first lines of each kind one by one, the rest counted."""

from __future__ import annotations

from dataclasses import dataclass, field

from fvcapacity.errors import Location, Problem

SHOWN = 5
"""Lines shown one by one for each kind of problem."""


@dataclass
class Complaints:
    """Collects the problems of one file, so that a million bad lines do not become a million messages.

    A kind is a rule on a field.
    """

    file: str
    _found: dict[tuple[str, str], list[Problem]] = field(default_factory=dict)
    _more: dict[tuple[str, str], tuple[int, int | None]] = field(default_factory=dict)

    def add(self, rule: str, message: str, *, line: int | None = None, column: str = "", hint: str = "") -> None:
        """Take down a problem; ``column`` is the name of the column that it is about."""
        kind = (rule, column)
        known = self._found.setdefault(kind, [])
        if len(known) < SHOWN:
            known.append(Problem(message, Location(self.file, line), field=column, hint=hint, rule=rule))
        else:
            count, first = self._more.get(kind, (0, line))
            self._more[kind] = count + 1, first

    def __len__(self) -> int:
        """Return how many there are, the counted ones included."""
        shown = sum(len(known) for known in self._found.values())
        return shown + sum(count for count, _ in self._more.values())

    @property
    def problems(self) -> list[Problem]:
        """Everything that was found, in the order of lines; what concerns the whole file first."""
        found = [problem for known in self._found.values() for problem in known]
        for (rule, column), (count, line) in self._more.items():
            more = f"and {count:,} more {'line' if count == 1 else 'lines'} like these"
            found.append(Problem(more, Location(self.file, line), field=column, rule=rule))
        return sorted(found, key=lambda problem: (problem.location and problem.location.line) or 0)
