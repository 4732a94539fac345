"""Quality of service of a pod, and whom the kernel kills first when the node's memory is gone.

Sources: ``ComputePodQOS`` of ``pkg/apis/core/v1/helper/qos/qos.go`` and ``GetContainerOOMScoreAdjust`` of
``pkg/kubelet/qos/policy.go`` (Kubernetes 1.28).
"""

from __future__ import annotations

from typing import Literal

from fvcapacity.decisions.pod_spec import ZERO, ContainerSpec, PodSpec
from fvcapacity.units import Quantity

QosClass = Literal["BestEffort", "Burstable", "Guaranteed"]

NODE_CRITICAL_CLASS = "system-node-critical"
NODE_CRITICAL_PRIORITY = 2_000_001_000
_COUNTED = ("cpu", "memory")
_GUARANTEED_SCORE = -997
_BEST_EFFORT_SCORE = 1000


def qos_class(pod: PodSpec) -> tuple[QosClass, str]:
    """Return the QoS class of a pod as it is written, and why it is not a higher one ("" for Guaranteed).

    CPU and memory alone count, and only above zero; init containers count like others.
    """
    requests: dict[str, Quantity] = {}
    limits: dict[str, Quantity] = {}
    unlimited = ""
    for container in pod.containers:
        for total, amounts in ((requests, container.requests), (limits, container.limits)):
            for resource in _COUNTED:
                if (amount := amounts.get(resource, ZERO)).sign > 0:
                    total[resource] = total.get(resource, ZERO) + amount
        lacking = [r for r in _COUNTED if container.limits.get(r, ZERO).sign <= 0]
        if lacking and not unlimited:
            unlimited = f"container {container.name} has no {lacking[0]} limit"
    if not requests and not limits:
        return "BestEffort", "no container names cpu or memory"
    if unlimited:
        return "Burstable", unlimited
    for resource in _COUNTED:  # every container has both limits here
        if resource not in requests or requests[resource].compare(limits[resource]):
            return "Burstable", f"{resource} requests are not equal to limits"
    return "Guaranteed", ""


def oom_score_adj(pod: PodSpec, container: ContainerSpec, memory_capacity_bytes: int) -> int:
    """Return what the kubelet writes into ``oom_score_adj`` of a container; the highest score is killed first.

    Between the classes it grows with what the container does not request, by its own request alone.
    """
    node_critical = pod.priority_class == NODE_CRITICAL_CLASS or pod.priority >= NODE_CRITICAL_PRIORITY
    quality, _ = qos_class(pod)
    if node_critical or quality == "Guaranteed":
        return _GUARANTEED_SCORE
    if quality == "BestEffort":
        return _BEST_EFFORT_SCORE
    request = container.requests.get("memory", ZERO).value
    score = 1000 - 1000 * request // memory_capacity_bytes
    return min(_BEST_EFFORT_SCORE - 1, max(1000 + _GUARANTEED_SCORE, score))
