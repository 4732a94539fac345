"""Mappings and lists that remember where each of their entries was written.

Kustomize merges parts of several files into one object. The places travel with the entries, so that a
finding about a patched field names the patch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fvcapacity.errors import Location
from fvcapacity.inputs.yaml_document import YamlDocument, children
from fvcapacity.inputs.yaml_nodes import Node


class LocatedMap(dict[str, Any]):
    """A mapping with text keys; ``keys_at`` and ``values_at`` hold the places of its entries."""

    __slots__ = ("at", "keys_at", "values_at", "written")

    def __init__(self, at: Location) -> None:
        super().__init__()
        self.at = at
        self.keys_at: dict[str, Location] = {}
        self.values_at: dict[str, Location] = {}
        self.written: dict[str, str] = {}
        """Plain scalars as they were written, where that differs from their value."""

    def place(self, key: str) -> Location:
        """Return where an entry's key stands; the place of the whole mapping when unknown."""
        return self.keys_at.get(key, self.at)

    def value_place(self, key: str) -> Location:
        """Return where an entry's value stands; the place of the whole mapping when unknown."""
        return self.values_at.get(key, self.at)

    def take(self, key: str, source: LocatedMap, value: Any = None) -> None:
        """Set an entry to a copy of the source's entry (or to ``value``), with the source's places."""
        self[key] = clone(source[key]) if value is None else value
        self.keys_at[key] = source.place(key)
        self.values_at[key] = source.value_place(key)
        if key in source.written and value is None:
            self.written[key] = source.written[key]
        else:
            self.written.pop(key, None)

    def put(self, key: str, value: Any, at: Location) -> None:
        """Set an entry that was written (or made up) at a place."""
        self[key] = value
        self.keys_at[key] = self.values_at[key] = at
        self.written.pop(key, None)


class LocatedList(list[Any]):
    """A list that knows where it starts; its mappings know their own places."""

    __slots__ = ("at",)

    def __init__(self, at: Location, items: Iterable[Any] = ()) -> None:
        super().__init__(items)
        self.at = at


def locate(document: YamlDocument) -> Any:
    """Return the data of a document as located mappings and lists."""
    return _locate(document.data, document.locations, document.file)


def _locate(data: Any, node: Node | None, file: str) -> Any:
    if isinstance(data, dict):
        return _locate_map(data, node, file)
    if isinstance(data, list):
        at = node.location(file) if node is not None else Location(file)
        known = node is not None and node.kind == "list" and len(node.value) == len(data)
        nodes = node.value if node is not None and known else [None] * len(data)
        return LocatedList(at, (_locate(item, child, file) for item, child in zip(data, nodes, strict=True)))
    return data


def _locate_map(data: dict[Any, Any], node: Node | None, file: str) -> LocatedMap:
    located = LocatedMap(node.location(file) if node is not None else Location(file))
    nodes = children(node) if node is not None else {}
    for name, value in data.items():
        key = str(name)
        key_node, value_node = nodes.get(key, (None, None))
        located[key] = _locate(value, value_node, file)
        if key_node is not None and value_node is not None:
            located.keys_at[key] = key_node.location(file)
            located.values_at[key] = value_node.location(file)
            if value_node.kind == "scalar" and value_node.text != value:
                located.written[key] = value_node.text
    return located


def clone(value: Any) -> Any:
    """Return a deep copy that keeps the places."""
    if isinstance(value, LocatedMap):
        copy = LocatedMap(value.at)
        for key, item in value.items():
            copy[key] = clone(item)
        copy.keys_at, copy.values_at = dict(value.keys_at), dict(value.values_at)
        copy.written = dict(value.written)
        return copy
    if isinstance(value, LocatedList):
        return LocatedList(value.at, (clone(item) for item in value))
    return value


def made(value: Any, at: Location) -> Any:
    """Return plain data (from JSON or code) as located data that all stands at one place."""
    if isinstance(value, dict):
        located = LocatedMap(at)
        for key, item in value.items():
            located.put(str(key), made(item, at), at)
        return located
    if isinstance(value, list | tuple):
        return LocatedList(at, (made(item, at) for item in value))
    return value


def plain(value: Any) -> Any:
    """Return located data as plain dicts and lists."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def mappings(value: Any) -> Iterator[LocatedMap]:
    """Yield the mappings among the items of a list; nothing when it is none."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, LocatedMap))
