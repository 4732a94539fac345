"""Values: classes of fields that never change once they are made.

They are `msgspec.Struct`s. A frozen dataclass says the same, and takes forty times as long to be made as a class, ten
times as long for each value, and four times as long to compare: its methods are written as text and compiled at every
start (see ``docs/decisions/0025-frozen-values.md``). A value that computes a field, or keeps one out of its text or out
of comparison, stays a dataclass: a Struct has no such thing.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, Any, dataclass_transform

from msgspec import Struct, field, structs
from msgspec.structs import asdict

__all__ = ["Frozen", "asdict", "field", "field_names", "replace"]


class _OfDataclass:
    """What a dataclass knows of itself, told of a class that is none when somebody asks."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, value: object, kind: type[Struct]) -> Any:
        return getattr(_as_dataclass(kind), self._name)


@cache
def _as_dataclass(kind: type[Struct]) -> type:
    return dataclasses.make_dataclass(kind.__name__, kind.__struct_fields__, frozen=True)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen(Struct, frozen=True):
    """A value: equal to another of its class with equal fields, and hashable where they are.

    Options of a class are Struct's: ``kw_only=True``, ``order=True``, ``eq=False`` (equal to itself alone),
    ``dict=True`` (with room for cached properties). To those who read, vary or write down values of dataclasses
    (`dataclasses.replace`, `dataclasses.asdict`, `pprint`) it is one.
    """

    __dataclass_fields__ = _OfDataclass()
    __dataclass_params__ = _OfDataclass()


if TYPE_CHECKING:
    from dataclasses import replace  # whose names and types of fields are checked
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """Return a value (or a dataclass) like another, with some fields changed."""
        change = structs.replace if isinstance(value, Struct) else dataclasses.replace
        return change(value, **changes)


def field_names(kind: type[Struct]) -> tuple[str, ...]:
    """Return the names of the fields of a class, in their order."""
    return kind.__struct_fields__
