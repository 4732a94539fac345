"""How long a backup takes, what it weighs, how old the last good one can be, and how long it takes to be back.

Estimates by arithmetic, from data and throughput. Times are nanoseconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_NS = 10**9


def transfer_time(data_bytes: int, bytes_per_s: int) -> tuple[int, str]:
    """Return how long it takes to move data."""
    return math.ceil(data_bytes * _NS / bytes_per_s), "DataByThroughput"


def worst_age(interval_ns: int, duration_ns: int, unnoticed_failures: int = 0) -> tuple[int, str]:
    """Return how old the last good backup can be at worst: the recovery point (RPO).

    A backup holds what was there when it began. Worst is a loss just before the next one is complete, and worse when
    that one, and some after it, fail unseen.

    Parameters
    ----------
    interval_ns
        From the beginning of one backup to that of the next.
    duration_ns
        Of a backup.
    unnoticed_failures
        Backups in a row that may fail before anybody sees it.
    """
    reason = "IntervalAndDuration" if not unnoticed_failures else "FailuresIntervalAndDuration"
    return (unnoticed_failures + 1) * interval_ns + duration_ns, reason


def restore_time(
    react_ns: int, volumes_bytes: Sequence[int], bytes_per_s: int, starts_ns: Sequence[int]
) -> tuple[int, str]:
    """Return how long it takes until a lost namespace serves again: the recovery time (RTO).

    Somebody notices and decides; the volumes are filled one after the other (Velero's node agent does one at a time);
    then the pods start, all at once: the slowest counts.
    """
    moved = sum(transfer_time(size, bytes_per_s)[0] for size in volumes_bytes)
    return react_ns + moved + max(starts_ns, default=0), "ReactRestoreStart"


def stored_bytes(data_bytes: int, changed_percent: float, kept: int) -> tuple[int, str]:
    """Return what all kept backups weigh: the first is whole, every later one adds what has changed."""
    return round(data_bytes * (1 + changed_percent / 100 * max(0, kept - 1))), "FirstWholeThenChanges"


def start_time(images: int, pull_ns: int, create_ns: int, startup_cpu_ns: int, limit_milli: int, ready_ns: int) -> int:
    """Return how long a pod takes to be ready on a node that has none of its images.

    Parameters
    ----------
    images, pull_ns
        Pulled one after the other.
    create_ns
        To create its containers.
    startup_cpu_ns, limit_milli
        Work before it listens, under its own CPU limit (0: none, and at most one core).
    ready_ns
        Initial delay of its readiness probe, which runs from its start.
    """
    speed = min(1000, limit_milli) if limit_milli else 1000
    return images * pull_ns + create_ns + max(math.ceil(startup_cpu_ns * 1000 / speed), ready_ns)
