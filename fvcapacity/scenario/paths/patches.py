"""From an object as it is and as it shall be to the strategic-merge patch that leads from one to the other.

The inverse of the merge in ``fvcapacity.inputs.manifests.patches``: only what changes is said, null takes a field
out, items of a list are found by the API's merge key, and a list without one (the metrics of an HPA) is given whole,
because a patch replaces it whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fvcapacity.scenario.merge_keys import MERGE_KEYS
from fvcapacity.scenario.patch import Patch
from fvcapacity.scenario.paths.trees import copied

_IN_ORDER = ("containers", "initContainers")
"""Lists whose order means something: the first container is the one that is meant when none is named."""


def patch_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Patch | None:
    """Return the patch from one state of an object to another; None when they are the same."""
    changed = _difference(before, after)
    if not changed:
        return None
    metadata = before.get("metadata") or {}
    named = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    body: dict[str, Any] = {"apiVersion": before["apiVersion"], "kind": before["kind"]}
    body["metadata"] = {**named, **(changed.pop("metadata", None) or {})}
    return Patch({**body, **changed})


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for key, value in after.items():
        old = before.get(key)
        if key in before and old == value:
            continue
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            changed[key] = _difference(old, value)
        elif isinstance(value, list) and isinstance(old, list):
            changed[key] = _list_difference(key, old, value)
        else:
            changed[key] = copied(value)
    changed |= {key: None for key in before if key not in after}
    return changed


def _list_difference(field: str, before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
    key = merge_key(field, [*before, *after])
    if key is None:
        return [copied(item) for item in after]
    known = {item[key]: item for item in before}
    kept = {item[key] for item in after}
    said = [item for item in after if known.get(item[key]) != item]
    in_order = field in _IN_ORDER or any("$(" in str(item.get("value", "")) for item in after)
    if in_order and said:  # those before the last that changes are named, so that they stay before it
        said = list(after)[: 1 + max(number for number, item in enumerate(after) if item in said)]
    found = [{key: item[key], **_difference(known.get(item[key], {}), item)} for item in said]
    return [*found, *({key: name, "$patch": "delete"} for name in known if name not in kept)]


def merge_key(field: str, items: Sequence[Any]) -> str | None:
    """Return the key by which the items of a list merge; None for a list that a patch replaces."""
    keys = MERGE_KEYS.get(field, ())
    return next((key for key in keys if all(isinstance(item, Mapping) and key in item for item in items)), None)
