"""Rules about HorizontalPodAutoscalers."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.errors import Location, Problem
from fvcapacity.scenario.cluster import Container, HorizontalPodAutoscaler, HpaMetric, Workload
from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.findings.rules import finding
from fvcapacity.scenario.findings.view import SCALABLE, View, running


def check_autoscalers(view: View) -> Iterator[Problem]:
    """Yield findings about every HPA and what it scales."""
    first: dict[tuple[str, str, str], HorizontalPodAutoscaler] = {}
    for autoscaler in view.objects.autoscalers:
        key = f"hpa/{autoscaler.name}"
        target = view.target(autoscaler)
        identity = (autoscaler.namespace, autoscaler.target_kind, autoscaler.target_name)
        other = first.setdefault(identity, autoscaler)
        if other is not autoscaler:
            message = f"hpa/{other.name} scales {_target(autoscaler)} too"
            yield finding(
                "hpa-duplicate-target", message, autoscaler.location, f"{key}.target", "remove one of the two"
            )
        yield from _bounds(autoscaler, key)
        if target is None:
            yield _missing_target(view, autoscaler, key)
        elif target.kind not in SCALABLE:
            message = f"a {target.kind} cannot be scaled"
            hint = f"scale one of {', '.join(SCALABLE)}"
            yield finding("hpa-target-not-scalable", message, _place(autoscaler, "target"), f"{key}.target", hint)
        else:
            yield from _metrics(autoscaler, target, key)
            yield from _owned_replicas(autoscaler, target)


def _target(autoscaler: HorizontalPodAutoscaler) -> str:
    return f"{autoscaler.target_kind.lower()}/{autoscaler.target_name}"


def _place(autoscaler: HorizontalPodAutoscaler, field: str) -> Location | None:
    return autoscaler.places.get(field, autoscaler.location)


def _missing_target(view: View, autoscaler: HorizontalPodAutoscaler, key: str) -> Problem:
    names = [w.name for w in view.objects.workloads if w.namespace == autoscaler.namespace and w.kind in SCALABLE]
    message = f"the target {_target(autoscaler)} does not exist in namespace {autoscaler.namespace}"
    hint = did_you_mean(autoscaler.target_name, names)
    same_name = [w.kind for w in view.objects.workloads if w.name == autoscaler.target_name]
    if same_name:
        hint = f"did you mean kind: {same_name[0]}?"
    return finding("hpa-target-missing", message, _place(autoscaler, "target"), f"{key}.target", hint)


def _bounds(autoscaler: HorizontalPodAutoscaler, key: str) -> Iterator[Problem]:
    low, high = autoscaler.min_replicas, autoscaler.max_replicas
    if low > high:
        message = f"minReplicas {low} is above maxReplicas {high}"
        hint = f"raise maxReplicas to {low} or more"
        yield finding("hpa-bounds", message, _place(autoscaler, "max_replicas"), f"{key}.max_replicas", hint)
    if low == 0 and not any(metric.type in ("Object", "External") for metric in autoscaler.metrics):
        message = "minReplicas 0 needs a metric of type Object or External"
        yield finding(
            "hpa-bounds", message, _place(autoscaler, "min_replicas"), f"{key}.min_replicas", "write 1 or more"
        )


def _metrics(autoscaler: HorizontalPodAutoscaler, target: Workload, key: str) -> Iterator[Problem]:
    for index, metric in enumerate(autoscaler.metrics):
        containers = list(running(target))
        if metric.type == "ContainerResource":
            containers = [item for item in containers if item.name == metric.container]
            if not containers:
                message = f"{target.key} has no container {metric.container!r}"
                hint = did_you_mean(metric.container, [item.name for item in running(target)])
                place = _place(autoscaler, f"metrics.{index}")
                yield finding("hpa-unknown-container", message, place, f"{key}.target.{metric.name}", hint)
        if metric.utilization_percent is not None:
            lacking = [item for item in containers if _request(item, metric) is None]
            if lacking:
                yield _without_requests(autoscaler, target, metric, lacking)


def _request(container: Container, metric: HpaMetric) -> float | int | None:
    if metric.name == "cpu":
        return container.cpu_request_cores or None
    return (container.memory_request_bytes or None) if metric.name == "memory" else 1


def _without_requests(
    autoscaler: HorizontalPodAutoscaler, target: Workload, metric: HpaMetric, lacking: list[Container]
) -> Problem:
    names = ", ".join(item.name for item in lacking)
    many = f"containers {names} have" if len(lacking) > 1 else f"container {names} has"
    message = (
        f"hpa/{autoscaler.name} follows the utilization of {metric.name}, but {many} no {metric.name} request in "
        f"{target.key}: Kubernetes answers `missing request for {metric.name}` and does not scale on it"
    )
    example = "100m" if metric.name == "cpu" else "128Mi"
    hint = f"add resources.requests.{metric.name}, such as {example}, to {names}; or set a target averageValue"
    return finding("hpa-without-requests", message, lacking[0].location, f"{target.key}.requests.{metric.name}", hint)


def _owned_replicas(autoscaler: HorizontalPodAutoscaler, target: Workload) -> Iterator[Problem]:
    if target.replicas is not None:
        message = f"replicas: {target.replicas} is written, though hpa/{autoscaler.name} scales {target.key}"
        hint = "remove replicas: each kubectl apply sets the count back and drops the HPA's pods"
        place = target.places.get("replicas", target.location)
        yield finding("hpa-owns-replicas", message, place, f"{target.key}.replicas", hint)
