"""Every field of a scenario, a topology, price lists and instance lists, from the models that read them."""

from __future__ import annotations

import ast
import inspect
import itertools
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fvcapacity.scenario.instances import InstanceList
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.prices import PriceList
from fvcapacity.scenario.topology import Topology
from fvcapacity.units import NS_PER_S
from tests.docs.pages.text import NOTE, anchor, cell, plain, table

DOCUMENTS: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("The scenario", ScenarioFile, "`scenarios/*.yaml`"),
    ("The topology", Topology, "named by `topology` of a scenario: `data/flores-victoria/topology.yaml`"),
    ("A price list", PriceList, "named by `cost.prices`: `data/prices/*.yaml`"),
    ("A list of machines", InstanceList, "named by `recommend.instances`: `data/instances/*.yaml`"),
)

COMMON = {
    "basis": "Where the numbers come from: `documented`, `measured` or `assumed`.",
    "kind": "Which kind.",
    "source": "Who says so: a document, a measurement, a reason.",
}
"""What the same field means everywhere."""

UNITS = {"ns": "duration", "bytes": "quantity of bytes", "cores": "quantity of CPU"}
SUFFIXES = {
    "_ms": "ms",
    "_percent": "%",
    "_rps": "requests/s",
    "_gib": "GiB",
    "_days": "days",
    "_hours": "hours",
    "_usd": "USD",
}

_HEAD = f"""\
# The scenario

A scenario is a YAML file; paths in it are relative to it. Keys that are not in these tables are refused, with the nearest that is.
`fvcap schema` prints the same as a JSON Schema, with which editors complete and check ([how](schemas.md)).

| written as | examples | notes |
|---|---|---|
| duration | `250ms`, `90s`, `1h30m`, `2d` | always with a unit |
| quantity of CPU | `250m`, `0.5`, `2` | as in Kubernetes |
| quantity of bytes | `256Mi`, `1G`, `1048576` | as in Kubernetes |
| time | `2026-02-14T18:00:00` | local time of `time_zone`, unless it carries an offset |

{NOTE}"""


def scenario_markdown() -> str:
    """Return the page."""
    parts = [_HEAD]
    seen: set[type[BaseModel]] = set()
    for title, root, where in DOCUMENTS:
        parts.append(f"## {title}\n\n{_about(root)}\n\n{where[0].upper() + where[1:]}.\n\n{_fields(root)}")
        seen.add(root)
        for model in _below(root, seen):
            parts.append(f"### {model.__name__}\n\n{_about(model)}\n\n{_fields(model)}")
    return "\n".join(parts)


def models() -> Iterator[type[BaseModel]]:
    """Yield every model whose fields a user writes."""
    seen: set[type[BaseModel]] = set()
    for _, root, _ in DOCUMENTS:
        seen.add(root)
        yield root
        yield from _below(root, seen)


def meaning(model: type[BaseModel], name: str) -> str:
    """Return what a field means: what its docstring says; empty when nobody said."""
    return plain(_docstrings(model).get(name, "")) or COMMON.get(name, "")


def _below(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    for info in model.model_fields.values():
        for kind in _models_in(info.annotation):
            if kind not in seen:
                seen.add(kind)
                yield kind
                yield from _below(kind, seen)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _models_in(part)


def _about(model: type[BaseModel]) -> str:
    return plain(inspect.cleandoc(model.__doc__ or ""))


@cache
def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            body = ast.parse(inspect.getsource(kind)).body[0].body  # type: ignore[attr-defined]
            for item, after in itertools.pairwise(body):
                said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                if isinstance(item, ast.AnnAssign) and said:
                    found[item.target.id] = inspect.cleandoc(after.value.value)  # type: ignore[union-attr, attr-defined]
    return found


def _fields(model: type[BaseModel]) -> str:
    rows = []
    for name, info in model.model_fields.items():
        rows.append(
            (f"`{info.alias or name}`", _kind(model, name, info), _default(model, name, info), meaning(model, name))
        )
    return table(("field", "type", "default", "meaning"), rows)


def _kind(model: type[BaseModel], name: str, info: FieldInfo) -> str:
    hint = typing.get_type_hints(model, include_extras=True).get(name, info.annotation)
    unit = next((unit for suffix, unit in SUFFIXES.items() if name.endswith(suffix)), "")
    bounds = "".join(
        f", {sign} {value:g}"
        for item in info.metadata
        for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
        if isinstance(value := getattr(item, attribute, None), int | float) and abs(value) < 2**62
    )
    return f"{_words(hint)}{f' ({unit})' if unit else ''}{bounds}"


def _words(hint: Any) -> str:
    """Return a type in words."""
    if measured := _measured(hint):
        return measured
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _words(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(item) for item in arguments if item is not type(None)))
    if origin in (tuple, list):
        return f"list of {_words(arguments[0])}"
    if origin is dict or (origin and "Mapping" in str(origin)):
        return f"mapping of {_words(arguments[0])} to {_words(arguments[1])}"
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return f"[{hint.__name__}](#{anchor(_title(hint))})"
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "`true` or `false`", "datetime": "time"}
    return names.get(getattr(hint, "__name__", ""), getattr(hint, "__name__", str(hint)))


def _title(model: type[BaseModel]) -> str:
    return next((title for title, root, _ in DOCUMENTS if root is model), model.__name__)


def _measured(hint: Any) -> str:
    """Return the unit of a type that is written as a quantity or with a unit."""
    if typing.get_origin(hint) is not typing.Annotated:
        return ""
    text = " ".join(getattr(getattr(item, "func", None), "__name__", "") for item in typing.get_args(hint)[1:])
    for mark, unit in (("_duration", "ns"), ("_quantity_bytes", "bytes"), ("_quantity_cores", "cores")):
        if mark in text:
            return UNITS[unit]
    return ""


def _default(model: type[BaseModel], name: str, info: FieldInfo) -> str:
    if info.is_required():
        return "must be given"
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is None or value == "" or value == () or value == {} or isinstance(value, BaseModel):
        return ""
    hint = typing.get_type_hints(model, include_extras=True).get(name)
    words = _kind(model, name, info)
    return f"`{cell(_shown(value, words if hint is not None else ''))}`"


def _shown(value: Any, words: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and words.startswith("duration"):
        return _duration(value)
    if isinstance(value, int) and words.startswith("quantity of bytes"):
        return next((f"{value // size}{unit}" for unit, size in _SIZES if value and value % size == 0), str(value))
    if isinstance(value, tuple):
        return ", ".join(_shown(item, "") for item in value)
    if isinstance(value, BaseModel):
        return str(value.model_dump(mode="json"))
    return f"{value:g}" if isinstance(value, float) else str(value)


_SIZES = (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


def _duration(value: int) -> str:
    for unit, size in (("d", 86_400 * NS_PER_S), ("h", 3600 * NS_PER_S), ("m", 60 * NS_PER_S), ("s", NS_PER_S)):
        if value and value % size == 0:
            return f"{value // size}{unit}"
    return f"{value / 1e6:g}ms" if value else "0"
