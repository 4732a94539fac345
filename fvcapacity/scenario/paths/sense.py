"""What values must not say together: a request above its limit, a minimum above its maximum, a volume that shrinks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fvcapacity.errors import Problem
from fvcapacity.scenario.paths.grammar import quoted
from fvcapacity.scenario.paths.kinds import LIMIT_TYPES, OWNER_OF_KIND
from fvcapacity.scenario.paths.places import heap_of, pod_spec_of
from fvcapacity.scenario.paths.trees import get, mappings
from fvcapacity.scenario.paths.values import amount_kind
from fvcapacity.units import Quantity, parse_quantity


def check_object(
    before: Mapping[str, Any], after: Mapping[str, Any], objects: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    """Return what is senseless in an object as it shall be.

    Parameters
    ----------
    before, after
        The object as it is and as it shall be.
    objects
        All objects as they shall be.
    """
    kind = str(after["kind"])
    name = f"{OWNER_OF_KIND.get(kind, kind.lower())}/{quoted(str(get(after, ('metadata', 'name'))))}"
    if kind == "HorizontalPodAutoscaler":
        found = _autoscaler(after)
    elif kind == "PodDisruptionBudget":
        found = _budget(after)
    elif kind == "PersistentVolumeClaim":
        found = _growing("size", _storage(before), _storage(after))
    elif kind == "LimitRange":
        found = _limit_range(after)
    elif kind == "ResourceQuota":
        found = iter(())
    else:
        found = _workload(before, after, objects)
    return [
        Problem(message, field=f"{name}{'' if field[0] in './' else '.'}{field}", hint=hint, rule="senseless-value")
        for field, message, hint in found
    ]


_Found = Iterator[tuple[str, str, str]]


def _autoscaler(after: Mapping[str, Any]) -> _Found:
    spec = after.get("spec") or {}
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 1)
    if least > most:
        yield "min", f"the minimum {least} is above the maximum {most}", f"make min <= max (hpa max {most})"
    if spec.get("metrics") == []:
        yield "target", "no metric would be left: the API would then follow cpu at 80 %", "keep one metric"


def _budget(after: Mapping[str, Any]) -> _Found:
    spec = after.get("spec") or {}
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        hint = "take the other one out in the same change (null)"
        yield "minAvailable", "minAvailable and maxUnavailable exclude each other", hint


def _growing(field: str, before: Any, after: Any) -> _Found:
    if before is not None and after is not None and parse_quantity(after) < parse_quantity(before):
        hint = "a volume can only grow; a smaller one is a new one, with the data copied"
        yield field, f"{after} is less than the present {before}", hint


def _storage(claim: Mapping[str, Any]) -> Any:
    return get(claim, ("spec", "resources", "requests", "storage"))


def _limit_range(after: Mapping[str, Any]) -> _Found:
    for item in mappings(get(after, ("spec", "limits"))):
        of = next((word for word, kind in LIMIT_TYPES.items() if kind == item.get("type")), "container")
        for low, high in (("min", "max"), ("min", "default"), ("min", "defaultRequest"), ("defaultRequest", "default"),
                          ("default", "max"), ("defaultRequest", "max")):  # fmt: skip
            for resource, least, most in _pairs(item, low, high):
                if least > most:
                    yield f"{of}.{low}.{resource}", f"{low} {least} is above {high} {most}", f"make {low} <= {high}"


def _workload(before: Mapping[str, Any], after: Mapping[str, Any], objects: Sequence[Mapping[str, Any]]) -> _Found:
    kind = after["kind"]
    spec = after.get("spec") or {}
    owner = next((item for item in objects if _scales(item, after)), None)
    if owner is not None and spec.get("replicas") not in (None, get(before, ("spec", "replicas"))):
        hpa = get(owner, ("metadata", "name"))
        yield "replicas", f"hpa/{hpa} decides how many pods there are", f"set hpa/{hpa}.min"
    update = get(after, ("spec", "strategy", "rollingUpdate")) or {}
    if kind == "Deployment" and _none(update.get("maxSurge")) and _none(update.get("maxUnavailable")):
        yield "strategy.maxSurge", "with maxSurge and maxUnavailable 0 no roll-out can begin", "make one of them 1"
    claims = {_claim_name(item): _storage(item) for item in mappings(spec.get("volumeClaimTemplates"))}
    for item in mappings(get(before, ("spec", "volumeClaimTemplates"))):
        yield from _growing(f"claims.{_claim_name(item)}", _storage(item), claims.get(_claim_name(item)))
    containers = list(_containers(after))
    for container in containers:
        inner = "" if container is containers[0] else f"/{container.get('name')}"
        for field, message, hint in _container(container):
            yield f"{inner}.{field}", message, hint


def _container(container: Mapping[str, Any]) -> _Found:
    resources = container.get("resources") or {}
    for resource, request, limit in _pairs(resources, "requests", "limits"):
        if request > limit:
            hint = f"lower the request to {limit}, or raise the limit to {request}"
            yield f"requests.{resource}", f"the request {request} is above the limit {limit}", hint
    options = next(
        (item.get("value") for item in mappings(container.get("env")) if item.get("name") == "NODE_OPTIONS"), ""
    )
    heap, most = heap_of(options), (resources.get("limits") or {}).get("memory")
    if heap is not None and most is not None and Quantity.of_bytes(heap) > parse_quantity(most):
        message = f"a heap of {Quantity.of_bytes(heap)} does not fit into the memory limit {most}"
        yield "heap", message, "keep a quarter of the limit for what is not heap"


def _pairs(item: Mapping[str, Any], low: str, high: str) -> Iterator[tuple[str, Quantity, Quantity]]:
    lows, highs = item.get(low) or {}, item.get(high) or {}
    for resource in lows:
        if resource in highs:
            yield resource, _amount(resource, lows[resource]), _amount(resource, highs[resource])


def _amount(resource: str, raw: Any) -> Quantity:
    quantity = parse_quantity(raw)
    return quantity.rounded_to_milli() if amount_kind(resource) == "cpu" else quantity


def _scales(item: Mapping[str, Any], workload: Mapping[str, Any]) -> bool:
    target = get(item, ("spec", "scaleTargetRef"))
    if item.get("kind") != "HorizontalPodAutoscaler" or not isinstance(target, Mapping):
        return False
    spaces = [get(one, ("metadata", "namespace")) or "default" for one in (item, workload)]
    named = (target.get("kind"), target.get("name")) == (workload["kind"], get(workload, ("metadata", "name")))
    return named and spaces[0] == spaces[1]


def owners_of_replicas(objects: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return path of the replicas and name of the HPA for every workload that writes replicas though an HPA decides."""
    found = []
    for item in objects:
        if item.get("kind") in ("Deployment", "StatefulSet", "ReplicaSet") and get(item, ("spec", "replicas")):
            owner = next((other for other in objects if _scales(other, item)), None)
            if owner is not None:
                path = f"{OWNER_OF_KIND[str(item['kind'])]}/{quoted(str(get(item, ('metadata', 'name'))))}.replicas"
                found.append((path, str(get(owner, ("metadata", "name")))))
    return found


def _none(amount: Any) -> bool:
    return str(amount) in ("0", "0%")


def _claim_name(claim: Mapping[str, Any]) -> str:
    return str(get(claim, ("metadata", "name")))


def _containers(after: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    spec = pod_spec_of(after)
    for key in ("containers", "initContainers"):
        yield from mappings(spec.get(key))
