"""Compare two sets of built objects, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fvcapacity.report.overlay.proposal import ANNOTATION
from fvcapacity.scenario.paths.patches import merge_key
from fvcapacity.scenario.secret_names import looks_secret

_LONGEST = 80
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


def differences(expected: Objects, built: Objects) -> Iterator[tuple[str, str]]:
    """Yield what differs: the object (``deployment/shop``) and one sentence that names the field."""
    for identity, item in expected.items():
        name = f"{identity[1].lower()}/{identity[3]}"
        if identity not in built:
            yield name, "the object is missing in what was built"
        else:
            for text in _fields("", item, built[identity]):
                yield name, text
    for identity in built:
        if identity not in expected:
            yield f"{identity[1].lower()}/{identity[3]}", "the object is there in what was built, and should not be"


def _tidy(item: Mapping[str, Any]) -> dict[str, Any]:
    copy = {key: value for key, value in item.items() if key not in ("data", "stringData") or item["kind"] != "Secret"}
    metadata = dict(copy.get("metadata") or {})
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != ANNOTATION}
    metadata["annotations"] = annotations
    return {**copy, "metadata": metadata}


def _fields(at: str, expected: Any, built: Any) -> Iterator[str]:
    if expected == built or (_empty(expected) and _empty(built)):
        return
    if isinstance(expected, Mapping) and isinstance(built, Mapping):
        for key in dict.fromkeys((*expected, *built)):
            yield from _fields(f"{at}.{key}" if at else str(key), expected.get(key), built.get(key))
        return
    field = at.rpartition(".")[2]
    if isinstance(expected, list) and isinstance(built, list) and (key := merge_key(field, [*expected, *built])):
        yield from _items(at, key, expected, built)
        return
    if isinstance(expected, list) and isinstance(built, list) and len(expected) == len(built):
        for number, (one, two) in enumerate(zip(expected, built, strict=True)):
            yield from _fields(f"{at}[{number}]", one, two)
        return
    if _hidden(at):
        yield f"{at} is another"
    else:
        yield f"{at} is {shown(built)}, and should be {shown(expected)}"


def _items(at: str, key: str, expected: list[Any], built: list[Any]) -> Iterator[str]:
    one, two = ({item[key]: item for item in items} for items in (expected, built))
    for name, item in two.items():
        if name not in one:
            lacks = " without an image" if "ontainers" in at and not item.get("image") else ""
            yield f"{at} has {name!r}{lacks}, which is in no base: a name that is misspelt adds an item"
    for name, item in one.items():
        if name not in two:
            yield f"{at} has lost {name!r}"
        else:
            yield from _fields(f"{at}[{name}]", item, two[name])
    order_means = at.endswith("ontainers") or any("$(" in str(item.get("value", "")) for item in expected)
    if order_means and [*one] != [*two] and set(one) == set(two):
        yield f"{at} stands in another order: {', '.join(map(str, two))} for {', '.join(map(str, one))}"


def _empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_empty(item) for item in value.values())
    return value is None or value == []


def _hidden(at: str) -> bool:
    """Tell whether a field may hold a secret: its value is then not shown."""
    name = at.rpartition("env[")[2].partition("]")[0] if "env[" in at else ""
    return looks_secret(name)


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
