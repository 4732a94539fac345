"""What a finished replication hands over, and what a running one tells about its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.control.history import History
from fvcapacity.dataplane.statistics import MINUTE_NS, Statistics, by_minutes
from fvcapacity.frozen import Frozen, replace


class ProgressUpdate(Frozen):
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


class Part(Frozen):
    """A stretch of a long replication: what was counted and sampled in it.

    Attributes
    ----------
    offset_ns
        Its beginning, counted from the start of the run.
    statistics, history
        As in `RunOutcome`, bins counted from ``offset_ns``; life times stand in the last part's history alone.
    """

    offset_ns: int
    statistics: Statistics
    history: History


class Tabulated(Frozen):
    """The tables and histograms of one replication, by their names."""

    tables: dict[str, pd.DataFrame]
    histograms: dict[str, pd.DataFrame]


class RunOutcome(Frozen):
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
    offset_ns
        Where the bins of ``statistics`` begin, counted from the start of the run.
    bin_ns
        Length of the bins of its counters.
    earlier
        How to load what came before, for a long replication whose days were put away one by one.
    arrived
        Requests that arrived in all.
    tabulated
        What it became; of ``statistics`` and ``history`` only life times are left then.
    """

    replication: int
    seed: int
    statistics: Statistics
    history: History
    duration_ns: int
    warm_up_ns: int
    complete_until_ns: int
    requests: npt.NDArray[np.int64] | None = None
    offset_ns: int = 0
    bin_ns: int = MINUTE_NS
    earlier: tuple[Callable[[], Part], ...] = ()
    arrived: int = 0
    tabulated: Tabulated | None = None

    def become(self, tabulated: Tabulated) -> RunOutcome:
        """Return the outcome as its tables and its life times, which is less to keep and to hand to other processes."""
        statistics: Any = self.statistics
        nothing = Statistics(*(counted[:0] for counted in statistics))
        lives = History(nodes=self.history.nodes, pods=self.history.pods)
        return replace(self, statistics=nothing, history=lives, requests=None, earlier=(), tabulated=tabulated)

    def parts(self) -> Iterator[RunOutcome]:
        """Yield the stretches of the replication one after the other, each as an outcome of its own."""
        for load in self.earlier:
            part = load()
            yield replace(self, statistics=part.statistics, history=part.history, offset_ns=part.offset_ns, earlier=())
        yield replace(self, earlier=())

    def by_minutes(self) -> RunOutcome:
        """Return the same outcome with its counters summed to minutes."""
        return replace(self, statistics=by_minutes(self.statistics, self.bin_ns), bin_ns=MINUTE_NS)

    @property
    def complete(self) -> bool:
        """Whether the replication reached the end of its window."""
        return self.complete_until_ns >= self.warm_up_ns + self.duration_ns
