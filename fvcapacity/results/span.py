"""Which bins of a run belong to the window, and when they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.dataplane.statistics import WINDOW_NS
from fvcapacity.frozen import Frozen
from fvcapacity.results.outcome import RunOutcome


class Span(Frozen):
    """The bins of one size that count: from the first after the warm-up to the last that was simulated.

    A bin that the warm-up only touches is left out, so that nothing of the warm-up is counted.

    Attributes
    ----------
    first, stop
        Bins ``first .. stop - 1`` of the outcome's arrays.
    offset_ns
        Where the arrays begin, from the start of the run.
    bin_ns
        Length of a bin.
    warm_up_ns, until_ns
        Start of the window and end of what was simulated, from the start of the run.
    end_ns
        End of the window as it was asked for.
    """

    first: int
    stop: int
    bin_ns: int
    warm_up_ns: int
    until_ns: int
    end_ns: int
    offset_ns: int = 0

    @property
    def starts_ns(self) -> npt.NDArray[np.int64]:
        """Start of every bin, from the start of the window."""
        return np.arange(self.first, self.stop, dtype=np.int64) * self.bin_ns + self.offset_ns - self.warm_up_ns

    @property
    def covered_s(self) -> npt.NDArray[np.float64]:
        """How much of every bin was simulated."""
        starts = self.starts_ns + self.warm_up_ns
        return np.minimum(self.bin_ns, self.until_ns - starts) / 1e9

    @property
    def complete(self) -> npt.NDArray[np.bool_]:
        """Whether every bin was simulated to its end (or to the end of the window)."""
        ends = np.minimum(self.starts_ns + self.warm_up_ns + self.bin_ns, self.end_ns)
        return np.asarray(ends <= self.until_ns)

    def __len__(self) -> int:
        """Return the number of bins."""
        return max(self.stop - self.first, 0)


def bins_of(outcome: RunOutcome) -> Span:
    """Return the bins of the counters of a run's window: minutes, or shorter ones."""
    return _span(outcome, outcome.bin_ns, len(outcome.statistics.route_counts))


def windows_of(outcome: RunOutcome) -> Span:
    """Return the five-minute windows of a run's window."""
    return _span(outcome, WINDOW_NS, len(outcome.statistics.route_histogram))


def _span(outcome: RunOutcome, bin_ns: int, bins: int) -> Span:
    end = outcome.warm_up_ns + outcome.duration_ns
    until = min(outcome.complete_until_ns, end)
    before = outcome.offset_ns // bin_ns
    first = min(max(-(-outcome.warm_up_ns // bin_ns) - before, 0), bins)
    return Span(
        first=first,
        stop=max(min(-(-until // bin_ns) - before, bins), first),
        bin_ns=bin_ns,
        warm_up_ns=outcome.warm_up_ns,
        until_ns=until,
        end_ns=end,
        offset_ns=outcome.offset_ns,
    )


def instants(start_ns: int, offsets_ns: Any) -> dict[str, Any]:
    """Return the two time columns of offsets from the window's start.

    Parameters
    ----------
    start_ns
        Epoch nanoseconds (UTC) of the window's start.
    offsets_ns
        int64, shape (rows,).
    """
    offsets = np.asarray(offsets_ns, dtype=np.int64)
    return {"time_utc": pd.to_datetime(offsets + start_ns, utc=True), "time_s": offsets / 1e9}
