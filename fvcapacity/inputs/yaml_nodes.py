"""From YAML text to a tree of nodes that remember where they were written.

The tree is built from the parser's events with a stack of our own: text from outside can then exhaust
neither the call stack nor, by aliases of aliases, the memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from fvcapacity.errors import Location, Problem
from fvcapacity.inputs.yaml_scalars import Dialect, ScalarTrapError, resolve_plain, resolve_tagged

MAX_DEPTH = 100
"""Mappings and lists may be nested this deep."""
MAX_NODES = 3_000_000
"""Values of one file, those that are written out: each takes some hundred bytes of memory."""
MAX_ALIASED_NODES = 100_000
"""Nodes that aliases may stand for, beyond ten times the nodes that are written out."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {None, "!", _CORE + "map", _CORE + "seq"}


@dataclass(slots=True, eq=False)
class Node:
    """A scalar, a list or a mapping, with its (1-based) place.

    Attributes
    ----------
    kind
        ``scalar``, ``list`` or ``mapping``.
    value
        The scalar's value, the list of child nodes, or the list of (key, value) pairs of nodes.
    text
        A scalar as written, without its quotes.
    plain
        True for a scalar without quotes and tag.
    size
        Nodes from here downward, with every alias written out.
    """

    kind: str
    line: int
    column: int
    value: Any = None
    text: str = ""
    plain: bool = False
    size: int = 1
    pending_key: Node | None = field(default=None, repr=False)

    def location(self, file: str) -> Location:
        """Return the place of this node in the file."""
        return Location(file, self.line, self.column)


class _TooMuchError(Exception):
    """The text asks for more than it may; reading stops."""


@dataclass(slots=True)
class Composer:
    """Builds the nodes of one stream; ``problems`` collects what is refused on the way."""

    file: str
    dialect: Dialect
    problems: list[Problem] = field(default_factory=list)
    roots: list[Node | None] = field(default_factory=list)
    _stack: list[Node] = field(default_factory=list)
    _anchors: dict[str, Node] = field(default_factory=dict)
    _written: int = 0
    _aliased: int = 0

    def run(self, text: str | bytes) -> bool:
        """Read the whole stream; False when it broke off (then ``problems`` says why)."""
        try:
            take = self._take
            for event in yaml.parse(text, Loader=_LOADER):
                take(event)
        except _TooMuchError:
            return False
        except yaml.MarkedYAMLError as error:
            # Newer releases of libyaml give up on deep nesting itself, before it hands out what it has read.
            deep = "maximum nesting depth" in str(error)
            self.problems.append((_depth_problem if deep else _syntax_problem)(error, self.file))
            return False
        except (yaml.YAMLError, RecursionError) as error:
            message = f"cannot be read as YAML: {_first_line(error)}"
            self.problems.append(Problem(message, Location(self.file), rule="yaml-syntax"))
            return False
        return True

    def _take(self, event: Any) -> None:
        kind = type(event)  # the parser makes events of no other classes, and a file has thousands
        if kind is yaml.ScalarEvent:
            self._close(self._open(self._scalar(event), event.anchor))
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open_collection(event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(self._stack.pop())
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self._anchors.clear()
            self.roots.append(None)

    def _open_collection(self, event: Any) -> None:
        mark = event.start_mark
        kind = "mapping" if type(event) is yaml.MappingStartEvent else "list"
        node = Node(kind, mark.line + 1, mark.column + 1, [])
        if event.tag not in _COLLECTION_TAGS:
            self._refuse(node, f"the tag {event.tag} is not known here", "leave the tag out", "yaml-tag")
        self._stack.append(self._open(node, event.anchor, before=True))
        if len(self._stack) > MAX_DEPTH:
            self._refuse(node, f"nested deeper than {MAX_DEPTH} levels", "flatten the document", "yaml-depth")
            raise _TooMuchError

    def _scalar(self, event: Any) -> Node:
        plain, mark = bool(event.implicit[0]), event.start_mark
        node = Node("scalar", mark.line + 1, mark.column + 1, None, event.value, plain)
        try:
            if plain:
                node.value = resolve_plain(event.value, self.dialect)
            elif event.tag is None:
                node.value = event.value
            else:
                node.value = resolve_tagged(event.tag, event.value, self.dialect)
        except ScalarTrapError as trap:
            self._refuse(node, str(trap), trap.hint, "yaml-trap")
            node.value = event.value
        return node

    def _alias(self, event: Any) -> None:
        target = self._anchors.get(event.anchor)
        place = Node("scalar", event.start_mark.line + 1, event.start_mark.column + 1)
        if target is None:
            hint = f"write &{event.anchor} at the value it stands for"
            self._refuse(place, f"the alias *{event.anchor} has no anchor before it", hint, "yaml-alias")
            target = place
        elif target in self._stack:
            message = f"the alias *{event.anchor} stands inside the value that it repeats"
            self._refuse(place, message, "write the value out", "yaml-alias")
            raise _TooMuchError
        self._aliased += target.size
        if self._aliased > MAX_ALIASED_NODES + 10 * self._written:
            message = f"the aliases up to here stand for {self._aliased:,} values"
            self._refuse(place, message, "write the values out", "yaml-alias-bomb")
            raise _TooMuchError
        self._attach(target)
        self._close(target)

    def _open(self, node: Node, anchor: str | None, *, before: bool = False) -> Node:
        self._written += 1
        if self._written > MAX_NODES:
            self._refuse(node, f"the file has more than {MAX_NODES:,} values", "split the file", "file-too-large")
            raise _TooMuchError
        if anchor is not None:
            self._anchors[anchor] = node
        self._attach(node)
        return node

    def _attach(self, node: Node) -> None:
        if not self._stack:
            self.roots[-1] = node
            return
        parent = self._stack[-1]
        if parent.kind == "list":
            parent.value.append(node)
        elif parent.pending_key is None:
            parent.pending_key = node
        else:
            parent.value.append((parent.pending_key, node))
            parent.pending_key = None

    def _close(self, node: Node) -> None:
        """Count a finished node into the one around it."""
        if self._stack:
            self._stack[-1].size += node.size

    def _refuse(self, node: Node, message: str, hint: str, rule: str) -> None:
        self.problems.append(Problem(message, node.location(self.file), hint=hint, rule=rule))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["unknown"])[0]


def _depth_problem(error: yaml.MarkedYAMLError, file: str) -> Problem:
    line = error.problem_mark.line + 1 if error.problem_mark else None
    message = f"nested deeper than {MAX_DEPTH} levels"
    return Problem(message, Location(file, line), hint="flatten the document", rule="yaml-depth")


def _syntax_problem(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
    parts = [part for part in (error.context, error.problem) if part]
    message = "cannot be read as YAML: " + (", ".join(parts) or "broken syntax")
    hint = "look at the indentation, and at quotes and brackets that are not closed, at this line and above"
    if error.problem and "token" in error.problem and "cannot start" in error.problem:
        hint = "indent with spaces, never tabs; quote a text that starts with @, ` or %"
    return Problem(message, place, hint=hint, rule="yaml-syntax")
