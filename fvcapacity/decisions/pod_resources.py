"""What a pod asks for: the sum that scheduler, kubelet, quota and autoscaler all go by.

Source: ``PodRequests`` and ``PodLimits`` of ``pkg/api/v1/resource/helpers.go`` (Kubernetes 1.28 and later).
"""

from __future__ import annotations

from collections.abc import Sequence

ContainerAmount = tuple[str, int | None]
"""Kind of the container (app, init or sidecar) and what it names of one resource, in whole units."""


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
    running = sidecars = largest_init = 0
    for kind, given in containers:
        amount = missing if given is None else given
        if kind == "init":
            largest_init = max(largest_init, amount + sidecars)
            continue
        running += amount
        if kind == "sidecar":
            sidecars += amount
            largest_init = max(largest_init, sidecars)
    return max(running, largest_init) + overhead
