"""Values never change; to the standard library they are dataclasses; and the package has no quick class made slowly."""

from __future__ import annotations

import ast
import copy
import dataclasses
import pickle
import pprint
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest

import fvcapacity
from fvcapacity.frozen import Frozen, asdict, field, field_names, replace

SOURCES = Path(fvcapacity.__file__).parent


class Port(Frozen):
    number: int
    name: str = ""
    labels: dict[str, str] = field(default_factory=dict)


class Served(Port, kw_only=True, dict=True):
    replicas: int

    @cached_property
    def doubled(self) -> int:
        return 2 * self.replicas


def test_a_value_does_not_change() -> None:
    with pytest.raises(AttributeError):
        Port(80).number = 81  # type: ignore[misc]


def test_values_with_equal_fields_are_equal_and_defaults_are_not_shared() -> None:
    assert Port(80, "web") == Port(80, "web") != Port(81, "web")
    assert Port(80).labels is not Port(80).labels


@pytest.mark.parametrize("change", [replace, dataclasses.replace])
def test_fields_are_replaced_by_either_way_and_none_that_is_not_there(change: object) -> None:
    assert callable(change)
    assert change(Served(80, replicas=2), number=81) == Served(81, replicas=2)
    with pytest.raises(TypeError):
        change(Port(80), ports=3)


def test_a_dataclass_is_replaced_as_well() -> None:
    @dataclasses.dataclass(frozen=True)
    class Plain:
        x: int
        y: int = 0

    assert replace(Plain(1), y=2) == Plain(1, 2)


def test_the_standard_library_takes_a_value_for_a_dataclass() -> None:
    value = Served(80, labels={"app": "shop"}, replicas=2)
    assert dataclasses.is_dataclass(value)
    assert {f.name for f in dataclasses.fields(Served)} == set(field_names(Served))
    assert dataclasses.asdict(value) == asdict(value)
    assert pprint.pformat(value, width=20).startswith("Served(")


def test_a_copy_is_equal_and_leaves_behind_what_was_derived() -> None:
    value = Served(80, replicas=2)
    assert value.doubled == 4
    for other in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert other == value


def frozen_dataclasses() -> Iterator[tuple[str, ast.ClassDef]]:
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any("frozen=True" in ast.unparse(d) for d in node.decorator_list):
                yield f"{path.relative_to(SOURCES)}: {node.name}", node


def test_only_what_a_struct_cannot_say_is_a_frozen_dataclass() -> None:
    """Such a class takes a millisecond of every start: it has a field that is computed, or kept out of something."""
    needless = [
        name
        for name, node in frozen_dataclasses()
        if not any(option in ast.unparse(node) for option in ("init=False", "repr=False", "compare=False"))
    ]
    assert needless == []
