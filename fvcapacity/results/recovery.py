"""Backups of a result: the table of those that began in the window, and what one could come back to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fvcapacity.results import columns
from fvcapacity.results import summary as parts
from fvcapacity.results.span import instants
from fvcapacity.scenario.backup_plan import Recovery, recovery, runs_between, volumes_of
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.frames import conform
from fvcapacity.units import NS_PER_S, format_bytes, format_duration


def backup_table(scenario: Scenario) -> pd.DataFrame:
    """Return every volume of every backup that begins in the window, in the order of the schedules."""
    end = scenario.start_ns + scenario.file.window.duration
    rows = [
        (backup, volume, run + volume.begin_ns - scenario.start_ns)
        for backup in scenario.file.backups
        for run in runs_between(backup, scenario.start_ns, end)
        for volume in volumes_of(scenario, backup)
    ]
    return conform(
        columns.BACKUPS,
        {
            "backup": [backup.name for backup, _, _ in rows],
            "service": [volume.service for _, volume, _ in rows],
            **instants(scenario.start_ns, np.array([offset for _, _, offset in rows], dtype=np.int64)),
            "duration_s": [volume.duration_ns / NS_PER_S for _, volume, _ in rows],
            "data_bytes": [volume.data_bytes for _, volume, _ in rows],
            "method": [backup.method for backup, _, _ in rows],
        },
    )


def recovery_parts(scenario: Scenario) -> list[parts.RecoveryPart]:
    """Return what each schedule of backups is good for."""
    return [_part(scenario, recovery(scenario, backup)) for backup in scenario.file.backups]


def _part(scenario: Scenario, found: Recovery) -> parts.RecoveryPart:
    backup = found.backup
    end = scenario.start_ns + scenario.file.window.duration
    return parts.RecoveryPart(
        backup=backup.name,
        schedule=backup.schedule,
        method=backup.method,
        services=[volume.service for volume in found.volumes],
        runs_in_window=len(runs_between(backup, scenario.start_ns, end)),
        data_bytes=found.data_bytes,
        stored_bytes=found.stored_bytes,
        duration_s=found.duration_ns / NS_PER_S,
        rpo_s=found.rpo_ns / NS_PER_S,
        rto_s=found.rto_ns / NS_PER_S,
        basis=backup.basis,
        sentence=_sentence(found),
    )


def _sentence(found: Recovery) -> str:
    backup = found.backup
    return (
        f"{backup.name} ({backup.schedule}, UTC) saves {_mebi(found.data_bytes)} of {_names(found)} in "
        f"{_seconds(found.duration_ns)}; at worst the last {_seconds(found.rpo_ns)} are lost (RPO), and it takes "
        f"{_seconds(found.rto_ns)} to be back (RTO), estimated from {backup.basis or 'assumed'} figures"
    )


def _names(found: Recovery) -> str:
    return " and ".join(volume.service for volume in found.volumes)


def _mebi(count: int) -> str:
    return format_bytes(round(count / 2**20) * 2**20)


def _seconds(time_ns: int) -> str:
    return format_duration(round(time_ns / NS_PER_S) * NS_PER_S)
