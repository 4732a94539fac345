"""Rules about requests, limits, images and LimitRanges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fvcapacity.decisions.pod_resources import pod_total
from fvcapacity.errors import Problem
from fvcapacity.scenario.cluster import Container, LimitRange, Workload
from fvcapacity.scenario.findings.rules import finding
from fvcapacity.scenario.findings.view import View, field_of, running
from fvcapacity.units import format_bytes, format_cpu, millicores, parse_quantity


def check_resources(view: View) -> Iterator[Problem]:
    """Yield findings about the containers of every workload."""
    for workload in view.objects.workloads:
        for container in workload.template.containers:
            yield from _request_above_limit(workload, container)
            yield from _image(workload, container)
        for container in running(workload):
            yield from _missing(workload, container)
        for limits in view.objects.limit_ranges:
            if limits.namespace == workload.namespace:
                yield from _limit_range(workload, limits)


def amounts(container: Container, resource: str) -> tuple[int | None, int | None]:
    """Return request and limit of a resource in the integers of the API: millicores or bytes."""
    if resource == "cpu":
        pair = container.cpu_request_cores, container.cpu_limit_cores
        return tuple(None if value is None else millicores(value) for value in pair)  # type: ignore[return-value]
    return container.memory_request_bytes, container.memory_limit_bytes


def shown(resource: str, amount: int) -> str:
    """Return an amount of `amounts` as a quantity."""
    return format_cpu(amount / 1000) if resource == "cpu" else format_bytes(amount)


def _request_above_limit(workload: Workload, container: Container) -> Iterator[Problem]:
    for resource in ("cpu", "memory"):
        request, limit = amounts(container, resource)
        if request is not None and limit is not None and request > limit:
            asked, bound = shown(resource, request), shown(resource, limit)
            message = f"the {resource} request {asked} of {container.name} is above its limit {bound}"
            hint = f"lower the request to {bound}, or raise the limit to {asked}"
            place = container.places.get(f"requests.{resource}", container.location)
            field = field_of(workload, container, f"requests.{resource}")
            yield finding("request-above-limit", message, place, field, hint)


def _missing(workload: Workload, container: Container) -> Iterator[Problem]:
    place = container.places.get("resources", container.location)
    requests = [item for item in ("cpu", "memory") if amounts(container, item)[0] is None]
    if requests:
        message = f"{container.name} has no {' and no '.join(requests)} request"
        hint = "add resources.requests: what the container needs in an ordinary hour"
        field = field_of(workload, container, f"requests.{requests[0]}")
        yield finding("missing-requests", message, place, field, hint)
    for resource, remedy in (
        ("cpu", "add resources.limits.cpu, or leave it out on purpose and watch the neighbours"),
        ("memory", "add resources.limits.memory: above it the container alone is restarted"),
    ):
        if amounts(container, resource)[1] is None:
            field = field_of(workload, container, f"limits.{resource}")
            message = f"{container.name} has no {resource} limit"
            yield finding(f"missing-{resource}-limit", message, place, field, remedy)


def _image(workload: Workload, container: Container) -> Iterator[Problem]:
    image = container.image
    tag = image.rpartition("/")[2].partition(":")[2]
    if image and "@" not in image and tag in ("", "latest"):
        message = f"the image {image} has {'the tag latest' if tag else 'no tag, which means latest'}"
        place = container.places.get("image", container.location)
        field = field_of(workload, container, "image")
        yield finding("image-not-pinned", message, place, field, "name the release, as in image:1.4.2")


def _limit_range(workload: Workload, limits: LimitRange) -> Iterator[Problem]:
    for item in limits.limits:
        if item["type"] == "Container":
            for container in workload.template.containers:
                for text in _violations(item, {r: amounts(container, r) for r in ("cpu", "memory")}):
                    message = f"{container.name}: {text} (limitrange/{limits.name}); its pods are refused"
                    yield _violated(workload, message, container.location or workload.location)
        elif item["type"] == "Pod":
            totals = {resource: _totals(workload.template.containers, resource) for resource in ("cpu", "memory")}
            for text in _violations(item, totals):
                message = f"a whole pod: {text} (limitrange/{limits.name}); its pods are refused"
                yield _violated(workload, message, workload.location)


def _violated(workload: Workload, message: str, place: Any) -> Problem:
    return finding("limit-range-violated", message, place, workload.key, "change the container, or the LimitRange")


def _totals(containers: Sequence[Container], resource: str) -> tuple[int | None, int | None]:
    """Return request and limit of a whole pod; None where no container, or not every one, names it."""
    pairs = [(item.kind, *amounts(item, resource)) for item in containers]
    requests = [(kind, request) for kind, request, _ in pairs]
    limits = [(kind, limit) for kind, _, limit in pairs]
    request = pod_total(requests) if any(value is not None for _, value in requests) else None
    return request, pod_total(limits) if any(value is not None for _, value in limits) else None


def _violations(item: Mapping[str, Any], held: Mapping[str, tuple[int | None, int | None]]) -> Iterator[str]:
    """Yield what an item of a LimitRange refuses (``plugin/pkg/admission/limitranger``)."""
    for resource, (request, limit) in held.items():
        low, high = (_bound(item, key, resource) for key in ("min", "max"))
        if low is not None:
            least = shown(resource, low)
            if request is None:
                yield f"no {resource} request, at least {least} is asked for"
            elif request < low or (limit is not None and limit < low):
                given = request if request < low else limit
                yield f"{resource} {shown(resource, given or 0)} is below the minimum {least}"
        if high is not None:
            most = shown(resource, high)
            if limit is None:
                yield f"no {resource} limit, at most {most} is allowed"
            elif limit > high or (request is not None and request > high):
                yield f"{resource} {shown(resource, max(limit, request or 0))} is above the maximum {most}"
        ratio = item.get("maxLimitRequestRatio", {}).get(resource)
        if ratio is not None and not (request and limit and limit / request <= float(parse_quantity(ratio).exact)):
            yield f"the {resource} limit may be at most {ratio} times the request"


def _bound(item: Mapping[str, Any], key: str, resource: str) -> int | None:
    text = item.get(key, {}).get(resource)
    if text is None:
        return None
    quantity = parse_quantity(text)
    return quantity.milli_value if resource == "cpu" else quantity.value
