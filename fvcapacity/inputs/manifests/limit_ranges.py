"""What LimitRanges fill into containers on admission (``plugin/pkg/admission/limitranger``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fvcapacity.scenario.cluster import Container, LimitRange, PodTemplate
from fvcapacity.units import parse_bytes, parse_cpu_cores


def with_limit_ranges(template: PodTemplate, ranges: Iterable[LimitRange]) -> PodTemplate:
    """Return the template as the API server admits its pods in a namespace with these LimitRanges.

    A range's default limit falls back to its maximum; its default request to its default limit, then to
    its minimum. The first range that says something counts; inside of one range the last item does. A
    limit that is filled in here does not become a request.
    """
    containers = template.containers
    for item in ranges:
        limits, requests = _defaults(item.limits)
        if limits or requests:
            containers = tuple(_filled(container, limits, requests) for container in containers)
    return replace(template, containers=containers)


def _defaults(items: Iterable[Mapping[str, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    limits: dict[str, str] = {}
    requests: dict[str, str] = {}
    for item in items:
        if item.get("type") != "Container":
            continue
        default = {**item.get("max", {}), **item.get("default", {})}
        limits |= default
        requests |= {**item.get("min", {}), **default, **item.get("defaultRequest", {})}
    return limits, requests


def _filled(container: Container, limits: Mapping[str, str], requests: Mapping[str, str]) -> Container:
    changes: dict[str, Any] = {}
    for field, resource, amounts in (
        ("cpu_request_cores", "cpu", requests),
        ("cpu_limit_cores", "cpu", limits),
        ("memory_request_bytes", "memory", requests),
        ("memory_limit_bytes", "memory", limits),
    ):
        if getattr(container, field) is None and resource in amounts:
            parse = parse_cpu_cores if resource == "cpu" else parse_bytes
            changes[field] = parse(amounts[resource])
    return replace(container, **changes) if changes else container
