"""Counts by route and interval, and response times in buckets: memory grows with time, not with lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SLOTS = 3600
"""Intervals of one array of counts."""
LATENCY_NS = 60 * 10**9
LATENCY_SLOTS = 60
EDGES_S: Floats = np.append(np.round(10.0 ** (np.arange(-60, 41) / 20), 6), np.inf)
"""Upper edges of the buckets of response times: 20 a decade, from 1 ms to 100 s, each 12 % above the one before."""


class Cells:
    """Counts by column and cell; only stretches (``width`` cells) of a column that hold a count take memory."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.parts: dict[tuple[int, int], npt.NDArray[np.uint32]] = {}

    @property
    def size(self) -> int:
        """Cells that take memory."""
        return len(self.parts) * self.width

    def add(self, columns: Ints, cells: Ints) -> None:
        """Count one for each pair of a column and a cell."""
        if not cells.size:
            return
        stretches, within = np.divmod(cells, self.width)
        first = int(stretches.min())
        span = int(columns.max()) + 1
        if (int(stretches.max()) - first + 1) * span * self.width >= 2**62:  # a clock that jumps by thousands of years
            for stretch in np.unique(stretches):
                here = stretches == stretch
                self.add(columns[here], cells[here])
            return
        codes, counts = np.unique(((stretches - first) * span + columns) * self.width + within, return_counts=True)
        groups, within = np.divmod(codes, self.width)
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        for begin, end in zip(starts, [*starts[1:], groups.size], strict=True):
            stretch, column = divmod(int(groups[begin]), span)
            self._part(stretch + first, column)[within[begin:end]] += counts[begin:end].astype(np.uint32)

    def _part(self, stretch: int, column: int) -> npt.NDArray[np.uint32]:
        part = self.parts.get((stretch, column))
        if part is None:
            part = self.parts[stretch, column] = np.zeros(self.width, np.uint32)
        return part

    def merge(self, old: int, new: int) -> None:
        """Add one column to another."""
        for stretch, column in [key for key in self.parts if key[1] == old]:
            self._part(stretch, new)[:] += self.parts.pop((stretch, column))

    def stretches(self) -> list[int]:
        """Return the stretches that hold a count, in order."""
        return sorted({stretch for stretch, _ in self.parts})

    def totals(self, columns: int) -> Ints:
        """Return the counts by column, shape (columns,)."""
        totals = np.zeros(columns, np.int64)
        for (_, column), part in self.parts.items():
            totals[column] += int(part.sum())
        return totals

    def matrix(self, stretch: int, columns: Ints) -> npt.NDArray[np.uint32]:
        """Return a stretch as a matrix, shape (width, columns)."""
        none = np.zeros(self.width, np.uint32)
        return np.stack([self.parts.get((stretch, int(column)), none) for column in columns], axis=1)


class Tally:
    """What is known of all entries so far: requests, failures and response times."""

    def __init__(self, step_ns: int) -> None:
        self.step_ns = step_ns
        self.requests = Cells(SLOTS)
        self.failed = Cells(SLOTS)
        self.latency = Cells(LATENCY_SLOTS * EDGES_S.size)

    @property
    def size(self) -> int:
        """Cells that take memory, 4 bytes each."""
        return self.requests.size + self.failed.size + self.latency.size

    def add(self, columns: Ints, times_ns: Ints, statuses: Ints, durations_s: Floats | None) -> None:
        """Count requests: their routes, instants, answers and response times (NaN where there is none)."""
        cells = times_ns // self.step_ns
        self.requests.add(columns, cells)
        bad = statuses >= 500
        self.failed.add(columns[bad], cells[bad])
        if durations_s is not None:
            known = ~np.isnan(durations_s)
            buckets = np.searchsorted(EDGES_S, durations_s[known], side="left")
            self.latency.add(columns[known], times_ns[known] // LATENCY_NS * EDGES_S.size + buckets)

    def merge(self, old: int, new: int) -> None:
        """Make one route part of another."""
        for cells in (self.requests, self.failed, self.latency):
            cells.merge(old, new)

    def stretches(self, columns: Ints) -> Iterator[tuple[int, npt.NDArray[np.uint32], npt.NDArray[np.uint32]]]:
        """Yield stretches of `SLOTS` intervals that hold a request: the first interval, requests and failures.

        The matrices have shape (SLOTS, columns).
        """
        for stretch in self.requests.stretches():
            yield stretch * SLOTS, self.requests.matrix(stretch, columns), self.failed.matrix(stretch, columns)

    def buckets(self, columns: Ints) -> Iterator[tuple[int, int, Ints]]:
        """Yield response times by route and minute: position in ``columns``, start of the minute, counts by bucket."""
        for stretch in self.latency.stretches():
            for position, column in enumerate(columns):
                part = self.latency.parts.get((stretch, int(column)))
                if part is None:
                    continue
                minutes = part.reshape(LATENCY_SLOTS, EDGES_S.size).astype(np.int64)
                for minute in np.flatnonzero(minutes.any(axis=1)):
                    yield position, (stretch * LATENCY_SLOTS + int(minute)) * LATENCY_NS, minutes[minute]
