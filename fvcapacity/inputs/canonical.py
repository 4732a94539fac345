"""Frozen records as text that says what they say and not where it was written, to hash and to compare."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from fvcapacity.errors import Location
from fvcapacity.frozen import Frozen, field_names
from fvcapacity.scenario.cluster import ClusterObjects


def manifests_hash(objects: ClusterObjects) -> str:
    """Return the SHA-256 of what manifests say.

    The objects hold no value of a Secret, so that their hash cannot give one away; comments do not count.
    """
    return hashlib.sha256(canonical_json(objects).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """Return frozen records as JSON that does not depend on where their files lie."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Location):
        return None
    if isinstance(value, Frozen):
        fields = ((name, getattr(value, name)) for name in field_names(type(value)))
        return {name: _plain(item) for name, item in fields if not isinstance(item, Location)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


_PLAIN = frozenset({bool, int, float, str})
