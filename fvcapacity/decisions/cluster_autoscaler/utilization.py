"""How much of a node is in use, as scale-down sees it (``cluster-autoscaler/simulator/utilization/info.go``)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from fvcapacity.frozen import Frozen

DEFAULT_GRACE_NS = 30 * 10**9
LONG_TERMINATING_NS = 30 * 10**9
"""A pod that should have been gone for so long counts no more (``utils/drain``)."""


_NOTHING: Mapping[str, int | Fraction] = MappingProxyType({})


class HeldPod(NamedTuple):
    """A pod on a node: what it asks for by resource, and whether it counts.

    ``daemon`` pods come with every node, ``mirror`` pods stand for what the kubelet runs by itself.
    """

    requests: Mapping[str, int | Fraction] = _NOTHING
    daemon: bool = False
    mirror: bool = False
    deleted_ns: int | None = None
    """When it was deleted; None when it was not."""
    grace_ns: int = DEFAULT_GRACE_NS


class Utilization(Frozen):
    """The used share of the resource that counts, and those of CPU and memory where they do."""

    resource: str
    share: float
    cpu: float | None = None
    memory: float | None = None


def node_utilization(
    allocatable: Mapping[str, int],
    pods: Sequence[HeldPod],
    now_ns: int = 0,
    *,
    skip_daemonset_pods: bool = False,
    skip_mirror_pods: bool = False,
    gpu_resource: str = "",
) -> Utilization | None:
    """Return how much of a node is requested; None when its CPU or memory is not known.

    Parameters
    ----------
    allocatable
        By resource, in the unit in which the pods' requests are.
    pods
        Those on the node.
    now_ns
        Present time, on the clock of ``HeldPod.deleted_ns``.
    skip_daemonset_pods, skip_mirror_pods
        Take such pods from the denominator instead of counting them (``--ignore-daemonsets-utilization``,
        ``--ignore-mirror-pods-utilization``; both are off unless set).
    gpu_resource
        Name of the node's accelerator: then nothing else counts.
    """

    def skipped(pod: HeldPod) -> bool:
        return (skip_daemonset_pods and pod.daemon) or (skip_mirror_pods and pod.mirror)

    counting = [pod for pod in pods if not skipped(pod) and not _long_gone(pod, now_ns)]
    apart = [pod for pod in pods if skipped(pod)]

    def share(resource: str) -> float:
        used = math.ceil(sum(pod.requests.get(resource, 0) for pod in counting))
        left = allocatable[resource] - math.ceil(sum(pod.requests.get(resource, 0) for pod in apart))
        if left == 0:
            return math.inf if used else math.nan
        return used / left

    if gpu_resource:
        return Utilization(gpu_resource, share(gpu_resource) if allocatable.get(gpu_resource) else 0.0)
    if not (allocatable.get("cpu") and allocatable.get("memory")):
        return None
    cpu, memory = share("cpu"), share("memory")
    return Utilization("cpu", cpu, cpu, memory) if cpu > memory else Utilization("memory", memory, cpu, memory)


def _long_gone(pod: HeldPod, now_ns: int) -> bool:
    return pod.deleted_ns is not None and pod.deleted_ns + pod.grace_ns + LONG_TERMINATING_NS < now_ns
