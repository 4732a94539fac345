"""What was checked of an overlay, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from fvcapacity.errors import Problem
from fvcapacity.frozen import Frozen, replace


class Check(Frozen):
    """One check: its name, how it went, and a detail that says with what or on how much."""

    name: str
    status: Literal["passed", "failed", "skipped"]
    detail: str = ""


class Verification(Frozen):
    """Everything that was checked of an overlay.

    Attributes
    ----------
    builder
        Who built it: ``kubectl v1.32.4``, or our own builder, and then why.
    checks
        In the order in which they were made.
    problems
        What does not hold; none when the overlay is what was promised.
    """

    builder: str
    checks: Sequence[Check]
    problems: Sequence[Problem] = ()

    @property
    def ok(self) -> bool:
        """Whether everything that was checked holds."""
        return not self.problems

    def and_(self, check: Check, problems: Sequence[Problem]) -> Verification:
        """Return the verification with one more check."""
        return replace(self, checks=(*self.checks, check), problems=(*self.problems, *problems))

    @property
    def passed(self) -> list[Check]:
        """The checks that held."""
        return [check for check in self.checks if check.status == "passed"]
