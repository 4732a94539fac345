"""LimitRange: what is filled into the containers of a pod, and which pods are refused.

Sources: ``SetDefaults_LimitRangeItem`` of ``pkg/apis/core/v1/defaults.go`` and
``plugin/pkg/admission/limitranger/admission.go`` (Kubernetes 1.28). The API server has given a pod its own defaults
before (`pod_spec.with_api_defaults`), so that a limit filled in here no longer becomes a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

from fvcapacity.decisions.pod_spec import Amounts, ContainerSpec, PodSpec, pod_limits, pod_requests
from fvcapacity.frozen import Frozen, field, replace
from fvcapacity.units import Quantity

_MAX_MILLI_VALUE = (2**63 - 1) // 1000
"""Above this many whole units the API compares without fractions."""


class LimitRangeItem(Frozen, kw_only=True):
    """One entry of ``spec.limits``."""

    type: str
    max: Amounts = field(default_factory=dict)
    min: Amounts = field(default_factory=dict)
    default: Amounts = field(default_factory=dict)
    default_request: Amounts = field(default_factory=dict)
    max_limit_request_ratio: Amounts = field(default_factory=dict)


LimitRangeSpec: TypeAlias = Sequence[LimitRangeItem]

_Broken: TypeAlias = tuple[Quantity | None, str] | None
_Check: TypeAlias = Callable[[str, Quantity, Quantity | None, Quantity | None], _Broken]
_WORDS = {"min": "minimum {} usage", "max": "maximum {} usage", "ratio": "{} max limit to request ratio"}


def with_item_defaults(item: LimitRangeItem) -> LimitRangeItem:
    """Return an entry as the API server stores it.

    For containers the default limit falls back to the maximum, the default request to the default limit, then to
    the minimum.
    """
    if item.type != "Container":
        return item
    default = {**item.max, **item.default}
    return replace(item, default=default, default_request={**item.min, **default, **item.default_request})


def with_limit_ranges(pod: PodSpec, ranges: Sequence[LimitRangeSpec]) -> PodSpec:
    """Return a pod with the defaults of its namespace's LimitRanges in every container that names no amount.

    An earlier range counts before a later one; inside of one range the last entry does.
    """
    containers = pod.containers
    for items in ranges:
        limits: dict[str, Quantity] = {}
        requests: dict[str, Quantity] = {}
        for item in map(with_item_defaults, items):
            if item.type == "Container":
                limits |= item.default
                requests |= item.default_request
        containers = tuple(
            replace(one, limits={**limits, **one.limits}, requests={**requests, **one.requests}) for one in containers
        )
    return replace(pod, containers=containers)


class Violation(Frozen, kw_only=True):
    """A bound that a pod breaks.

    Attributes
    ----------
    subject
        Name of the container, "" for the whole pod.
    rule
        Which bound: ``min``, ``max`` or ``ratio``.
    given
        The amount that breaks it; None when there is none and there must be.
    message
        As the API server words it.
    """

    subject: str
    resource: str
    rule: Literal["min", "max", "ratio"]
    bound: Quantity
    given: Quantity | None
    message: str


def validate(pod: PodSpec, ranges: Sequence[LimitRangeSpec]) -> tuple[Violation, ...]:
    """Return what the first LimitRange that refuses a pod says; nothing when the pod is admitted."""
    for items in ranges:
        if found := tuple(violations(pod, items)):
            return found
    return ()


def violations(pod: PodSpec, items: LimitRangeSpec) -> Iterator[Violation]:
    """Yield every bound of one LimitRange that a pod breaks; of each rule the first that applies."""
    for item in items:
        rules: tuple[tuple[Literal["min", "max", "ratio"], Amounts, _Check], ...] = (
            ("min", item.min, _minimum),
            ("max", item.max, _maximum),
            ("ratio", item.max_limit_request_ratio, _ratio),
        )
        for subject, requests, limits in _subjects(pod, item):
            for rule, bounds, check in rules:
                for resource, bound in bounds.items():
                    broken = check(f"per {item.type} is {bound}", bound, requests.get(resource), limits.get(resource))
                    if broken is not None:
                        given, text = broken
                        message = f"{_WORDS[rule].format(resource)} {text}"
                        yield Violation(
                            subject=subject, resource=resource, rule=rule, bound=bound, given=given, message=message
                        )


def _subjects(pod: PodSpec, item: LimitRangeItem) -> Iterator[tuple[str, Amounts, Amounts]]:
    if item.type == "Container":
        containers: Sequence[ContainerSpec] = pod.containers
        yield from ((one.name, one.requests, one.limits) for one in containers)
    elif item.type == "Pod":
        yield "", pod_requests(pod, overhead=False), pod_limits(pod, overhead=False)


def _minimum(rule: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> _Broken:
    if request is None:
        return None, f"{rule}.  No request is specified"
    if _below(request, bound):
        return request, f"{rule}, but request is {request}"
    return (limit, f"{rule}, but limit is {limit}") if limit is not None and _below(limit, bound) else None


def _maximum(rule: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> _Broken:
    if limit is None:
        return None, f"{rule}.  No limit is specified"
    if _below(bound, limit):
        return limit, f"{rule}, but limit is {limit}"
    return (request, f"{rule}, but request is {request}") if request is not None and _below(bound, request) else None


def _ratio(rule: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> _Broken:
    if request is None or not request.value:
        return None, f"{rule}, but no request is specified or request is 0"
    if limit is None or not limit.value:
        return None, f"{rule}, but no limit is specified or limit is 0"
    low, high, _ = _values(request, limit, bound)
    ratio = high / low
    exact = bound.value <= _MAX_MILLI_VALUE
    too_much = ratio * 1000 > float(bound.milli_value) if exact else ratio > float(bound.value)
    return (limit, f"{rule}, but provided ratio is {ratio:.6f}") if too_much else None


def _below(one: Quantity, other: Quantity) -> bool:
    low, high, _ = _values(one, other, other)
    return low < high


def _values(*amounts: Quantity) -> tuple[int, ...]:
    """Return the integers that the API compares: thousandths, unless one of them is too large for that."""
    if all(amount.value <= _MAX_MILLI_VALUE for amount in amounts):
        return tuple(amount.milli_value for amount in amounts)
    return tuple(amount.value for amount in amounts)
