"""The table of the pods' samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.control.history import PodColumn
from fvcapacity.results import columns
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.span import instants
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.frames import conform

Ints = npt.NDArray[np.int64]

_USED = slice(PodColumn.INTERVAL_NS, PodColumn.THROTTLED_PERIODS + 1)
"""What the second of two samples of one instant counts from the first."""
_NEVER_NS = 1 << 62


def sample_rows(outcome: RunOutcome) -> Ints:
    """Return the samples of one part of a replication, shape (rows, `PodColumn`): those of its window."""
    rows = np.array(outcome.history.pod_samples, np.int64).reshape(-1, len(PodColumn))
    times, end = rows[:, PodColumn.TIME_NS], outcome.warm_up_ns + outcome.duration_ns
    # A sample tells of the interval before: the one at the window's start belongs to the warm-up.
    return rows[(times > outcome.warm_up_ns) & (times <= end)]


def pod_samples(outcome: RunOutcome, parts: Sequence[Ints], scenario: Scenario) -> pd.DataFrame:
    """Return the table ``pod_samples`` of one replication.

    Parameters
    ----------
    parts
        What `sample_rows` gave of each of its parts.
    """
    rows = _one_an_instant(np.concatenate(parts))
    uids, place = np.unique(rows[:, PodColumn.UID], return_inverse=True)
    lives = {life.uid: life for life in outcome.history.pods}
    pods = [lives[uid] for uid in uids.tolist()]
    names, workloads, nodes = (
        np.array([getattr(pod, name) for pod in pods], dtype=object)[place] for name in ("name", "workload", "node")
    )
    bound = np.array([_NEVER_NS if p.scheduled_ns is None else p.scheduled_ns for p in pods], np.int64)[place]
    times = rows[:, PodColumn.TIME_NS]
    return conform(
        columns.POD_SAMPLES,
        {
            "replication": np.full(len(rows), outcome.replication),
            "uid": rows[:, PodColumn.UID],
            "pod": names,
            "workload": workloads,
            "node": np.where(bound <= times, nodes, ""),
            **instants(scenario.start_ns, times - outcome.warm_up_ns),
            "interval_s": rows[:, PodColumn.INTERVAL_NS] / 1e9,
            "cpu_core_s": rows[:, PodColumn.CPU_NS] / 1e9,
            "serving_cpu_core_s": rows[:, PodColumn.SERVING_CPU_NS] / 1e9,
            **{column.name.lower(): rows[:, column] for column in list(PodColumn)[PodColumn.PERIODS :]},
        },
    )


def _one_an_instant(rows: Ints) -> Ints:
    """Put samples of one pod at one instant together: one that ended just when all pods had been sampled has two."""
    keys = rows[:, [PodColumn.UID, PodColumn.TIME_NS]]
    order = np.lexsort((np.arange(len(rows)), keys[:, 1], keys[:, 0]))
    twice = np.flatnonzero(np.all(keys[order[1:]] == keys[order[:-1]], axis=1))
    first, again = order[twice], order[twice + 1]
    rows[again, _USED] += rows[first, _USED]
    return np.delete(rows, first, axis=0)
