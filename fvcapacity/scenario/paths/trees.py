"""Read and set a field in an object of the API: a tree of mappings and lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from itertools import pairwise
from typing import Any

from fvcapacity.frozen import Frozen


class Item(Frozen):
    """Step into the item of a list whose ``key`` has a value; made when it is missing."""

    key: str
    value: str


Step = str | int | Item
"""Key of a mapping, number of a list's item (one past the end adds one), or an item by its key."""


def get(tree: Any, steps: Sequence[Step]) -> Any:
    """Return what stands at the end of some steps; None when nothing does."""
    for step in steps:
        tree = _next(tree, step)
    return tree


def put(tree: Any, steps: Sequence[Step], value: Any) -> None:
    """Set a field; mappings and items on the way are made.

    None takes it out; an empty mapping may be left, as kustomize leaves it.
    """
    if value is None:
        _remove(tree, steps)
        return
    for step, after in pairwise(steps):
        inner = _next(tree, step)
        if inner is None:
            inner = {} if isinstance(after, str) else []
            if isinstance(step, Item):
                inner = {step.key: step.value}
            _set(tree, step, inner)
        tree = inner
    _set(tree, steps[-1], value)


def _next(tree: Any, step: Step) -> Any:
    if isinstance(step, str):
        return tree.get(step) if isinstance(tree, MutableMapping) else None
    if not isinstance(tree, list):
        return None
    if isinstance(step, int):
        return tree[step] if step < len(tree) else None
    return next((item for item in tree if isinstance(item, MutableMapping) and item.get(step.key) == step.value), None)


def _set(tree: Any, step: Step, value: Any) -> None:
    if isinstance(step, str) or (isinstance(step, int) and step < len(tree)):
        tree[step] = value
    else:
        tree.append(value)


def _remove(tree: Any, steps: Sequence[Step]) -> None:
    parent, last = get(tree, steps[:-1]), steps[-1]
    found = _next(parent, last)
    if found is None:
        return
    if isinstance(last, str):
        del parent[last]
    else:
        parent[:] = [item for item in parent if item is not found]


def copied(value: Any) -> Any:
    """Return a tree of its own, of plain mappings and lists."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [copied(item) for item in value]
    return value


def mappings(value: Any) -> Iterator[MutableMapping[str, Any]]:
    """Yield the mappings among the items of a list; nothing when it is none."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, MutableMapping))
