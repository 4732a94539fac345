"""The program as plain lists: reading one number of a NumPy array costs SimPy's plane more than a whole rule."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fvcapacity.program.layout import ProgramArrays


def as_lists(arrays: ProgramArrays) -> Any:
    """Return the arrays' fields as lists of Python numbers."""
    return SimpleNamespace(**{name: array.tolist() for name, array in arrays._asdict().items()})
