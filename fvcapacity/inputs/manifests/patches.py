"""The two kinds of patches that kustomize knows: strategic merge and JSON 6902.

Strategic merge follows kyaml's ``merge2``: mappings merge, null deletes, lists of the API with a merge
key merge by it (what the patch names comes first), all other lists are replaced.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fvcapacity.inputs.manifests.located import LocatedList, LocatedMap, clone, made, plain
from fvcapacity.scenario.merge_keys import MERGE_KEYS

_BUILT_IN = {"apps", "batch", "", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io"}


class PatchError(ValueError):
    """A patch that does not fit what it is applied to."""


def strategic_merge(base: LocatedMap, patch: LocatedMap) -> bool:
    """Merge a patch into an object in place.

    Returns
    -------
    bool
        False when the patch deletes the whole object (``$patch: delete``).

    Raises
    ------
    PatchError
        For a directive that is not known here.
    """
    group = str(base.get("apiVersion", "")).rpartition("/")[0]
    return _merge(base, patch, associative=group in _BUILT_IN)


def _merge(base: LocatedMap, patch: LocatedMap, *, associative: bool) -> bool:
    directive = patch.get("$patch")
    if directive == "delete":
        return False
    if directive == "replace":
        base.clear()
    elif directive not in (None, "merge"):
        raise PatchError(f"the directive $patch: {directive} is not known")
    for key, value in patch.items():
        if key == "$patch":
            continue
        if key.startswith("$"):
            raise PatchError(f"the directive {key} is not known here")
        _merge_entry(base, patch, key, value, associative)
    return True


def _merge_entry(base: LocatedMap, patch: LocatedMap, key: str, value: Any, associative: bool) -> None:
    old = base.get(key)
    if value is None:
        base.pop(key, None)
    elif isinstance(value, LocatedMap):
        target = old if isinstance(old, LocatedMap) else LocatedMap(value.at)
        if not _merge(target, value, associative=associative):
            base.pop(key, None)
        elif target is not old:
            base.take(key, patch, target)
    elif isinstance(value, LocatedList):
        merged = _merge_list(old if isinstance(old, LocatedList) else None, value, key, associative)
        base.take(key, patch, merged)
    else:
        base.take(key, patch)


def _merge_list(old: LocatedList | None, new: LocatedList, field: str, associative: bool) -> LocatedList:
    if any(isinstance(item, LocatedMap) and item.get("$patch") == "replace" for item in new):
        items = (clone(item) for item in new if not (isinstance(item, LocatedMap) and "$patch" in item))
        return LocatedList(new.at, items)
    key = _merge_key(field, [*(old or ()), *new]) if associative else None
    if key is None:
        return LocatedList(new.at, (_without_directives(item) for item in new))
    left = list(old or ())
    result: list[Any] = []
    for item in new:
        match = next((other for other in left if _same(other, item, key)), None)
        target = match if match is not None else LocatedMap(item.at)
        if match is not None:
            left.remove(match)
        if _merge(target, item, associative=True):
            result.append(target)
    return LocatedList(new.at, [*result, *left])


def _merge_key(field: str, items: Iterable[Any]) -> str | None:
    keys = MERGE_KEYS.get(field, ())
    entries = list(items)
    return next((key for key in keys if all(isinstance(e, LocatedMap) and key in e for e in entries)), None)


def _same(one: Any, other: Any, key: str) -> bool:
    """Tell whether two list items are one; container ports differ by their protocol too."""
    if one[key] != other[key]:
        return False
    if key not in ("containerPort", "port"):
        return True
    return bool(one.get("protocol", "TCP") == other.get("protocol", "TCP"))


def _without_directives(item: Any) -> Any:
    if not isinstance(item, LocatedMap):
        return clone(item)
    fresh = LocatedMap(item.at)
    _merge(fresh, item, associative=False)
    return fresh


def json_patch(target: LocatedMap, operations: LocatedList) -> None:
    """Apply the operations of a JSON patch (RFC 6902) in place, in their order.

    Raises
    ------
    PatchError
        When an operation is malformed, finds no target, or a ``test`` fails.
    """
    for index, operation in enumerate(operations):
        if not isinstance(operation, LocatedMap):
            raise PatchError(f"operation {index} is no mapping with op and path")
        try:
            _apply(target, operation)
        except PatchError as error:
            raise PatchError(f"operation {index} ({operation.get('op')} {operation.get('path')}): {error}") from None


def _apply(target: LocatedMap, operation: LocatedMap) -> None:
    name = operation.get("op")
    path = _pointer(operation.get("path"))
    if name in ("add", "replace", "test"):
        if "value" not in operation:
            raise PatchError("has no value")
        value = made(plain(operation["value"]), operation.value_place("value"))
        if name == "test":
            if plain(_get(target, path)) != plain(value):
                raise PatchError("the value there is another")
            return
        if name == "replace":
            _get(target, path)
        _set(target, path, value, operation, insert=name == "add")
    elif name == "remove":
        _remove(target, path)
    elif name in ("move", "copy"):
        source = _pointer(operation.get("from"))
        value = clone(_get(target, source))
        if name == "move":
            _remove(target, source)
        _set(target, path, value, operation, insert=True)
    else:
        raise PatchError("op is none of add, remove, replace, move, copy, test")


def _pointer(text: Any) -> list[str]:
    if not isinstance(text, str) or not text.startswith("/"):
        raise PatchError(f"{text!r} is no JSON pointer like /spec/replicas")
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _get(target: Any, path: list[str]) -> Any:
    for part in path:
        if isinstance(target, LocatedMap) and part in target:
            target = target[part]
        elif isinstance(target, list) and part.isdigit() and int(part) < len(target):
            target = target[int(part)]
        else:
            raise PatchError("nothing is at that path")
    return target


def _set(target: LocatedMap, path: list[str], value: Any, operation: LocatedMap, *, insert: bool) -> None:
    parent, last = _get(target, path[:-1]), path[-1]
    if isinstance(parent, LocatedMap):
        parent.put(last, value, operation.value_place("value"))
    elif isinstance(parent, list) and last == "-" and insert:
        parent.append(value)
    elif isinstance(parent, list) and last.isdigit() and int(last) < len(parent) + insert:
        if insert:
            parent.insert(int(last), value)
        else:
            parent[int(last)] = value
    else:
        raise PatchError("nothing is at that path")


def _remove(target: LocatedMap, path: list[str]) -> None:
    _get(target, path)
    parent = _get(target, path[:-1])
    if isinstance(parent, LocatedMap):
        del parent[path[-1]]
    else:
        del parent[int(path[-1])]
