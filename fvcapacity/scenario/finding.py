"""What a check over a scenario says; the loader adds file, line and column."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

from fvcapacity.errors import Location, Severity
from fvcapacity.frozen import Frozen

Document = Literal["scenario", "topology", "manifests"]
Path = tuple[str | int, ...]


class Finding(Frozen):
    """One thing that does not fit.

    Attributes
    ----------
    document
        The file that has to be changed.
    path
        Keys and indices of the field inside it.
    location
        Where it stands, when the check knows (objects of manifests carry their place).
    """

    document: Document
    path: Path
    message: str
    hint: str = ""
    severity: Severity = "error"
    rule: str = ""
    location: Location | None = None
    at_key: bool = False
    """The key is what is wrong, not its value."""


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return a hint that names the nearest known name, or all of them when none is near."""
    names = list(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return otherwise or (f"known: {', '.join(names)}" if names else "none is known")
