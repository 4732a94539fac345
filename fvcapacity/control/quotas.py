"""What a cluster's LimitRanges and ResourceQuotas say of a pod, worked out once: neither changes while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from fvcapacity.control.shapes import PodShape
from fvcapacity.decisions.admission import quota
from fvcapacity.decisions.admission.limit_range import LimitRangeSpec, validate
from fvcapacity.decisions.admission.quota import QuotaSpec
from fvcapacity.decisions.pod_spec import Amounts
from fvcapacity.scenario.admission import limit_range_items, quota_spec
from fvcapacity.scenario.cluster import ClusterObjects

_NANO = 10**9
"""Quantities are exact to 10^-9, so that whole numbers of it add up exactly."""

K = TypeVar("K")
T = TypeVar("T")
Nanos = Mapping[str, int]


class Quotas:
    """Bounds by namespace. Whole numbers tell quickly whether there is room; the words for a refusal may take longer.

    Parameters
    ----------
    objects
        All that the manifests say.
    """

    def __init__(self, objects: ClusterObjects) -> None:
        self._objects = objects
        self._ranges: dict[str, list[LimitRangeSpec]] = {}
        self._quotas: dict[str, list[QuotaSpec]] = {}
        self._hard: dict[str, Nanos] = {}
        self._usage: dict[tuple[str, int], tuple[PodShape, Nanos]] = {}
        self._fits: dict[tuple[str, int], tuple[PodShape, bool]] = {}

    def ranges(self, namespace: str) -> list[LimitRangeSpec]:
        """Return the LimitRanges of a namespace."""
        return _once(
            self._ranges,
            namespace,
            lambda: [limit_range_items(item) for item in self._objects.limit_ranges if item.namespace == namespace],
        )

    def quotas(self, namespace: str) -> list[QuotaSpec]:
        """Return the ResourceQuotas of a namespace."""
        return _once(
            self._quotas,
            namespace,
            lambda: [quota_spec(item) for item in self._objects.quotas if item.namespace == namespace],
        )

    def has_room(self, namespace: str, shape: PodShape, present: Iterable[PodShape], failed: int) -> bool:
        """Tell whether a namespace surely takes one more pod, with those that are there and those that have failed."""
        if not self._keeps_rules(namespace, shape):
            return False
        pods = list(present)
        return all(
            self._takes(spec, f"{namespace}/{spec.name}", shape, pods, failed) for spec in self.quotas(namespace)
        )

    def _takes(self, spec: QuotaSpec, name: str, shape: PodShape, present: list[PodShape], failed: int) -> bool:
        hard = _once(self._hard, name, lambda: _nanos(spec.hard))
        left = {**hard}
        if "count/pods" in left:
            left["count/pods"] -= failed * _NANO
        asked = self._use(spec, name, shape)
        for one in present:
            for resource, amount in self._use(spec, name, one).items():
                left[resource] -= amount
        return all(amount <= left[resource] for resource, amount in asked.items() if amount)

    def _use(self, spec: QuotaSpec, name: str, shape: PodShape) -> Nanos:
        """Return what a pod counts for in a quota."""

        def work_out() -> tuple[PodShape, Nanos]:
            if not quota.matches(spec, shape.spec)[0]:
                return shape, {}
            each = quota.usage(shape.spec)
            return shape, _nanos({resource: each[resource] for resource in spec.hard if resource in each})

        return _once(self._usage, (name, id(shape)), work_out)[1]

    def _keeps_rules(self, namespace: str, shape: PodShape) -> bool:
        """Tell whether a pod is within the LimitRanges, and names all that quotas count."""

        def work_out() -> tuple[PodShape, bool]:
            if validate(shape.spec, self.ranges(namespace)):
                return shape, False
            matching = (spec for spec in self.quotas(namespace) if quota.matches(spec, shape.spec)[0])
            return shape, not any(quota.missing(shape.spec, spec.hard) for spec in matching)

        return _once(self._fits, (namespace, id(shape)), work_out)[1]


def _nanos(amounts: Amounts) -> Nanos:
    return {name: int(amount.exact * _NANO) for name, amount in amounts.items()}


def _once(known: dict[K, T], key: K, work_out: Callable[[], T]) -> T:
    if key not in known:
        known[key] = work_out()
    return known[key]
