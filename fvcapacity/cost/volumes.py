"""The volumes of a cluster: what is claimed, for whom, how full it gets, and when it has to grow.

A claim can only grow. What is paid is its size, however little of it is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from fvcapacity.frozen import Frozen
from fvcapacity.scenario.cluster import ClusterObjects, VolumeClaim, Workload
from fvcapacity.scenario.costs import VolumeUse

GIB = 2**30
_DAY_HOURS = 24


class Volume(Frozen):
    """One claim, or the same claim of every pod of a StatefulSet."""

    name: str
    """``mail``, or ``postgres/data`` for the claim template ``data`` of the StatefulSet postgres."""
    item: str
    """As the bill names it."""
    claim: VolumeClaim
    count: int
    owner: str
    """``kind/name`` of the workload that mounts it; empty when none does."""


class Fill(Frozen):
    """A volume on one day: its size, and what is on it at the end of the day (None: not known)."""

    size_bytes: int | None
    used_bytes: float | None

    @property
    def used_ratio(self) -> float:
        """How full it is; NaN when that is not known."""
        return self.used_bytes / self.size_bytes if self.size_bytes and self.used_bytes is not None else math.nan


def volumes_of(cluster: ClusterObjects) -> Iterator[Volume]:
    """Yield the volumes of a cluster: claims first, then those of StatefulSets, which cost even without pods' work."""
    for claim in cluster.claims:
        owner = next((item.key for item in cluster.workloads if _mounts(item, claim)), "")
        yield Volume(claim.name, f"volume {claim.name}", claim, 1, owner)
    for workload in cluster.workloads:
        replicas = 1 if workload.replicas is None else workload.replicas
        for claim in workload.claim_templates if replicas else ():
            name = f"{workload.name}/{claim.name}"
            yield Volume(name, f"volume {claim.name} of {workload.name}", claim, replicas, workload.key)


def fills(volume: Volume, use: VolumeUse | None, added_bytes: Sequence[float], hours: Sequence[float]) -> list[Fill]:
    """Return size and content of one volume day by day.

    Parameters
    ----------
    volume
        What is claimed.
    use
        What is known of it; None: that it has the size of its claim.
    added_bytes
        What is written to each of its copies on each day.
    hours
        Length of each day.

    Returns
    -------
    list of Fill
        One a day. A volume that would be fuller than it may be on a day has grown in the morning of it.
    """
    size = volume.claim.storage_bytes
    if use is None or use.used is None or size is None:
        return [Fill(size, None)] * len(added_bytes)
    found, kept = [], [0.0] * len(added_bytes)
    for number, added in enumerate(added_bytes):
        kept[number] = added * use.kept_percent / 100 + use.a_day * hours[number] / _DAY_HOURS
        used = _left(use, kept[: number + 1], hours[: number + 1])
        while used > size * use.full_percent / 100:
            size = math.ceil(size * (1 + use.grow_percent / 100) / GIB) * GIB
        found.append(Fill(size, used))
    return found


def _left(use: VolumeUse, kept: Sequence[float], hours: Sequence[float]) -> float:
    """Return what is on the volume at the end of the last day.

    With a retention, what was there at the start goes little by little, as if it had come evenly; what came since goes
    when it is old enough.
    """
    assert use.used is not None
    if use.retention is None:
        return use.used + math.fsum(kept)
    retention_h = use.retention / 3.6e12
    passed, total = 0.0, 0.0
    for came, length in zip(reversed(kept), reversed(hours), strict=True):
        if length > 0:
            total += came * min(1.0, max(0.0, (retention_h - passed) / length))
        passed += length
    return total + use.used * max(0.0, 1 - passed / retention_h)


def _mounts(workload: Workload, claim: VolumeClaim) -> bool:
    return workload.namespace == claim.namespace and claim.name in workload.template.volume_claims
