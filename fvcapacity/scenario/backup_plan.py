"""What the backups of a scenario come to: which runs there are in a stretch of time, their sizes, RPO and RTO.

Everything here follows from the scenario alone; that a backup makes the database slower meanwhile is simulated.
"""

from __future__ import annotations

from itertools import pairwise

from fvcapacity.decisions.backups import restore_time, start_time, stored_bytes, transfer_time, worst_age
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.backups import Backup
from fvcapacity.scenario.cluster import ClusterObjects, Workload
from fvcapacity.scenario.cron import parse_cron
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import serving_container, serving_workload
from fvcapacity.units import NS_PER_MS, NS_PER_S, millicores


class SavedVolumes(Frozen):
    """The volumes of one service in one backup; ``begin_ns`` counts from the beginning of the backup."""

    service: str
    data_bytes: int
    """Of all its volumes."""
    begin_ns: int
    duration_ns: int


class Recovery(Frozen):
    """What a schedule of backups is good for."""

    backup: Backup
    volumes: tuple[SavedVolumes, ...]
    duration_ns: int
    data_bytes: int
    stored_bytes: int
    rpo_ns: int
    rto_ns: int


def volumes_of(scenario: Scenario, backup: Backup) -> tuple[SavedVolumes, ...]:
    """Return the volumes of a backup in their order: they are saved one after the other."""
    found: list[SavedVolumes] = []
    at = 0
    for service in backup.services:
        size = _data_bytes(scenario.cluster, backup, service)
        duration = backup.snapshot_time if backup.method == "snapshot" else transfer_time(size, backup.throughput)[0]
        found.append(SavedVolumes(service, size, at, duration))
        at += duration
    return tuple(found)


def runs_between(backup: Backup, begin_ns: int, end_ns: int) -> list[int]:
    """Return when a backup begins in [begin, end), all in epoch nanoseconds."""
    cron, found, at = parse_cron(backup.schedule), [], begin_ns - 1
    while (following := cron.following(at)) is not None and following < end_ns:
        found.append(following)
        at = following
    return found


def recovery(scenario: Scenario, backup: Backup) -> Recovery:
    """Return the estimates of a schedule; the interval is the longest between two of its next runs."""
    volumes = volumes_of(scenario, backup)
    duration, data = sum(v.duration_ns for v in volumes), sum(v.data_bytes for v in volumes)
    interval = _longest_interval(backup, scenario.start_ns)
    rpo, _ = worst_age(interval, duration, backup.unnoticed_failures)
    starts = [_start_ns(scenario, service) for service in scenario.topology.services]
    rto, _ = restore_time(backup.react, [v.data_bytes for v in volumes], backup.restore_throughput, starts)
    stored = sum(stored_by_service(scenario, backup).values())
    return Recovery(backup, volumes, duration, data, stored, rpo, rto)


def stored_by_service(scenario: Scenario, backup: Backup) -> dict[str, int]:
    """Return what all kept backups of each service weigh, when the schedule has run for as long as it keeps."""
    kept = max(1, backup.keep // _longest_interval(backup, scenario.start_ns))
    return {
        volume.service: stored_bytes(volume.data_bytes, backup.services[volume.service].changed_percent, kept)[0]
        for volume in volumes_of(scenario, backup)
    }


_LOOKED_AHEAD = 32
"""Runs: a month of daily ones."""


def _longest_interval(backup: Backup, start_ns: int) -> int:
    cron, times, at = parse_cron(backup.schedule), [], start_ns
    for _ in range(_LOOKED_AHEAD):
        following = cron.following(at)
        if following is None:
            break
        times.append(following)
        at = following
    return max((b - a for a, b in pairwise(times)), default=366 * 86_400 * NS_PER_S)


def claim_bytes(cluster: ClusterObjects, workload: Workload) -> int:
    """Return what the claims of one pod of a workload ask for."""
    templates = {claim.name: claim.storage_bytes or 0 for claim in workload.claim_templates}
    named = {c.name: c.storage_bytes or 0 for c in cluster.claims if c.namespace == workload.namespace}
    names = dict.fromkeys((*templates, *workload.template.volume_claims))
    return sum(templates.get(name, named.get(name, 0)) for name in names)


def _data_bytes(cluster: ClusterObjects, backup: Backup, service: str) -> int:
    workload, data = serving_workload(cluster, service), backup.services[service].data
    if workload is None:
        return data or 0
    pods = 1 if workload.replicas is None else workload.replicas
    return pods * (claim_bytes(cluster, workload) if data is None else data)


def _start_ns(scenario: Scenario, service: str) -> int:
    """Return how long a pod of a service takes to start on an empty node."""
    workload, model = serving_workload(scenario.cluster, service), scenario.topology.services[service]
    if workload is None:
        return 0
    container, timings = serving_container(workload, model.container), scenario.file.cluster
    readiness = container.readiness.initial_delay_s if container is not None and container.readiness is not None else 0
    limit = container.cpu_limit_cores if container is not None else None
    init = [f"{workload.key}/{c.name}" for c in workload.template.containers if c.kind == "init"]
    worked = sum(scenario.topology.init.get(key, timings.init_container) for key in init)
    return worked + start_time(
        len({c.image for c in workload.template.containers}),
        timings.image_pull,
        (1 + len(init)) * timings.container_create,
        round(model.startup_cpu_ms * NS_PER_MS),
        millicores(limit or 0),
        readiness * NS_PER_S,
    )
