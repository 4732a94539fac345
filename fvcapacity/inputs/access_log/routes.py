"""From paths to routes: by the templates that are given, or learned from the log itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

OTHER = "other"
"""What belongs to no route, or to one beyond the cap."""
NO_REQUEST = -1
"""The line holds no HTTP request: nginx answers 400 or 408 to what is none."""
ID = ":id"
UNKNOWN = frozenset({400, 404, 405, 410, 414, 444})
"""Answers that tell of a path that it may not exist: nothing is learned from it."""

_REQUEST = re.compile(rb"([A-Z]{3,10}) (?:[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*)?(/[^?#;]*|\*)?.*")
_ID = re.compile(
    r"[0-9.,:_+-]*[0-9][0-9.,:_+-]*"  # a number, a date
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"  # a UUID
    r"|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}"  # a hash, an ObjectId
    r"|(?=(?:[^0-9]*[0-9]){2})(?=[^a-zA-Z]*[a-zA-Z])[\w=~.-]{16,}"  # a ULID, base64, a file name with a hash
    r"|[a-zA-Z]+[_-][0-9]+"  # order-123
    r"|[\w.-]*[.-](?=[a-fA-F]*[0-9])[0-9a-fA-F]{6,}\.[a-z0-9]{1,5}"  # app.3f2a91.js
    r"|[0-9]+\.[a-z0-9]{2,5}"  # 123.jpg
    r"|[^@/]+@[^@/]+"  # a mail address
)
_NUMBER = re.compile(rb"/[0-9]++(?=[/\n])")
_DEEPEST = 12
"""Segments of a path that are told apart; what is deeper becomes `*`."""


class Routes(Protocol):
    """Names the routes of requests by number; 0 is `OTHER`."""

    def find(self, request: bytes, status: int) -> tuple[int, bool]:
        """Return the number of the route, and whether it holds for every request that reads the same."""

    @property
    def names(self) -> Sequence[str]:
        """Names by number."""

    @property
    def numbers_alike(self) -> bool:
        """Whether a path's segments that are numbers may be taken for one and the same number."""


def numbers_alike(requests: Sequence[bytes]) -> list[bytes]:
    """Return requests with every segment that is a number made the same: most paths were then seen before."""
    return _NUMBER.sub(b"/0", b"\n".join(requests) + b"\n").split(b"\n")[:-1]


def split(request: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Return method and segments of a request's path; None when it is no HTTP request."""
    found = _REQUEST.fullmatch(request)
    if found is None or found[2] is None:
        return None
    path = found[2].decode("utf-8", "replace")
    return found[1].decode(), tuple(part for part in path.split("/") if part)


def _label(method: str, segments: Iterable[str]) -> str:
    return f"{method} /{'/'.join(segments)}"


@dataclass
class GivenRoutes:
    """Routes that are given as ``METHOD /path/:id``; where several fit, a literal segment wins, from the left.

    A segment that begins with a colon, stands in braces or is ``*`` takes any one segment; a last ``**`` the rest.
    """

    names: Sequence[str]
    numbers_alike: bool
    _by_length: dict[tuple[str, int], list[tuple[int, tuple[str | None, ...]]]] = field(init=False)
    _open: list[tuple[str, int, tuple[str | None, ...]]] = field(init=False)

    def __init__(self, labels: Iterable[str]) -> None:
        self.names = [OTHER, *labels]
        self._by_length, self._open = {}, []
        self.numbers_alike = not any(_NUMBER.search(label.encode() + b"\n") for label in self.names)
        for number, label in enumerate(self.names[1:], 1):
            method, _, path = label.partition(" ")
            parts = [part for part in path.split("/") if part]
            pattern = tuple(None if _is_parameter(part) else part for part in parts)
            if parts and parts[-1] == "**":
                self._open.append((method, number, pattern[:-1]))
            else:
                self._by_length.setdefault((method, len(parts)), []).append((number, pattern))
        for patterns in self._by_length.values():  # literal segments first, from the left
            patterns.sort(key=lambda item: [part is None for part in item[1]])
        self._open.sort(key=lambda item: -len(item[2]))

    def find(self, request: bytes, status: int) -> tuple[int, bool]:
        """Return the number of the route that fits best."""
        found = split(request)
        if found is None:
            return NO_REQUEST, True
        method, segments = found
        for number, pattern in self._by_length.get((method, len(segments)), ()):
            if _fits(pattern, segments):
                return number, True
        for its_method, number, pattern in self._open:
            if method == its_method and len(segments) >= len(pattern) and _fits(pattern, segments):
                return number, True
        return 0, True


def _is_parameter(part: str) -> bool:
    return part.startswith(":") or (part.startswith("{") and part.endswith("}")) or part in ("*", "**")


def _fits(pattern: tuple[str | None, ...], segments: tuple[str, ...]) -> bool:
    return all(part is None or part == segment for part, segment in zip(pattern, segments, strict=False))


@dataclass
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    only_ids: bool = False
    route: int | None = None


class LearnedRoutes:
    """Routes that the log itself shows.

    Numbers, UUIDs, hashes and the like become ``:id``. So does every value at a place, behind the first segment, where
    more than ``most_values`` different ones were seen; routes that were told apart there before become one. A path
    that was only ever answered with 404 or the like is no route.

    Parameters
    ----------
    most_values
        Different segments at one place that are still taken for names.
    most_routes
        Routes that are told apart while reading; later ones are `OTHER`.
    on_merge
        Called with two numbers when the first route becomes part of the second.
    """

    def __init__(self, most_values: int, most_routes: int, on_merge: Callable[[int, int], None]) -> None:
        self.names: list[str] = [OTHER]
        self.numbers_alike = True
        self._most_values = most_values
        self._most_routes = most_routes
        self._on_merge = on_merge
        self._live = 0
        self._root = _Node()

    def find(self, request: bytes, status: int) -> tuple[int, bool]:
        """Return the number of the route."""
        found = split(request)
        if found is None:
            return NO_REQUEST, True
        method, segments = found
        if len(segments) > _DEEPEST:
            segments = (*segments[:_DEEPEST], "*")
        known = self._walk(method, segments)
        if known is not None:
            return known, True
        if status in UNKNOWN:
            return 0, False
        return self._learn(method, segments)

    def _walk(self, method: str, segments: tuple[str, ...]) -> int | None:
        node = self._root.children.get(method)
        for segment in segments:
            if node is None:
                return None
            node = node.children.get(_name(node, segment))
        return node.route if node is not None else None

    def _learn(self, method: str, segments: tuple[str, ...]) -> tuple[int, bool]:
        if self._live >= self._most_routes and not self._within_crowded(method, segments):
            return 0, False
        node = self._root.children.setdefault(method, _Node())
        shown: list[str] = []
        for depth, segment in enumerate(segments):
            name = _name(node, segment)
            if name not in node.children and depth and len(node.children) >= self._most_values:
                self._join_children(node, _label(method, [*shown, ID]))
                name = ID
            shown.append(name)
            node = node.children.setdefault(name, _Node())
        if node.route is None:
            node.route = len(self.names)
            self.names.append(_label(method, shown))
            self._live += 1
        return node.route, True

    def _within_crowded(self, method: str, segments: tuple[str, ...]) -> bool:
        """Tell whether the path would make one place too crowded: then routes become one instead of more."""
        node = self._root.children.get(method)
        for depth, segment in enumerate(segments):
            if node is None:
                return False
            name = _name(node, segment)
            if name not in node.children:
                return depth > 0 and len(node.children) >= self._most_values
            node = node.children[name]
        return False

    def _join_children(self, node: _Node, label: str) -> None:
        self._join_values(node)
        self._rename(node.children[ID], label)

    def _join_values(self, node: _Node) -> None:
        joined = _Node()
        for child in node.children.values():
            self._join(child, joined)
        node.children, node.only_ids = {ID: joined}, True

    def _join(self, source: _Node, target: _Node) -> None:
        if source.route is not None and target.route is None:
            target.route = source.route
        elif source.route is not None and target.route is not None:
            self._on_merge(source.route, target.route)
            self._live -= 1
        for name, child in source.children.items():
            self._join(child, target.children.setdefault(name, _Node()))
        target.only_ids = target.only_ids or source.only_ids
        if target.only_ids and target.children.keys() - {ID}:
            self._join_values(target)

    def _rename(self, node: _Node, label: str) -> None:
        if node.route is not None:
            self.names[node.route] = label
        for name, child in node.children.items():
            self._rename(child, f"{label}/{name}")


def _name(node: _Node, segment: str) -> str:
    return ID if node.only_ids or _ID.fullmatch(segment) else segment
