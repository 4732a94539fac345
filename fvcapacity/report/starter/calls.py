"""Who probably calls whom: names of Services in the environment, the commands and the settings of containers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fvcapacity.scenario.cluster import Service, Workload

_HOST = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)*")
_MOST_TEXT = 2**20
"""Characters of one workload's settings that are looked through."""


def called_names(workload: Workload, objects: Iterable[Mapping[str, Any]], services: Iterable[Service]) -> list[str]:
    """Return the Services that a workload's settings name as a host, in the order in which they are found.

    Parameters
    ----------
    objects
        The objects as mappings of the API.
    services
        Those that may be called.
    """
    known = {(service.namespace, service.name) for service in services}
    found: dict[str, None] = {}
    for text in _texts(workload, list(objects)):
        for match in _HOST.finditer(text):
            name, namespace = _named(match.group(), workload.namespace)
            if (namespace, name) in known and _is_host(text, match):
                found[name] = None
    return list(found)


def _named(host: str, namespace: str) -> tuple[str, str]:
    parts = host.split(".")
    return parts[0], parts[1] if len(parts) > 1 else namespace


def _is_host(text: str, match: re.Match[str]) -> bool:
    """Tell whether a word is meant as a host: alone, after ``//`` or ``@``, before a port, or of a namespace."""
    start, end = match.span()
    alone = not text[:start].strip() and not text[end : end + 1].strip() and end - start == len(text.strip())
    if alone or ".svc" in match.group():
        return True
    before, after = text[max(start - 2, 0) : start], text[end : end + 7]
    return before.endswith(("//", "@")) or (re.match(r":[0-9]{2,5}\b", after) is not None and before[-1:] != "-")


def _texts(workload: Workload, objects: list[Mapping[str, Any]]) -> Iterator[str]:
    left = _MOST_TEXT
    for text in _settings(workload, objects):
        yield text[:left]
        left -= len(text)
        if left <= 0:
            return


def _settings(workload: Workload, objects: list[Mapping[str, Any]]) -> Iterator[str]:
    body = next((item for item in objects if _is(item, workload.kind, workload.name, workload.namespace)), None)
    if body is None:
        return
    template = _at(body, "spec", "template") or _at(body, "spec", "jobTemplate", "spec", "template") or body
    spec = _at(template, "spec") or {}
    maps: list[str] = []
    for container in [*_items(spec.get("containers")), *_items(spec.get("initContainers"))]:
        for item in _items(container.get("env")):
            if isinstance(item.get("value"), str):
                yield item["value"]
            maps.append(_at(item, "valueFrom", "configMapKeyRef", "name") or "")
        maps += [_at(item, "configMapRef", "name") or "" for item in _items(container.get("envFrom"))]
        for key in ("command", "args"):
            yield from (word for word in container.get(key) or () if isinstance(word, str))
    maps += [_at(item, "configMap", "name") or "" for item in _items(spec.get("volumes"))]
    for name in dict.fromkeys(maps):
        data = next((_at(item, "data") for item in objects if _is(item, "ConfigMap", name, workload.namespace)), None)
        yield from (value for value in (data or {}).values() if isinstance(value, str))


def _is(item: Mapping[str, Any], kind: str, name: str, namespace: str) -> bool:
    metadata = item.get("metadata")
    if item.get("kind") != kind or not isinstance(metadata, Mapping) or metadata.get("name") != name:
        return False
    return (metadata.get("namespace") or "default") == namespace


def _at(body: Any, *keys: str) -> Any:
    for key in keys:
        if not isinstance(body, Mapping):
            return None
        body = body.get(key)
    return body


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
