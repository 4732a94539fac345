"""The table of the pods' samples: what each used from one to the next."""

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

_GROWS = [
    PodColumn.TIME_NS,
    PodColumn.CPU_NS,
    PodColumn.SERVING_CPU_NS,
    PodColumn.PERIODS,
    PodColumn.THROTTLED_PERIODS,
]
"""What the table tells as a difference to the sample before."""
_NEVER_NS = 1 << 62


def sample_rows(outcome: RunOutcome) -> Ints:
    """Return the samples of one part of a replication, shape (rows, `PodColumn`): those of its window."""
    rows = np.array(outcome.history.pod_samples, np.int64).reshape(-1, len(PodColumn))
    times, end = rows[:, PodColumn.TIME_NS], outcome.warm_up_ns + outcome.duration_ns
    return rows[(times >= outcome.warm_up_ns) & (times <= end)]


def pod_samples(outcome: RunOutcome, parts: Sequence[Ints], scenario: Scenario) -> pd.DataFrame:
    """Return the table ``pod_samples`` of one replication.

    Parameters
    ----------
    parts
        What `sample_rows` gave of each of its parts.
    """
    lives = {life.uid: life for life in outcome.history.pods}
    rows = _one_an_instant(np.concatenate(parts))
    uids, place = np.unique(rows[:, PodColumn.UID], return_inverse=True)
    pods = [lives[uid] for uid in uids.tolist()]
    used = _since_the_sample_before(rows, np.array([pod.created_ns for pod in pods], np.int64)[place])
    # A sample tells of the interval before it: that of the window's start belongs to the warm-up.
    inside = rows[:, PodColumn.TIME_NS] > outcome.warm_up_ns
    rows, place, used = rows[inside], place[inside], used[inside]
    times = rows[:, PodColumn.TIME_NS]
    names, workloads, nodes = (
        np.array([getattr(pod, name) for pod in pods], dtype=object)[place] for name in ("name", "workload", "node")
    )
    bound = np.array([_NEVER_NS if p.scheduled_ns is None else p.scheduled_ns for p in pods], np.int64)[place]
    return conform(
        columns.POD_SAMPLES,
        {
            "replication": np.full(len(rows), outcome.replication),
            "uid": rows[:, PodColumn.UID],
            "pod": names,
            "workload": workloads,
            "node": np.where(bound <= times, nodes, ""),
            **instants(scenario.start_ns, times - outcome.warm_up_ns),
            "interval_s": used[:, 0] / 1e9,
            "cpu_core_s": used[:, 1] / 1e9,
            "serving_cpu_core_s": used[:, 2] / 1e9,
            "periods": used[:, 3],
            "throttled_periods": used[:, 4],
            **{column.name.lower(): rows[:, column] for column in list(PodColumn)[PodColumn.MEMORY_BYTES :]},
        },
    )


def _one_an_instant(rows: Ints) -> Ints:
    """Keep the last sample of a pod at one instant: one that ended just when all pods had been sampled has two."""
    keys = rows[:, [PodColumn.UID, PodColumn.TIME_NS]]
    order = np.lexsort((np.arange(len(rows)), keys[:, 1], keys[:, 0]))
    twice = np.all(keys[order[1:]] == keys[order[:-1]], axis=1)
    return np.delete(rows, order[:-1][twice], axis=0)


def _since_the_sample_before(rows: Ints, created_ns: Ints) -> Ints:
    """Return the differences of what grows, shape (rows, `_GROWS`); of a pod's first sample to its creation."""
    grows = rows[:, _GROWS]
    before = np.zeros_like(grows)
    before[:, 0] = created_ns
    order = np.lexsort((rows[:, PodColumn.TIME_NS], rows[:, PodColumn.UID]))
    uids = rows[order, PodColumn.UID]
    same = np.flatnonzero(uids[1:] == uids[:-1])
    before[order[same + 1]] = grows[order[same]]
    return np.asarray(grows - before)
