"""Planned days: somebody sets other minimums of HPAs and node pools at set times (see ``scenario.schedule``)."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.cluster_autoscaler import pool_size
from fvcapacity.control.nodes import order_node
from fvcapacity.control.state import HpaRecord, PoolRecord
from fvcapacity.frozen import replace
from fvcapacity.scenario.model import NodePool
from fvcapacity.scenario.paths.grammar import parse_path, quoted
from fvcapacity.scenario.schedule import in_force, in_time

KIND = "schedule"
"""Of the work in the queue; its key is the number of the change."""


def plan_schedule(cluster: Cluster) -> None:
    """Put the changes that are still to come into the queue."""
    begin_ns = _begin_ns(cluster)
    for at_ns, number in in_time(cluster.scenario.file.schedule, _zone(cluster)):
        if at_ns > begin_ns:
            cluster.enqueue(KIND, str(number), at_ns - begin_ns)


def values_at_start(cluster: Cluster) -> Mapping[str, int]:
    """Return what earlier changes left in force when the run begins, by path."""
    return in_force(cluster.scenario.file.schedule, _zone(cluster), _begin_ns(cluster))


def hpa_at_start(record: HpaRecord, values: Mapping[str, int]) -> HpaRecord:
    """Return an HPA with the minimum that is in force."""
    name = record.key.partition("/")[2]
    minimum = values.get(f"hpa/{quoted(name)}.min")
    return record if minimum is None else replace(record, spec=replace(record.spec, minimum=minimum))


def pool_at_start(name: str, pool: NodePool, values: Mapping[str, int]) -> NodePool:
    """Return a pool with the minimum that is in force, and at least so many machines."""
    minimum = values.get(f"nodes/{quoted(name)}.minimum")
    if minimum is None:
        return pool
    return pool.model_copy(update={"minimum": minimum, "count": max(pool.count, minimum)})


def apply_change(cluster: Cluster, key: str) -> None:
    """Time has come for a change: objects say something else from now on, their controllers act when they look."""
    for written, value in cluster.scenario.file.schedule[int(key)].values.items():
        path = parse_path(written)
        if path.owner == "hpa":
            _set_minimum(cluster, cluster.state.hpas[f"hpa/{path.name}"], value)
        else:
            _resize(cluster, cluster.state.pools[path.name], value)


def _set_minimum(cluster: Cluster, record: HpaRecord, minimum: int) -> None:
    message = f"minReplicas {record.spec.minimum} -> {minimum}"
    record.spec = replace(record.spec, minimum=minimum)
    cluster.event("Normal", "ScheduledChange", record.key, message, record.target)


def _resize(cluster: Cluster, pool: PoolRecord, minimum: int) -> None:
    """Set a pool's minimum; machines that it is short of are ordered at once."""
    before, size = pool.spec.minimum, pool_size(cluster, pool)
    pool.spec = pool.spec.model_copy(update={"minimum": minimum})
    for _ in range(minimum - size):
        node = order_node(cluster, pool)
        cluster.enqueue("node", node.name, pool.spec.boot)
    cluster.state.scale_down_seen = -1  # what may go has to be worked out anew
    ordered = f", {minimum - size} ordered" if minimum > size else ""
    message = f"minimum {before} -> {minimum}{ordered}"
    cluster.event("Normal", "ScheduledChange", f"nodepool/{pool.name}", message)


def _begin_ns(cluster: Cluster) -> int:
    return cluster.scenario.start_ns - cluster.scenario.file.window.warm_up


def _zone(cluster: Cluster) -> ZoneInfo:
    return ZoneInfo(cluster.scenario.file.time_zone)
