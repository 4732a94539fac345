"""The patch of one object as a file: strategic merge, or JSON 6902 with a lock on every old value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fvcapacity.report.overlay.proposal import ANNOTATION, PlannedOverlay
from fvcapacity.report.overlay.yaml_text import Address, address_in, yaml_text
from fvcapacity.scenario.paths.change import FieldChange
from fvcapacity.scenario.paths.grammar import parse_path
from fvcapacity.scenario.paths.patches import merge_key, patch_of
from fvcapacity.scenario.paths.places import Place, find_place

_Pair = tuple[Mapping[str, Any], Mapping[str, Any]]


def annotation(planned: PlannedOverlay, changes: Sequence[FieldChange]) -> str:
    """Return what the annotation of a changed object says: a line for each field."""
    lines = []
    for change in changes:
        reason = planned.reasons.get(change.path, "")
        lines.append(f"{change}" + (f" ({reason.rstrip('.')})" if reason else ""))
    return "\n".join(lines)


def file_name(data: Mapping[str, Any]) -> str:
    """Return the name of an object's file: ``deployment-order-service.yaml``."""
    name = f"{data['kind'].lower()}-{data['metadata']['name']}"
    return re.sub(r"[^a-z0-9.-]+", "-", name) + ".yaml"


def strategic_file(planned: PlannedOverlay, pair: _Pair) -> str:
    """Return the strategic-merge patch of an object, old values and reasons as comments and as an annotation."""
    before, after = pair
    changes = planned.of_object(after)
    patch = patch_of(before, after)
    assert patch is not None, "an object that stays as it is has no patch"
    body = dict(patch.body)
    body["metadata"] = {**body["metadata"], "annotations": {ANNOTATION: annotation(planned, changes)}}
    comments: dict[Address, list[str]] = {}
    for change in changes:
        address = address_in(body, _place(pair, change).steps)
        comments.setdefault(address, []).append(_comment(planned, change))
    return yaml_text(body, comments)


def json_file(planned: PlannedOverlay, pair: _Pair) -> str:
    """Return the operations that change an object; each is preceded by a test of what it takes to be there."""
    before, after = pair
    changes = planned.of_object(after)
    blocks: list[str] = []
    for change in changes:
        blocks.append(f"# {change.path}: {_comment(planned, change)}")
    operations = [*_guards(before), *_operations("", before, after)]
    text = annotation(planned, changes)
    annotations = (before.get("metadata") or {}).get("annotations")
    if annotations:
        operations.append(_operation("add", f"/metadata/annotations/{_escaped(ANNOTATION)}", text))
    else:
        operations.append(_operation("add", "/metadata/annotations", {ANNOTATION: text}))
    body = yaml_text({"operations": operations}, {}).splitlines()[1:]
    return "\n".join([*blocks, *body]) + "\n"


def json_target(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the ``target`` of a JSON patch: it takes regular expressions, so that dots in a name are escaped."""
    group, _, version = str(data["apiVersion"]).rpartition("/")
    metadata = data["metadata"]
    target = {"group": group, "version": version, "kind": str(data["kind"]), "name": re.escape(str(metadata["name"]))}
    if metadata.get("namespace"):
        target["namespace"] = str(metadata["namespace"])
    target["name"] = target["name"].replace("\\-", "-")
    return {key: value for key, value in target.items() if value}


def _place(pair: _Pair, change: FieldChange) -> Place:
    """Return where a field stands after the change; before it when it was taken out."""
    path = parse_path(change.path)
    return find_place([pair[0] if change.after is None else pair[1]], path)


def _comment(planned: PlannedOverlay, change: FieldChange) -> str:
    old = "was not written" if change.before is None else f"was {change.before}"
    reason = planned.reasons.get(change.path, "")
    return f"{old}: {reason}" if reason else old


def _guards(before: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield _operation("test", "/metadata/name", before["metadata"]["name"])


def _operations(at: str, before: Any, after: Any) -> Iterator[dict[str, Any]]:
    """Yield the operations from one state to another, each behind a test of the old value."""
    for key, value in after.items():
        place = f"{at}/{_escaped(key)}"
        if key not in before:
            yield _operation("add", place, value)
            continue
        old = before[key]
        if old == value:
            continue
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            yield from _operations(place, old, value)
        elif isinstance(old, list) and isinstance(value, list) and (name := merge_key(key, [*old, *value])):
            yield from _list_operations(place, name, old, value)
        else:
            yield _operation("test", place, old)
            yield _operation("replace", place, value)
    for key, old in before.items():
        if key not in after:
            place = f"{at}/{_escaped(key)}"
            yield _operation("test", place, old)
            yield {"op": "remove", "path": place}


def _list_operations(at: str, name: str, before: list[Any], after: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield operations on items by number; a test of their names holds the numbers to what they mean."""
    wanted = {item[name]: item for item in after}
    for number, old in enumerate(before):
        new = wanted.get(old[name])
        if new is not None and new != old:
            yield _operation("test", f"{at}/{number}/{name}", old[name])
            yield from _operations(f"{at}/{number}", old, new)
    known = [item[name] for item in before]
    for number, old in reversed(list(enumerate(before))):
        if old[name] not in wanted:
            yield _operation("test", f"{at}/{number}", old)
            yield {"op": "remove", "path": f"{at}/{number}"}
    for item in after:
        if item[name] not in known:
            yield _operation("add", f"{at}/-", item)


def _operation(name: str, path: str, value: Any) -> dict[str, Any]:
    return {"op": name, "path": path, "value": value}


def _escaped(key: str) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")
