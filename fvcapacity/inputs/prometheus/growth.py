"""How much counters grew in each interval of a grid: aware of resets, of births, and of what nobody saw.

Between two samples a counter is taken to grow evenly; on samples that stand on the grid nothing is spread, and off it
each interval gets its share of the growth across its edges. So the sum over intervals is the counters' growth, to the
last digit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen

Floats = npt.NDArray[np.float64]
SEEN_SHARE = 0.9
"""Share of an interval's time that has to be seen for its figure to count."""
BIRTH_S = 300.0
"""A counter that begins while others were read within this time began at zero."""


class Grid(Frozen):
    """Intervals of ``step_s`` from ``start_s``."""

    start_s: int
    step_s: int
    count: int

    @property
    def end_s(self) -> int:
        """End of the last interval."""
        return self.start_s + self.step_s * self.count

    def rows(self, first_s: float, last_s: float) -> tuple[int, int]:
        """Return the intervals (from, to) that a span of time touches."""
        first = int(np.floor((first_s - self.start_s) / self.step_s))
        last = int(np.ceil((last_s - self.start_s) / self.step_s))
        return min(max(first, 0), self.count), min(max(last, 0), self.count)

    def edges(self, first: int, last: int) -> Floats:
        """Return the edges of the intervals ``first`` to ``last``, one more than intervals."""
        return np.arange(first, last + 1, dtype=np.float64) * self.step_s + self.start_s


class Growth(Frozen):
    """Growth of one series over some intervals of a grid, from ``first`` on.

    Attributes
    ----------
    grown
        Growth in each interval.
    seen_s, unseen_s
        Seconds between samples that follow each other as they should, and between those that do not (while the
        counter went on).
    """

    first: int
    grown: Floats
    seen_s: Floats
    unseen_s: Floats


@dataclass(slots=True)
class Tally:
    """What was met on the way, for remarks."""

    samples: int = 0
    resets: int = 0
    births: int = 0
    born: float = 0.0
    unborn: float = 0.0
    not_numbers: int = 0
    unordered: int = 0


@dataclass(slots=True)
class Follower:
    """Follows one series from piece to piece.

    Attributes
    ----------
    last_s, last
        Instant and value of the last sample.
    known
        Whether there was one.
    twin
        Whether another series told the same before: then its first sample is no birth.
    echo
        Whether another that tells the same began with it: its birth has been told already.
    first_s
        Instant of the first sample.
    span_s
        Usual time between its own samples: others of the query may be scraped more often.
    """

    last_s: float = float("nan")
    last: float = float("nan")
    known: bool = False
    twin: bool = False
    echo: bool = False
    first_s: float = float("nan")
    span_s: float = 0.0


@dataclass(slots=True)
class Watch:
    """When anything of a query was read at all.

    Attributes
    ----------
    watched_s
        Seconds of each interval in which samples followed each other.
    runs
        Instants at which somebody began to look, after nobody had for `BIRTH_S`; of the latest piece.
    """

    grid: Grid
    gap_s: float
    watched_s: Floats = field(init=False)
    runs: Floats = field(init=False)
    _last_s: float = float("-inf")

    def __post_init__(self) -> None:
        self.watched_s = np.zeros(self.grid.count)
        self.runs = np.empty(0)

    def take(self, times: Floats) -> None:
        """Note the instants of the next samples of all series, sorted."""
        fresh = times[times > self._last_s]
        if not fresh.size:
            return
        known = fresh if np.isinf(self._last_s) else np.concatenate(([self._last_s], fresh))
        spans = np.diff(known)
        first, last = self.grid.rows(known[0], known[-1])
        if last > first and spans.size:
            total = np.concatenate(([0.0], np.cumsum(np.where(spans <= self.gap_s, spans, 0.0))))
            self.watched_s[first:last] += np.diff(np.interp(self.grid.edges(first, last), known, total))
        begun = known[1:][spans > max(BIRTH_S, self.gap_s)]
        self.runs = np.concatenate((self.runs[-1:] if self.runs.size else known[:1], begun))
        self._last_s = float(fresh[-1])


class Pace(Frozen):
    """How often samples come: a new series began at most ``scrape_s`` before its first one; ``gap_s`` is too long."""

    scrape_s: float
    gap_s: float


def follow(
    series: Follower, times: Floats, values: Floats, grid: Grid, pace: Pace, runs: Floats, tally: Tally
) -> Growth | None:
    """Take the next samples of a series; return its growth, None when there is nothing to tell yet.

    Parameters
    ----------
    series
        What is known of it; brought up to date.
    times, values
        Its next samples, sorted by time.
    runs
        `Watch.runs`, the piece with these samples taken.
    """
    times, values = _fresh(series, times, values, tally)
    if not times.size:
        return None
    if np.isnan(series.first_s):
        series.first_s = float(times[0])
    if series.known:
        times, values = np.concatenate(([series.last_s], times)), np.concatenate(([series.last], values))
    elif series.twin:
        pass
    elif _is_birth(times[0], runs, pace):
        if not series.echo:
            tally.births += 1
            tally.born += float(values[0])
        times, values = np.concatenate(([times[0] - pace.scrape_s], times)), np.concatenate(([0.0], values))
    elif runs.size > 1 and times[0] >= runs[1]:
        tally.unborn += float(values[0])
    series.last_s, series.last, series.known = float(times[-1]), float(values[-1]), True
    first, last = grid.rows(times[0], times[-1])
    if times.size < 2 or last <= first:
        return None
    if times.size > 3:
        series.span_s = float(np.median(np.diff(times)))
    own = Pace(pace.scrape_s, max(pace.gap_s, 2.5 * series.span_s))
    return _spread(times, values, grid, first, last, own, tally)


def _fresh(series: Follower, times: Floats, values: Floats, tally: Tally) -> tuple[Floats, Floats]:
    good = np.isfinite(values)
    tally.not_numbers += int((~good).sum())
    if series.known:
        good &= times > series.last_s
    times, values = times[good], values[good]
    tally.samples += times.size
    return times, values


def _is_birth(first_s: float, runs: Floats, pace: Pace) -> bool:
    """Tell whether somebody had been looking for a while when a series began: then it began at zero."""
    run = int(np.searchsorted(runs, first_s, side="right")) - 1
    return run >= 0 and bool(first_s - runs[run] > 1.5 * pace.scrape_s)


def _spread(times: Floats, values: Floats, grid: Grid, first: int, last: int, pace: Pace, tally: Tally) -> Growth:
    growth, spans = np.diff(values), np.diff(times)
    reset = growth < 0
    if reset.any():
        tally.resets += int(reset.sum())
        growth = np.where(reset, values[1:], growth)
    edges = grid.edges(first, last)
    far = spans > pace.gap_s
    if not far.any():
        grown = np.diff(np.interp(edges, times, _total(growth)))
        seen = np.diff(np.clip(edges, times[0], times[-1]))
        return Growth(first, grown, seen, np.zeros_like(seen))
    # What was away and began again counts of the time after that; when that was, nobody saw.
    away = np.flatnonzero(far & reset)
    times = np.insert(times, away + 1, times[away + 1] - pace.scrape_s)
    growth = np.insert(growth, away, 0.0)
    gone = np.insert(np.zeros(far.size, bool), away, True)
    far[away] = False
    unseen = np.insert(far, away, False)
    spans = np.diff(times)
    totals = [_total(part) for part in (growth, spans * ~(unseen | gone), spans * unseen)]
    return Growth(first, *(np.diff(np.interp(edges, times, total)) for total in totals))


def _total(parts: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(parts)))
