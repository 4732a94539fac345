"""What a finished replication hands over, and what a running one tells about its progress."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fvcapacity.control.history import History
from fvcapacity.dataplane.statistics import Statistics


@dataclass(frozen=True, slots=True)
class ProgressUpdate:
    """How far one replication is.

    Attributes
    ----------
    replication
        Number of the replication, from 0.
    time_ns, duration_ns
        Simulated time so far and in all, warm-up included.
    requests
        Requests that have arrived so far.
    """

    replication: int
    time_ns: int
    duration_ns: int
    requests: int


@dataclass(frozen=True)
class RunOutcome:
    """One replication, warm-up included, as the two planes left it.

    Attributes
    ----------
    replication, seed
        Number of the replication (from 0), and the seed that it drew from.
    statistics
        Arrays of the data plane, bins counted from the start of the run (warm-up included).
    history
        Samples, life times and events of the control plane; times count from the start of the run.
    duration_ns, warm_up_ns
        Length of the judged window, and of what was simulated before it.
    complete_until_ns
        Simulated time that was reached; less than ``warm_up_ns + duration_ns`` when interrupted.
    requests
        int64, shape (requests, 5): the columns of `RequestRecord` of those that were written down; None when none
        was asked for.
    """

    replication: int
    seed: int
    statistics: Statistics
    history: History
    duration_ns: int
    warm_up_ns: int
    complete_until_ns: int
    requests: npt.NDArray[np.int64] | None = None

    @property
    def complete(self) -> bool:
        """Whether the replication reached the end of its window."""
        return self.complete_until_ns >= self.warm_up_ns + self.duration_ns
