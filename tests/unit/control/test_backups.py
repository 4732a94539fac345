"""A backup reads one volume after the other, beside the databases: an ordered log of what that costs them."""

from __future__ import annotations

import pickle
from datetime import datetime
from typing import Any

from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.dataplane.plane import SetBackground
from fvcapacity.scenario.cluster import Service, VolumeClaim
from tests.unit.control.fakes import FakePlane, S, deployment, drive, plane_of, pool

GI = 2**30


class Watching(FakePlane):
    """Also writes down the background load of nodes."""

    def _apply(self, command: Any) -> None:
        super()._apply(command)
        if isinstance(command, SetBackground):
            self._note("background", f"{command.node}: {command.background_cores}")


def saved(*databases: str, **backup: Any) -> ControlPlane:
    """Databases with a volume each on a node each, and an hourly backup of them. The run begins at ten to midnight."""
    sets = [
        deployment(
            name,
            kind="StatefulSet",
            cpu=0.9,
            claim_templates=(
                VolumeClaim(name="data", namespace="shop", storage_bytes=5 * GI, access_modes=("ReadWriteOnce",)),
            ),
        )
        for name in databases
    ]
    given = {"name": "hourly", "schedule": "@hourly", "services": {name: {} for name in databases}, **backup}
    services = tuple(Service(name=n, namespace="shop", selector={"app": n}, ports={80: 80}) for n in databases)
    window = {"start": datetime(2026, 2, 14), "duration": "1h", "warm_up": "10m"}
    return plane_of(
        *sets,
        pools={"general": pool(count=len(databases))},
        serving=databases,
        services=services,
        scenario={"backups": [given], "time_zone": "Etc/UTC", "window": window},
        duration_s=7200,
    )


def test_each_volume_in_turn_costs_its_node_cpu_and_its_database_operations() -> None:
    control = saved("one", "two", throughput="40Mi", cpu="500m", iops_percent=50)
    plane = Watching()
    run = drive(control, plane, 1200)
    assert [line for line in plane.log if line[1] in ("pace", "background")] == [
        (600.0, "pace", "1000,2000"),
        (600.0, "background", "1: 0.5"),
        (728.0, "pace", "1000,1000"),  # 5 GiB at 40 MiB a second
        (728.0, "pace", "1000,2000"),
        (728.0, "background", "1: 0.0"),
        (728.0, "background", "2: 0.5"),
        (856.0, "pace", "1000,1000"),
        (856.0, "background", "2: 0.0"),
    ]
    assert run.events("BackupStarted", "BackupCompleted") == [
        (600.0, "BackupStarted", "backup/hourly-19700101000000"),
        (856.0, "BackupCompleted", "backup/hourly-19700101000000"),
    ]
    assert control.history.events[-1].message == "Backup completed: 10Gi in 4m16s"


def test_a_snapshot_costs_the_database_nothing() -> None:
    plane = Watching()
    run = drive(saved("one", method="snapshot"), plane, 1200)
    assert not [line for line in plane.log if line[1] in ("pace", "background")]
    assert [at for at, _, _ in run.events("BackupCompleted")] == [630.0]


def test_every_backup_of_the_run_is_made() -> None:
    run = drive(saved("one", schedule="*/20 * * * *", services={"one": {"data": "1Gi"}}), Watching(), 7000)
    assert [at for at, _, _ in run.events("BackupStarted")] == [600.0 + 1200 * n for n in range(6)]
    assert run.events("BackupCompleted")[0][0] == 625.6


def test_a_backup_goes_on_after_a_checkpoint() -> None:
    whole = drive(saved("one", "two"), Watching(), 1200)
    plane, cut = Watching(), saved("one", "two")
    first = drive(cut, plane, 700)
    kept = pickle.loads(pickle.dumps(cut.checkpoint()))
    again = saved("one", "two")
    again.resume(kept)
    second = drive(again, plane, 1200)
    assert first.plane.log == whole.plane.log
    assert second.events("BackupStarted", "BackupCompleted") == whole.events("BackupStarted", "BackupCompleted")
    assert plane.now == 1200 * S
