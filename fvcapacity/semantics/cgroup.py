"""What the kubelet writes into the cgroup of a pod (``ResourceConfigForPod`` of ``pkg/kubelet/cm/helpers_linux.go``).

The containers' own cgroups follow `cpu.shares` and `cfs_quota.quota_of`; the pod's is the frame around them.
"""

from __future__ import annotations

from typing import Literal

from fvcapacity.frozen import Frozen
from fvcapacity.semantics.cfs_quota import PERIOD_NS, quota_for_period
from fvcapacity.semantics.cpu import shares

_NS_PER_US = 1000
NOT_ENFORCED_US = -1


class PodCgroup(Frozen):
    """Values of a pod's cgroup; None is not written at all."""

    cpu_shares: int
    cpu_quota_us: int | None = None
    cpu_period_us: int | None = None
    memory_limit_bytes: int | None = None


def pod_cgroup(
    qos: Literal["BestEffort", "Burstable", "Guaranteed"],
    cpu_request_milli: int,
    cpu_limit_milli: int | None,
    memory_limit_bytes: int | None,
    *,
    enforce_cpu_limits: bool = True,
    period_us: int = PERIOD_NS // _NS_PER_US,
) -> PodCgroup:
    """Return the cgroup of a pod.

    Parameters
    ----------
    qos
        A BestEffort pod gets the fewest shares and nothing else; a Guaranteed one everything.
    cpu_request_milli
        Of the whole pod, overhead included.
    cpu_limit_milli, memory_limit_bytes
        Of the whole pod; None when not every container has one.
    enforce_cpu_limits
        False (``--cpu-cfs-quota=false``) writes a quota of -1: none.
    period_us
        Written beside the quota. The quota itself is that of 100 ms unless the kubelet's feature gate
        CustomCPUCFSQuotaPeriod is on, which is not modelled.
    """
    if qos == "BestEffort":
        return PodCgroup(int(shares(0)))
    quota, period = None, None
    if cpu_limit_milli is not None:
        quota = int(quota_for_period(cpu_limit_milli, PERIOD_NS)) // _NS_PER_US
        quota, period = quota if enforce_cpu_limits else NOT_ENFORCED_US, period_us
    return PodCgroup(int(shares(cpu_request_milli)), quota, period, memory_limit_bytes)
