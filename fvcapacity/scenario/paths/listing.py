"""Every field of an object that has a path and is written: what two objects are compared by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fvcapacity.errors import InputError
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.paths.grammar import FieldPath
from fvcapacity.scenario.paths.kinds import KEY, LIMIT_TYPES, OWNER_OF_KIND, PathKind, kinds_of
from fvcapacity.scenario.paths.places import Place, containers_of, find_place, metric_names, pod_spec_of
from fvcapacity.scenario.paths.trees import get, mappings
from fvcapacity.scenario.paths.values import Value
from fvcapacity.scenario.secret_names import looks_secret


class WrittenField(Frozen):
    """A field that is written: its path, place and present value."""

    path: FieldPath
    place: Place
    value: Value


def written_fields(data: Mapping[str, Any]) -> dict[str, WrittenField]:
    """Return every field of an object that has a path and is written, by its path.

    Variables that hold secrets, or are filled from elsewhere, are left out; so is what has no readable value.
    """
    owner = OWNER_OF_KIND.get(str(data.get("kind")))
    found: dict[str, WrittenField] = {}
    if owner is None:
        return found
    name = str((data.get("metadata") or {}).get("name", ""))
    for kind in kinds_of(owner):
        for container, key in _candidates(data, kind):
            path = FieldPath(owner, name, container, key, kind)
            try:
                place = find_place([data], path)
                value = place.read()
            except (InputError, ValueError):
                continue
            if value is not None:
                found[str(path)] = WrittenField(path, place, value)
    return found


def _candidates(data: Mapping[str, Any], kind: PathKind) -> Iterator[tuple[str, str]]:
    """Yield the containers and keys for which a kind of field may be written."""
    if kind.field == "target.*":
        yield from metric_names(data)
    elif kind.in_container:
        for number, (_, name) in enumerate(containers_of(data)):
            container = "" if number == 0 else name
            for key in _container_keys(data, name, kind):
                yield container, key
    elif kind.field == "claims.*":
        for claim in mappings(get(data, ("spec", "volumeClaimTemplates"))):
            yield "", str((claim.get("metadata") or {}).get("name", ""))
    elif kind.owners == ("limitrange",):
        of, bound = kind.steps[2], kind.steps[3]
        for item in mappings(get(data, ("spec", "limits"))):
            if item.get("type") == LIMIT_TYPES[of]:
                yield from (("", str(key)) for key in item.get(bound) or {})
    elif KEY in kind.words:
        yield from (("", str(key)) for key in get(data, kind.steps[:-1]) or {})
    else:
        yield "", ""


def _container_keys(data: Mapping[str, Any], name: str, kind: PathKind) -> Sequence[str]:
    spec = pod_spec_of(data)
    lists = ("containers", "initContainers")
    container = next((item for key in lists for item in mappings(spec.get(key)) if item.get("name") == name), {})
    if kind.field == "env.*":
        names = [str(item.get("name")) for item in mappings(container.get("env"))]
        return [item for item in names if not looks_secret(item)]
    if KEY in kind.words:
        return [str(key) for key in (container.get("resources") or {}).get(kind.words[0]) or {}]
    return ("",)
