"""Backups of the databases' volumes: when they run, what they cost while they do, and how one comes back from them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from fvcapacity.scenario.base import Basis, Bytes, Cores, DurationNs, Model
from fvcapacity.scenario.cron import parse_cron


class BackedUp(Model):
    """A service whose volumes are saved."""

    data: Bytes | None = Field(default=None, gt=0)
    """On each of its volumes. None: as much as its claim asks for, the most that can be there."""
    changed_percent: float = Field(default=5.0, ge=0, le=100)
    """Of the data between two backups."""


class Backup(Model):
    """A schedule of backups (a Velero ``Schedule``), and its restoration."""

    name: str = Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)
    """For reports."""
    schedule: str
    """Cron line in UTC (as Velero's server reads it), or ``@daily``, ``@every 6h``."""
    services: dict[str, BackedUp] = Field(min_length=1)
    """Whose volumes are saved, by name."""
    method: Literal["file-system", "snapshot"] = "file-system"
    """``file-system``: an agent on the node of the pod reads the volume, beside the database. ``snapshot``: the storage
    takes a snapshot, which costs the database nothing."""
    throughput: Bytes = Field(default=40 * 2**20, gt=0)
    """Bytes a second that the agent reads, packs and sends away."""
    cpu: Cores = Field(default=0.5, ge=0)
    """Of the node, meanwhile."""
    iops_percent: float = Field(default=30.0, ge=0, lt=100)
    """Of the volume's operations a second, meanwhile."""
    snapshot_time: DurationNs = 30_000_000_000
    """Until a snapshot is complete."""
    keep: DurationNs = Field(default=30 * 86_400 * 10**9, gt=0)
    """Velero's ``ttl``; 30 days is its default."""
    unnoticed_failures: int = Field(default=0, ge=0)
    """So many in a row may fail before anybody sees it."""
    react: DurationNs = 900_000_000_000
    """From a disaster to the command that restores."""
    restore_throughput: Bytes = Field(default=60 * 2**20, gt=0)
    """Bytes a second that come back."""
    basis: Basis | None = None
    source: str = ""

    @field_validator("schedule")
    @classmethod
    def _readable(cls, schedule: str) -> str:
        parse_cron(schedule)
        return schedule
