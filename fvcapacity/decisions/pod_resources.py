"""What a pod asks for: the sum that scheduler, kubelet, quota and autoscaler all go by.

Source: ``PodRequests`` and ``PodLimits`` of ``pkg/api/v1/resource/helpers.go`` (Kubernetes 1.28 and later).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from fvcapacity.units import Quantity

ContainerAmount = tuple[str, int | None]
"""Kind of the container (app, init or sidecar) and what it names of one resource, in whole units."""

Amount = TypeVar("Amount", int, Quantity)


def pod_total(containers: Sequence[ContainerAmount], missing: int = 0, overhead: int = 0) -> int:
    """Return what a pod asks for of one resource.

    Running containers add up; an init container needs its own and that of the sidecars started before it, and
    the pod asks for the larger of the two, and for its overhead.

    Parameters
    ----------
    containers
        In the order of the manifest, init containers and sidecars first. Millicores, bytes or pieces.
    missing
        Stands for a container that names nothing.
    overhead
        ``spec.overhead`` of the resource.
    """
    return largest_at_once([(kind, missing if given is None else given) for kind, given in containers], 0) + overhead


def largest_at_once(containers: Sequence[tuple[str, Amount]], zero: Amount) -> Amount:
    """Return the most that the containers of a pod ask for at one time, in amounts of any kind that add up."""
    running = sidecars = largest_init = zero
    for kind, amount in containers:
        if kind == "init":
            largest_init = max(largest_init, amount + sidecars)
            continue
        running += amount
        if kind == "sidecar":
            sidecars += amount
            largest_init = max(largest_init, sidecars)
    return max(running, largest_init)
