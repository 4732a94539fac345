"""The machine on which the truth was measured, as far as it shows in response times and is no part of the model.

The README beside the measurements says of it: "background load on the host delays 1-7 % of the wake-ups by 1-8 ms when
both CPUs are busy (< 1 % when quiet)". A request that wakes a thread up passes a wait that stands for this; how often it
is a long one depends on how busy the machine was during the run, which was measured. Besides, a virtual CPU that sleeps
needs some time to wake up.

This belongs to two virtual CPUs on a shared host, not to CPU limits, and is one and the same for all runs. The table
also tells what comes out without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.truth.cfs.records import Run

WAKE_UP_MS = 0.05
"""Of an idle virtual CPU; the samples of handler starts leave room for 0.02 to 0.14 ms besides the CPU time."""
LATE_QUIET, LATE_BUSY = 0.01, 0.07
"""Share of the wake-ups that are late with a CPU to spare, and with both CPUs busy."""
LATE_FROM_MS, LATE_MEAN_MS = 1.0, 4.5
"""Late ones are late by 1 to 8 ms."""


@dataclass(frozen=True)
class Host:
    """How the measuring machine wakes threads up."""

    late: float
    wake_up_ms: float = WAKE_UP_MS

    def wake(self) -> list[dict[str, Any]]:
        """Return the steps that a request passes where it wakes a thread up."""
        if not self.wake_up_ms:
            return []
        late = [
            {"wait": {"mean_ms": LATE_FROM_MS, "distribution": "constant"}},
            {"wait": {"mean_ms": LATE_MEAN_MS - LATE_FROM_MS, "distribution": "uniform"}},
        ]
        usual = {"wait": {"mean_ms": self.wake_up_ms, "distribution": "constant"}}
        return [usual, {"branch": {"probability": self.late, "then": late}}]


IDEAL = Host(late=0.0, wake_up_ms=0.0)
"""A machine on which every thread wakes up at once."""


def host_of(run: Run) -> Host:
    """Return the machine as it was during a run."""
    idle = run.machine["host_cpus"] - run.record["host_busy_cores_all_processes"]
    return Host(late=LATE_QUIET + (LATE_BUSY - LATE_QUIET) * min(1.0, max(0.0, 1.0 - idle)))
