"""Velero: at its times an agent reads the databases' volumes, one after the other, beside the databases."""

from __future__ import annotations

from datetime import UTC, datetime

from fvcapacity.control import kubelet
from fvcapacity.control.clock import Rank
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.faults import set_pace
from fvcapacity.control.state import BackupLoad
from fvcapacity.scenario.backup_plan import runs_between, volumes_of
from fvcapacity.scenario.serving import serving_workload
from fvcapacity.units import Quantity, format_duration


def register(cluster: Cluster) -> None:
    """Say who does which work."""
    cluster.handle("backup", Rank.NODE, begin)
    cluster.handle("backup-volume", Rank.NODE, save)


def plan(cluster: Cluster, end_ns: int) -> None:
    """Enqueue every backup that begins in the run."""
    begin_ns = cluster.scenario.start_ns - cluster.scenario.file.window.warm_up
    for number, backup in enumerate(cluster.scenario.file.backups):
        for run, at in enumerate(runs_between(backup, begin_ns, begin_ns + end_ns)):
            cluster.enqueue("backup", f"{number}.{run}", at - begin_ns)


def begin(cluster: Cluster, key: str) -> None:
    """Begin a backup with its first volume."""
    cluster.event("Normal", "BackupStarted", _name(cluster, key, cluster.now), "Backup started")
    cluster.state.backups[key] = BackupLoad(begun_ns=cluster.now)
    save(cluster, key)


def save(cluster: Cluster, key: str) -> None:
    """Turn to the next volume of a backup, or end it."""
    backup, load = cluster.scenario.file.backups[int(key.partition(".")[0])], cluster.state.backups[key]
    volumes = volumes_of(cluster.scenario, backup)
    before, load.service, load.workload = load.service, "", ""
    if load.volume < len(volumes):
        volume = volumes[load.volume]
        load.volume += 1
        cluster.enqueue("backup-volume", key, volume.duration_ns)
        if backup.method == "file-system":
            workload = serving_workload(cluster.scenario.cluster, volume.service)
            load.service, load.workload = volume.service, "" if workload is None else workload.key
            load.cpu_cores, load.iops_percent = backup.cpu, backup.iops_percent
    else:
        del cluster.state.backups[key]
        size = Quantity.of_bytes(sum(volume.data_bytes for volume in volumes))
        took = format_duration(cluster.now - load.begun_ns)
        name = _name(cluster, key, load.begun_ns)
        cluster.event("Normal", "BackupCompleted", name, f"Backup completed: {size} in {took}")
    for service in (name for name in dict.fromkeys((before, load.service)) if name):
        set_pace(cluster, cluster.program.services.index(service))
    for node in cluster.state.nodes.values():
        if node.ready:
            kubelet.update_background(cluster, node)


def _name(cluster: Cluster, key: str, begun_ns: int) -> str:
    """Return how Velero names a backup of a schedule."""
    file = cluster.scenario.file
    instant = (cluster.scenario.start_ns - file.window.warm_up + begun_ns) // 10**9
    return f"backup/{file.backups[int(key.partition('.')[0])].name}-{datetime.fromtimestamp(instant, UTC):%Y%m%d%H%M%S}"
