"""From histograms to what the Vertical Pod Autoscaler recommends.

Sources: ``logic/recommender.go``, ``logic/estimator.go`` of ``vertical-pod-autoscaler/pkg/recommender`` and
``pkg/utils/vpa/capping.go`` (kubernetes/autoscaler). Amounts are whole millicores and bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, TypeAlias

from fvcapacity.decisions.vpa.usage import Aggregate
from fvcapacity.frozen import Frozen, field
from fvcapacity.units import NS_PER_S, Quantity

Resource: TypeAlias = Literal["cpu", "memory"]
Triple: TypeAlias = tuple[float, float, float]
"""Percentiles of lower bound, target and upper bound, between 0 and 1."""

RESOURCES: tuple[Resource, ...] = ("cpu", "memory")
_MAX_AMOUNT = 10**14
_DAY_NS = 86_400 * NS_PER_S


class RecommenderSettings(Frozen, kw_only=True):
    """Flags of the recommender, with its defaults."""

    safety_margin_ratio: float = 0.15
    pod_min_cpu_milli: int = 25
    pod_min_memory_mib: int = 250
    cpu_percentiles: Triple = (0.5, 0.9, 0.95)
    memory_percentiles: Triple = (0.5, 0.9, 0.95)
    confidence_interval_cpu_ns: int = _DAY_NS
    confidence_interval_memory_ns: int = _DAY_NS
    round_cpu_milli: int = 1
    round_memory_bytes: int = 1


class ContainerPolicy(Frozen, kw_only=True):
    """What a VerticalPodAutoscaler object says of a container (``spec.resourcePolicy.containerPolicies``)."""

    mode: Literal["Auto", "Off"] = "Auto"
    min_allowed: Mapping[str, Quantity] = field(default_factory=dict)
    max_allowed: Mapping[str, Quantity] = field(default_factory=dict)
    controlled_resources: tuple[Resource, ...] = RESOURCES
    oom_bump_up_ratio: float | None = None
    oom_min_bump_up_bytes: int | None = None


class ContainerRecommendation(Frozen, kw_only=True):
    """What is recommended for a container.

    Attributes
    ----------
    lower, target, upper
        By resource, in millicores and bytes, as estimated.
    lower_bound, target_bound, upper_bound
        The same as the VPA's status publishes them: rounded up, and kept within what the policy allows.
    uncapped_target
        Rounded, whatever the policy allows.
    confidence
        By resource: how many intervals (days) there are samples of.
    """

    lower: Mapping[Resource, int]
    target: Mapping[Resource, int]
    upper: Mapping[Resource, int]
    lower_bound: Mapping[Resource, Quantity]
    target_bound: Mapping[Resource, Quantity]
    upper_bound: Mapping[Resource, Quantity]
    uncapped_target: Mapping[Resource, Quantity]
    confidence: Mapping[Resource, float]


def recommend(
    usage: Aggregate,
    settings: RecommenderSettings,
    containers: int,
    policy: ContainerPolicy,
    max_allowed: Mapping[str, Quantity],
) -> ContainerRecommendation:
    """Return the recommendation for one container.

    Parameters
    ----------
    usage
        Of all containers of this name.
    settings
        Flags of the recommender.
    containers
        How many containers of the pod are looked after: the pod's minimum is divided among them.
    policy, max_allowed
        What bounds the published values; ``max_allowed`` is the recommender's own, for what the policy leaves out.
    """
    estimates = {name: estimate(name, usage, settings, containers) for name in policy.controlled_resources}
    allowed = {**max_allowed, **policy.max_allowed}
    rounded = {
        name: tuple(_quantity(name, _rounded_up(name, amount, settings)) for amount in amounts)
        for name, amounts in estimates.items()
    }
    published = {
        name: [_within(quantity, policy.min_allowed.get(name), allowed.get(name)) for quantity in quantities]
        for name, quantities in rounded.items()
    }
    return ContainerRecommendation(
        lower={name: amounts[0] for name, amounts in estimates.items()},
        target={name: amounts[1] for name, amounts in estimates.items()},
        upper={name: amounts[2] for name, amounts in estimates.items()},
        lower_bound={name: bounds[0] for name, bounds in published.items()},
        target_bound={name: bounds[1] for name, bounds in published.items()},
        upper_bound={name: bounds[2] for name, bounds in published.items()},
        uncapped_target={name: quantities[1] for name, quantities in rounded.items()},
        confidence={name: usage.confidence(_interval(name, settings)) for name in estimates},
    )


def estimate(resource: Resource, usage: Aggregate, settings: RecommenderSettings, containers: int) -> tuple[int, ...]:
    """Return lower bound, target and upper bound of a resource.

    The bounds of a young container are far apart: the upper one is twice the percentile after one interval.
    """
    shares = settings.cpu_percentiles if resource == "cpu" else settings.memory_percentiles
    bases = [_with_margin(_used(resource, usage, share), settings.safety_margin_ratio) for share in shares]
    confidence = usage.confidence(_interval(resource, settings))
    low = (1 + 0.001 / confidence) ** -2 if confidence else 0.0
    high = 1 + 1 / confidence if confidence else math.inf
    least = _at_least(resource, settings, containers)
    return tuple(max(least, _scaled(base, factor)) for base, factor in zip(bases, (low, 1.0, high), strict=True))


def _used(resource: Resource, usage: Aggregate, share: float) -> int:
    if resource == "cpu":
        return _amount(usage.cpu.percentile(share) * 1000)
    return _amount(usage.memory.percentile(share))


def _with_margin(base: int, ratio: float) -> int:
    return base + _scaled(base, ratio)


def _at_least(resource: Resource, settings: RecommenderSettings, containers: int) -> int:
    of_pod = settings.pod_min_cpu_milli if resource == "cpu" else settings.pod_min_memory_mib * 2**20
    return _scaled(of_pod, 1.0 / containers)


def _interval(resource: Resource, settings: RecommenderSettings) -> int:
    return settings.confidence_interval_cpu_ns if resource == "cpu" else settings.confidence_interval_memory_ns


def _scaled(amount: int, factor: float) -> int:
    return _amount(amount * factor) if amount else 0


def _amount(value: float) -> int:
    """Return a double as an amount: cut off, and kept within what an amount can be."""
    return _MAX_AMOUNT if value > _MAX_AMOUNT else max(0, int(value))


def _rounded_up(resource: Resource, amount: int, settings: RecommenderSettings) -> int:
    step = settings.round_cpu_milli if resource == "cpu" else settings.round_memory_bytes
    return -(-amount // step) * step


def _quantity(resource: Resource, amount: int) -> Quantity:
    return Quantity.of_milli(amount) if resource == "cpu" else Quantity.of_bytes(amount)


def _within(quantity: Quantity, low: Quantity | None, high: Quantity | None) -> Quantity:
    if low is not None and quantity < low:
        quantity = low
    return high if high is not None and high < quantity else quantity
