"""YAML with a comment above the fields that change.

The YAML library writes no comments, so mappings and lists are laid out here, and every scalar by the library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from fvcapacity.scenario.paths.patches import merge_key

Address = tuple[Any, ...]
"""Way to a field: keys, numbers of list items, and (key, value) of items that are found by a key."""


def yaml_text(body: Mapping[str, Any], comments: Mapping[Address, Sequence[str]]) -> str:
    """Return a mapping as YAML.

    Parameters
    ----------
    comments
        Lines above the field at an address.
    """
    return "\n".join(_mapping(body, (), comments)) + "\n"


def address_in(body: Any, steps: Sequence[Any]) -> Address:
    """Return the longest part of some steps that a body has, as an address in it."""
    found: list[Any] = []
    field = ""
    for step in steps:
        if isinstance(step, str):
            if not isinstance(body, Mapping) or step not in body:
                break
            body, field = body[step], step
            found.append(step)
            continue
        if not isinstance(body, list):
            break
        if isinstance(step, int):
            if step >= len(body) or merge_key(field, body) is not None:
                break
            index = step
        else:
            match = [n for n, item in enumerate(body) if isinstance(item, Mapping) and item.get(step.key) == step.value]
            if not match:
                break
            index = match[0]
        found.append(index)
        body = body[index]
    return tuple(found)


def _mapping(body: Mapping[str, Any], at: Address, comments: Mapping[Address, Sequence[str]]) -> Iterator[str]:
    for key, value in body.items():
        place = (*at, key)
        yield from (f"# {line}" for line in comments.get(place, ()))
        name = _scalar(key)
        if isinstance(value, Mapping) and value:
            yield f"{name}:"
            yield from (f"  {line}" for line in _mapping(value, place, comments))
        elif isinstance(value, list) and value:
            yield f"{name}:"
            yield from _items(value, place, comments)
        elif isinstance(value, str) and "\n" in value:
            yield f"{name}: |" + ("" if value.endswith("\n") else "-")
            yield from (f"  {line}".rstrip() for line in value.splitlines())
        else:
            yield f"{name}: {_scalar(value)}"


def _items(values: list[Any], at: Address, comments: Mapping[Address, Sequence[str]]) -> Iterator[str]:
    for number, value in enumerate(values):
        place = (*at, number)
        yield from (f"# {line}" for line in comments.get(place, ()))
        if isinstance(value, Mapping) and value:
            yield from _with_dash(list(_mapping(value, place, comments)))
        elif isinstance(value, list) and value:
            yield from _with_dash(list(_items(value, place, comments)))
        else:
            yield f"- {_scalar(value)}"


def _with_dash(lines: list[str]) -> Iterator[str]:
    """Yield the lines of an item; comments above its first field go above the dash."""
    first = next(number for number, line in enumerate(lines) if not line.startswith("# "))
    yield from lines[:first]
    yield f"- {lines[first]}"
    yield from (f"  {line}" for line in lines[first + 1 :])


def _scalar(value: Any) -> str:
    if isinstance(value, Mapping | list) and not value:
        return "{}" if isinstance(value, Mapping) else "[]"
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...").strip()
