"""Rules about requests, limits, images and LimitRanges."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.decisions.admission.limit_range import Violation, violations
from fvcapacity.errors import Problem
from fvcapacity.scenario.admission import limit_range_items, pod_spec
from fvcapacity.scenario.cluster import Container, LimitRange, Workload
from fvcapacity.scenario.findings.rules import finding
from fvcapacity.scenario.findings.view import View, field_of, running
from fvcapacity.units import format_bytes, format_cpu, millicores


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
    containers = {item.name: item for item in workload.template.containers}
    for broken in violations(pod_spec(workload.template), limit_range_items(limits)):
        subject = broken.subject or "a whole pod"
        message = f"{subject}: {_what_is_wrong(broken)} (limitrange/{limits.name}); its pods are refused"
        place = containers[broken.subject].location if broken.subject else None
        hint = "change the container, or the LimitRange"
        yield finding("limit-range-violated", message, place or workload.location, workload.key, hint)


def _what_is_wrong(broken: Violation) -> str:
    resource, bound = broken.resource, broken.bound
    if broken.rule == "ratio":
        return f"the {resource} limit may be at most {bound} times the request"
    if broken.given is None:
        wanted = f"at least {bound} is asked for" if broken.rule == "min" else f"at most {bound} is allowed"
        return f"no {resource} {'request' if broken.rule == 'min' else 'limit'}, {wanted}"
    side = "below the minimum" if broken.rule == "min" else "above the maximum"
    return f"{resource} {broken.given} is {side} {bound}"
