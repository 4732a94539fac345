"""What LimitRanges fill into the containers of a template when its pods are admitted."""

from __future__ import annotations

from collections.abc import Iterable

from fvcapacity.decisions.admission import limit_range
from fvcapacity.frozen import replace
from fvcapacity.scenario.admission import limit_range_items, pod_spec
from fvcapacity.scenario.cluster import LimitRange, PodTemplate
from fvcapacity.units import Quantity


def with_limit_ranges(template: PodTemplate, ranges: Iterable[LimitRange]) -> PodTemplate:
    """Return a template as the API server admits its pods in a namespace with these LimitRanges.

    The template carries the API server's own defaults already (`pods.read_template`).
    """
    items = [limit_range_items(item) for item in ranges]
    if not items:
        return template
    admitted = limit_range.with_limit_ranges(pod_spec(template), items)
    containers = tuple(
        replace(
            container,
            cpu_request_cores=_cores(spec.requests.get("cpu")),
            cpu_limit_cores=_cores(spec.limits.get("cpu")),
            memory_request_bytes=_bytes(spec.requests.get("memory")),
            memory_limit_bytes=_bytes(spec.limits.get("memory")),
        )
        for container, spec in zip(template.containers, admitted.containers, strict=True)
    )
    return replace(template, containers=containers)


def _cores(amount: Quantity | None) -> float | None:
    return None if amount is None else amount.milli_value / 1000


def _bytes(amount: Quantity | None) -> int | None:
    return None if amount is None else amount.value
