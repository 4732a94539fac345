"""A YAML document: its data, and where each part of it was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fvcapacity.errors import Location, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.yaml_nodes import Node

Path = Sequence[str | int]
"""Keys and indices from the root of a document downward."""


class YamlDocument(Frozen):
    """Plain data (dict, list, str, int, float, bool, None) and the places it came from."""

    data: Any
    file: str
    locations: Node | None = None
    """Root of the tree of places; None when they are not known."""

    def location(self, path: Path = (), *, at: Literal["value", "key"] = "value") -> Location:
        """Return where the value (or its key) at a path was written.

        Parts of the path that the document does not have are passed over (such are the tags of a
        union in a pydantic location); a path that ends in one gives its nearest parent.
        """
        node, key, complete = self._walk(path)
        if node is None:
            return Location(self.file)
        return (key if key is not None and (at == "key" or not complete) else node).location(self.file)

    def real_path(self, path: Path) -> tuple[str | int, ...]:
        """Return the path without the parts that the document does not have."""
        node, real = self.locations, []
        for part in path:
            step = _child(node, part) if node is not None else None
            if step is not None:
                node = step[1]
                real.append(part)
        return tuple(real)

    def written(self, path: Path) -> str | None:
        """Return a scalar as it was written (``yes``, ``010``), or None when there is none."""
        node, _, complete = self._walk(path)
        return node.text if node is not None and complete and node.kind == "scalar" else None

    def part(self, path: Path) -> YamlDocument:
        """Return the value at a path as a document of its own."""
        data = self.data
        for step in path:
            data = data[step]
        node, _, complete = self._walk(path)
        return YamlDocument(data, self.file, node if complete else None)

    def _walk(self, path: Path) -> tuple[Node | None, Node | None, bool]:
        node, key, complete = self.locations, None, True
        for part in path:
            step = _child(node, part) if node is not None else None
            complete = step is not None
            if step is not None:
                key, node = step
        return node, key, complete


def _child(node: Node, part: str | int) -> tuple[Node | None, Node] | None:
    if node.kind == "list":
        if isinstance(part, int) and -len(node.value) <= part < len(node.value):
            return None, node.value[part]
        return None
    if node.kind != "mapping":
        return None
    for key, value in reversed(node.value):
        if key.kind == "scalar" and (key.value == part or key.text == part):
            return key, value
    for merged in _merged(node):
        if (found := _child(merged, part)) is not None:
            return found
    return None


def children(node: Node) -> dict[str, tuple[Node, Node]]:
    """Return the (key, value) nodes of a mapping by the key's text, merge keys followed."""
    found: dict[str, tuple[Node, Node]] = {}
    for merged in _merged(node):
        if merged.kind == "mapping":
            found = children(merged) | found
    for key, value in node.value:
        if key.kind == "scalar" and not _is_merge(key):
            found[key.text] = (key, value)
    return found


def _merged(node: Node) -> Iterator[Node]:
    """Yield the mappings that a merge key (``<<``) draws in, the strongest first."""
    for key, value in node.value:
        if _is_merge(key):
            yield from value.value if value.kind == "list" else (value,)


def _is_merge(key: Node) -> bool:
    return key.kind == "scalar" and key.plain and key.text == "<<"


@dataclass(slots=True)
class Constructor:
    """Turns nodes into data; ``problems`` collects duplicate keys and keys that are no text."""

    file: str
    lenient: bool
    problems: list[Problem]

    def build(self, node: Node | None) -> Any:
        """Return the data of a node. The depth is bounded by the composer."""
        if node is None:
            return None
        if node.kind == "scalar":
            return node.value
        if node.kind == "list":
            return [self.build(item) for item in node.value]
        return self._mapping(node)

    def _mapping(self, node: Node) -> dict[Any, Any]:
        data: dict[Any, Any] = {}
        seen: dict[Any, Node] = {}
        for key, value in node.value:
            if _is_merge(key):
                continue
            name = self._key(key)
            if name in seen:
                self._duplicate(key, seen[name])
            seen.setdefault(name, key)
            data[name] = self.build(value)
        for merged in self._merge_sources(node):
            for name, value in self._mapping(merged).items():
                data.setdefault(name, value)
        return data

    def _key(self, key: Node) -> Any:
        if key.kind != "scalar":
            self._note(key, "a key is a single word or text, not a list or mapping", "write the key as text")
            return ""
        if isinstance(key.value, str):
            return key.value
        if self.lenient:  # JSON knows text keys alone; Kubernetes converts the others in the same way
            return key.text
        if key.value is None:
            self._note(key, "a key is missing before the colon", "write the key, or quote it")
            return key.text
        return key.value

    def _merge_sources(self, node: Node) -> list[Node]:
        sources = []
        for source in _merged(node):
            if source.kind == "mapping":
                sources.append(source)
            else:
                self._note(source, "a merge key << takes a mapping or a list of mappings", "write << : *anchor")
        return sources

    def _duplicate(self, key: Node, first: Node) -> None:
        message = f"the key {key.text!r} is given twice (first in line {first.line}); the last one counts"
        if not self.lenient:
            message = f"the key {key.text!r} is given twice (first in line {first.line})"
        self.problems.append(
            Problem(
                message,
                key.location(self.file),
                hint="remove one of the two",
                severity="warning" if self.lenient else "error",
                rule="duplicate-key",
            )
        )

    def _note(self, node: Node, message: str, hint: str) -> None:
        self.problems.append(Problem(message, node.location(self.file), hint=hint, rule="yaml-key"))
