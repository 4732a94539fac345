"""A pod's resources as the API server holds them: exact quantities of every resource, by container.

Sources: ``PodRequests`` and ``PodLimits`` of ``pkg/api/v1/resource/helpers.go``, ``SetDefaults_Pod`` and
``SetDefaults_ResourceList`` of ``pkg/apis/core/v1/defaults.go`` (Kubernetes 1.28).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Literal, TypeAlias

from fvcapacity.decisions.pod_resources import largest_at_once
from fvcapacity.frozen import Frozen, field, replace
from fvcapacity.units import Quantity

Amounts: TypeAlias = Mapping[str, Quantity]
"""Resource (``cpu``, ``memory``, ``ephemeral-storage``, ...) to its quantity; one that is not written is absent."""

ZERO = Quantity(Fraction(0))


class ContainerSpec(Frozen, kw_only=True):
    """What one container names."""

    name: str
    kind: Literal["app", "init", "sidecar"] = "app"
    requests: Amounts = field(default_factory=dict)
    limits: Amounts = field(default_factory=dict)


class PodSpec(Frozen, kw_only=True):
    """What quota, LimitRange and QoS look at in a pod.

    ``containers`` come in the order of the manifest, app containers before init containers and sidecars or after
    them: sums do not depend on it. ``active_deadline_s`` is None when no deadline is set.
    """

    containers: tuple[ContainerSpec, ...]
    overhead: Amounts = field(default_factory=dict)
    priority: int = 0
    priority_class: str = ""
    active_deadline_s: int | None = None
    cross_namespace_affinity: bool = False
    """An affinity term names other namespaces."""

    @property
    def apps(self) -> tuple[ContainerSpec, ...]:
        """The containers that are neither init containers nor sidecars."""
        return tuple(item for item in self.containers if item.kind == "app")


def with_api_defaults(pod: PodSpec) -> PodSpec:
    """Return a pod as the API server stores it: amounts rounded up to thousandths, missing requests := limits."""
    containers = []
    for item in pod.containers:
        limits, requests = (
            {name: amount.rounded_to_milli() for name, amount in amounts.items()}
            for amounts in (item.limits, item.requests)
        )
        containers.append(replace(item, limits=limits, requests={**limits, **requests}))
    return replace(pod, containers=tuple(containers))


def pod_requests(pod: PodSpec, overhead: bool = True) -> dict[str, Quantity]:
    """Return what a pod requests of every resource that one of its containers (or its overhead) names."""
    total = _totals([(item.kind, item.requests) for item in _apps_first(pod)])
    for resource, amount in pod.overhead.items() if overhead else ():
        total[resource] = total.get(resource, ZERO) + amount
    return total


def pod_limits(pod: PodSpec, overhead: bool = True) -> dict[str, Quantity]:
    """Return a pod's limits; overhead is added only where there is a limit other than zero."""
    total = _totals([(item.kind, item.limits) for item in _apps_first(pod)])
    for resource, amount in pod.overhead.items() if overhead else ():
        if total.get(resource, ZERO).sign:
            total[resource] += amount
    return total


def declares_limit(pod: PodSpec, resource: str) -> bool:
    """Tell whether every container has a limit of a resource (an init container may live on its sidecars')."""
    sidecars = ZERO
    for item in pod.containers:
        limit = item.limits.get(resource, ZERO)
        if item.kind == "app":
            held = limit
        else:
            held = limit + sidecars
            sidecars = held if item.kind == "sidecar" else sidecars
        if not held.sign:
            return False
    return True


def _apps_first(pod: PodSpec) -> list[ContainerSpec]:
    """Return the containers in the order in which Kubernetes adds them up: it decides the suffix of a sum."""
    return [*pod.apps, *(item for item in pod.containers if item.kind != "app")]


def _totals(containers: Iterable[tuple[str, Amounts]]) -> dict[str, Quantity]:
    rows = list(containers)
    named = dict.fromkeys(resource for _, amounts in rows for resource in amounts)
    return {
        resource: largest_at_once([(kind, amounts.get(resource, ZERO)) for kind, amounts in rows], ZERO)
        for resource in named
    }
