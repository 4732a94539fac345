"""Compare two sets of built objects, field by field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from fvcapacity.frozen import Frozen
from fvcapacity.report.overlay.proposal import ANNOTATION
from fvcapacity.scenario.paths.patches import merge_key
from fvcapacity.scenario.secret_names import looks_secret

_LONGEST = 80
_FREE_TEXT = re.compile(r"^(data|binaryData)\b|\.(args|command)\b")
"""Fields in which anything may stand, also what nobody should see."""
Objects = Mapping[tuple[str, str, str, str], Mapping[str, Any]]
"""Objects by group, kind, namespace and name."""


def by_identity(objects: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, str, str], Mapping[str, Any]]:
    """Return objects by group, kind, namespace and name, without our annotation and the values of Secrets."""
    found: dict[tuple[str, str, str, str], Mapping[str, Any]] = {}
    for item in objects:
        metadata = item.get("metadata") or {}
        group = str(item.get("apiVersion", "")).rpartition("/")[0]
        namespace = str(metadata.get("namespace") or "default")
        found[group, str(item.get("kind")), namespace, str(metadata.get("name"))] = _tidy(item)
    return found


class TreeDifference(Frozen):
    """One thing in which what was built is not what was expected.

    Attributes
    ----------
    object
        ``deployment/shop``.
    field
        Way to the field inside it; empty for the object as a whole.
    kind
        ``value``; ``added`` or ``lost``: an item of a list, or the object; ``order``: the items stand in another one.
    expected, built
        The two values; the item that was added or lost; the names in their order.
    """

    object: str
    field: str
    kind: Literal["value", "added", "lost", "order"]
    expected: Any = None
    built: Any = None

    @property
    def as_fault(self) -> str:
        """What is wrong with what was built, in one sentence."""
        if not self.field:
            lost, more = "is missing in what was built", "is there in what was built, and should not be"
            return f"the object {lost if self.kind == 'lost' else more}"
        if self.kind == "added":
            return f"{self.field} has {self.built}, which is in no base: a name that is misspelt adds an item"
        if self.kind == "lost":
            return f"{self.field} has lost {self.expected}"
        if self.kind == "order":
            return f"{self.field} stands in another order: {self.built} for {self.expected}"
        if _hidden(self.field):
            return f"{self.field} is another"
        return f"{self.field} is {shown(self.built)}, and should be {shown(self.expected)}"

    @property
    def as_change(self) -> str:
        """What changes from the first (``built``) to the second (``expected``), in a few words."""
        if self.kind in ("added", "lost"):  # what the first has and the second has not is taken away
            word = "removed" if self.kind == "added" else "added"
            return f"{self.field}: {self.built if self.kind == 'added' else self.expected} {word}"
        if self.kind == "order":
            return f"{self.field}: in another order, {self.built} -> {self.expected}"
        if _hidden(self.field):
            return f"{self.field}: another value"
        return f"{self.field}: {shown(self.built)} -> {shown(self.expected)}"


def differences(expected: Objects, built: Objects) -> Iterator[TreeDifference]:
    """Yield everything in which built objects are not the expected ones."""
    for identity, item in expected.items():
        name = f"{identity[1].lower()}/{identity[3]}"
        if identity not in built:
            yield TreeDifference(name, "", "lost")
        else:
            yield from _fields(name, "", item, built[identity])
    for identity in built:
        if identity not in expected:
            yield TreeDifference(f"{identity[1].lower()}/{identity[3]}", "", "added")


def _tidy(item: Mapping[str, Any]) -> dict[str, Any]:
    copy = {key: value for key, value in item.items() if key not in ("data", "stringData") or item["kind"] != "Secret"}
    metadata = dict(copy.get("metadata") or {})
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != ANNOTATION}
    metadata["annotations"] = annotations
    return {**copy, "metadata": metadata}


def _fields(name: str, at: str, expected: Any, built: Any) -> Iterator[TreeDifference]:
    if expected == built or (_empty(expected) and _empty(built)):
        return
    if isinstance(expected, Mapping) and isinstance(built, Mapping):
        for key in dict.fromkeys((*expected, *built)):
            yield from _fields(name, f"{at}.{key}" if at else str(key), expected.get(key), built.get(key))
        return
    if isinstance(expected, list) and isinstance(built, list):
        if key := merge_key(at.rpartition(".")[2], [*expected, *built]):
            yield from _items(name, at, key, expected, built)
            return
        if len(expected) == len(built):
            for number, (one, two) in enumerate(zip(expected, built, strict=True)):
                yield from _fields(name, f"{at}[{number}]", one, two)
            return
    yield TreeDifference(name, at, "value", expected, built)


def _items(name: str, at: str, key: str, expected: list[Any], built: list[Any]) -> Iterator[TreeDifference]:
    one, two = ({item[key]: item for item in items} for items in (expected, built))
    for item_name, item in two.items():
        if item_name not in one:
            lacks = " without an image" if "ontainers" in at and not item.get("image") else ""
            yield TreeDifference(name, at, "added", built=f"{item_name!r}{lacks}")
    for item_name, item in one.items():
        if item_name not in two:
            yield TreeDifference(name, at, "lost", expected=repr(item_name))
        else:
            yield from _fields(name, f"{at}[{item_name}]", item, two[item_name])
    order_means = at.endswith("ontainers") or any("$(" in str(item.get("value", "")) for item in expected)
    if order_means and [*one] != [*two] and set(one) == set(two):
        yield TreeDifference(name, at, "order", ", ".join(map(str, one)), ", ".join(map(str, two)))


def _empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_empty(item) for item in value.values())
    return value is None or value == []


def _hidden(at: str) -> bool:
    """Tell whether a field may hold a secret: its value is then not shown."""
    name = at.rpartition("env[")[2].partition("]")[0] if "env[" in at else ""
    return looks_secret(name) or bool(_FREE_TEXT.search(at))


def shown(value: Any) -> str:
    """Return a value as a message shows it: collections by what they are, long texts by their length."""
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"a text of {len(value)} characters"
    if value is None:
        return "not there"
    if isinstance(value, Mapping):
        return f"a mapping ({', '.join(map(str, value))})"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return repr(value)
