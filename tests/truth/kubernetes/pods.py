"""Pods of recorded cases: fragments of API objects, read into ``fvcapacity.decisions.pod_spec``."""

from __future__ import annotations

from typing import Literal

from fvcapacity.decisions.pod_spec import ContainerSpec, PodSpec
from fvcapacity.units import Quantity, parse_quantity
from tests.truth.vectors import Json, only


def pod_of(pod: Json) -> PodSpec:
    only(pod, {"spec", "metadata", "status"})
    spec = pod["spec"]
    only(
        spec,
        {"containers", "initContainers", "overhead", "priority", "priorityClassName", "activeDeadlineSeconds"},
    )
    containers = [_container(item, "app") for item in spec.get("containers") or ()]
    for item in spec.get("initContainers") or ():
        containers.append(_container(item, "sidecar" if item.get("restartPolicy") == "Always" else "init"))
    return PodSpec(
        containers=tuple(containers),
        overhead=amounts_of(spec.get("overhead")),
        priority=spec.get("priority") or 0,
        priority_class=spec.get("priorityClassName") or "",
        active_deadline_s=spec.get("activeDeadlineSeconds"),
    )


def amounts_of(given: Json | None) -> dict[str, Quantity]:
    return {name: parse_quantity(text) for name, text in (given or {}).items()}


def _container(item: Json, kind: Literal["app", "init", "sidecar"]) -> ContainerSpec:
    only(item, {"name", "resources", "restartPolicy"})
    resources = item.get("resources") or {}
    only(resources, {"requests", "limits"})
    return ContainerSpec(
        name=item["name"],
        kind=kind,
        requests=amounts_of(resources.get("requests")),
        limits=amounts_of(resources.get("limits")),
    )
