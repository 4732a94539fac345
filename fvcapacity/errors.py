"""Every exception that fvcapacity raises on purpose, and the problems they carry.

::

    FvcapError                 .code  .hint
      InputError               the user can mend it; carries problems       exit 2
        ScenarioError ManifestError TopologyError TrafficError PriceError
      SourceError              the outside world; .retryable .query .rule   exit 3
      PlaneError               a kernel status that a user can act on       exit 4
      InvariantError           a bug of ours                                exit 70

A missed objective, too little history or no good configuration is a verdict with a reason, not an
exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from fvcapacity.frozen import Frozen

Severity = Literal["error", "warning", "note"]


class Location(Frozen):
    """Where something was written: a file, and (1-based) line and column when they are known.

    What stands there is shown with a problem, unless it is ``private``.
    """

    file: str
    line: int | None = None
    column: int | None = None
    private: bool = False

    def __str__(self) -> str:
        """Return ``file:line:column`` as editors understand it."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class Problem(Frozen):
    """One thing that is wrong with what a user gave us.

    Attributes
    ----------
    message
        What is wrong, in one sentence, with the value that was seen.
    location
        Where it stands; None when the problem has no single place.
    field
        Path of the field inside the document, such as ``routes.checkout.share``.
    hint
        What to do about it.
    severity
        ``error`` stops a load; ``warning`` and ``note`` are findings.
    rule
        Short stable name of the rule (``hpa-without-requests``), for filters and SARIF.
    """

    message: str
    location: Location | None = None
    field: str = ""
    hint: str = ""
    severity: Severity = "error"
    rule: str = ""

    def __str__(self) -> str:
        """Return one readable block: place, field, message, remedy."""
        place = f"{self.location}: " if self.location else ""
        field = f"{self.field}: " if self.field else ""
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{place}{field}{self.message}{hint}"


class FvcapError(Exception):
    """Base of all errors that fvcapacity raises on purpose."""

    code: int = 70
    """Exit status of the command line for this error."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(FvcapError):
    """Something the user can mend. All problems of a load are reported together."""

    code = 2

    def __init__(self, problems: Problem | str | Iterable[Problem], *, hint: str = "") -> None:
        if isinstance(problems, str):
            problems = Problem(problems, hint=hint)
        if isinstance(problems, Problem):
            problems = (problems,)
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems), hint=hint)


class ScenarioError(InputError):
    """A scenario file, or the whole it puts together, is wrong."""


class ManifestError(InputError):
    """A Kubernetes manifest cannot be read."""


class TopologyError(InputError):
    """The routes or the call graph are wrong."""


class TrafficError(InputError):
    """Traffic is missing, negative, or does not cover the window."""


class PriceError(InputError):
    """A price list is wrong."""


class SourceError(FvcapError):
    """The outside world (Prometheus, kubectl) failed us.

    Attributes
    ----------
    retryable
        Whether the same call may succeed later, without any change.
    query
        What was asked, when it was a query.
    rule
        Short stable name of the failure (``unauthorised``, ``not-json``), as a `Problem` has one.
    """

    code = 3

    def __init__(
        self, message: str, *, hint: str = "", retryable: bool = False, query: str = "", rule: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
        self.query = query
        self.rule = rule


class PlaneError(FvcapError):
    """The data plane stopped for a reason that a user can act on."""

    code = 4


class InvariantError(FvcapError):
    """A bug of ours: a request was lost, time ran backwards. Please report it."""

    code = 70
