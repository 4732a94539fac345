"""Machines for a first scenario: the smallest size that takes the largest pod, as many as the requests need."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fvcapacity.cost.allocatable import Provider, allocatable
from fvcapacity.frozen import Frozen
from fvcapacity.report.starter.options import Cloud
from fvcapacity.scenario.cluster import ClusterObjects, Workload
from fvcapacity.scenario.instances import InstanceSize
from fvcapacity.units import format_bytes, format_cpu

_GIB = 2**30
_USUAL = tuple((2**power, 4 * 2**power) for power in range(1, 8))
"""Cores and GiB of machines of nobody in particular."""
_PROVIDERS: dict[Cloud, Provider] = {"aws": "eks", "azure": "aks", "gcp": "gke", "none": "aks"}
_ROOM = 1.2
"""Of what the requests add up to: pods do not fill machines without rest."""
_PODS = 110


class Pool(Frozen):
    """A node pool, as a scenario writes it."""

    instance_type: str
    cpu: int
    memory: str
    allocatable_cpu: str
    allocatable_memory: str
    count: int
    maximum: int
    labels: dict[str, str]
    remarks: tuple[str, ...]


class _Need(Frozen):
    cores: float
    bytes: int
    pods: int


def pool_of(cluster: ClusterObjects, cloud: Cloud, sizes: Sequence[InstanceSize]) -> Pool:
    """Return a pool for everything that some manifests start.

    Parameters
    ----------
    sizes
        Priced types of a cloud; empty for machines of nobody in particular.
    """
    cores = max((_pod(item)[0] for item in cluster.workloads), default=0.0)
    memory = max((_pod(item)[1] for item in cluster.workloads), default=0)
    on_each = _total(cluster, daemons=True, most=False)
    name, cpu, whole = _size(sizes, cloud, cores + on_each.cores, memory + on_each.bytes)
    free = allocatable(_PROVIDERS[cloud], cpu, whole, _PODS)
    room = _Need(free.cpu_cores - on_each.cores, free.memory_bytes - on_each.bytes, _PODS - on_each.pods)
    count, most = (_machines(_total(cluster, daemons=False, most=top), room) for top in (False, True))
    labels = {"pool": "general"}
    remarks = []
    for workload in cluster.workloads:
        for key, value in workload.template.node_selector.items():
            if labels.setdefault(key, value) != value:
                remarks.append(
                    f"{workload.key} wants nodes with {key}={value}, the pool has {labels[key]}: give it one"
                )
    return Pool(
        name, cpu, format_bytes(whole), format_cpu(free.cpu_cores), format_bytes(free.memory_bytes // 2**20 * 2**20),
        count, max(most, count + 1), labels, tuple(remarks),
    )  # fmt: skip


def _size(sizes: Sequence[InstanceSize], cloud: Cloud, cores: float, memory: int) -> tuple[str, int, int]:
    usual = [("any", cpu, gib * _GIB) for cpu, gib in _USUAL]
    known = [(item.name, round(item.cpu), item.memory) for item in sizes if not item.burstable and item.cpu >= 2]
    known.sort(key=lambda item: (item[1], item[2]))
    for name, cpu, whole in known or usual:
        free = allocatable(_PROVIDERS[cloud], cpu, whole, _PODS)
        if free.cpu_cores >= cores and free.memory_bytes >= memory:
            return name, cpu, whole
    return (known or usual)[-1]


def _machines(need: _Need, room: _Need) -> int:
    parts = (need.cores / max(room.cores, 0.1), need.bytes / max(room.bytes, 2**20), need.pods / max(room.pods, 1))
    return min(max(1, math.ceil(_ROOM * max(parts))), 1000)


def _total(cluster: ClusterObjects, *, daemons: bool, most: bool) -> _Need:
    scaled = {(hpa.namespace, hpa.target_kind, hpa.target_name): hpa for hpa in cluster.autoscalers}
    cores, memory, pods = 0.0, 0, 0
    for workload in cluster.workloads:
        if (workload.kind == "DaemonSet") is not daemons or workload.kind in ("Job", "CronJob"):
            continue
        hpa = scaled.get((workload.namespace, workload.kind, workload.name))
        replicas = 1 if daemons or workload.replicas is None else workload.replicas
        if hpa is not None:
            replicas = hpa.max_replicas if most else max(replicas, hpa.min_replicas)
        one = _pod(workload)
        cores, memory, pods = cores + replicas * one[0], memory + replicas * one[1], pods + replicas
    return _Need(cores, memory, pods)


def _pod(workload: Workload) -> tuple[float, int]:
    apps = [item for item in workload.template.containers if item.kind != "init"]
    return sum(item.cpu_request_cores or 0.0 for item in apps), sum(item.memory_request_bytes or 0 for item in apps)
