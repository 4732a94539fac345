"""How one query is fetched: raw or computed by the server, over which window, in which pieces."""

from __future__ import annotations

import itertools

import numpy as np

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.prometheus.growth import Grid, Pace
from fvcapacity.inputs.prometheus.ranges import MOST_POINTS, spans
from fvcapacity.inputs.prometheus.reading import Reading

MOST_RAW_SAMPLES = 5_000_000
"""Counters of more samples are left for the server to add up."""
PIECE_SAMPLES = 30_000
"""Samples of one answer, about: memory is a few pieces, not the range."""


class Plan(Frozen):
    """How a query is fetched: in which pieces, raw or not."""

    reading: Reading
    grid: Grid
    raw: bool
    scrape_s: float
    now_s: float
    doubled: bool = True
    """Whether some series may tell the same."""

    @property
    def window_s(self) -> int:
        """Window of what the server computes."""
        least = 4 * self.scrape_s if self.reading.query.kind != "gauge" else self.scrape_s
        return int(max(np.ceil(least), self.grid.step_s))

    @property
    def pace(self) -> Pace:
        """When samples are too far apart."""
        return Pace(self.scrape_s, max(2.5 * self.scrape_s, float(self.grid.step_s)))

    @property
    def method(self) -> str:
        """How the figures come about, in words."""
        query = self.reading.query
        if self.raw:
            return "raw counters"
        function = f"{query.over_time}_over_time" if query.kind == "gauge" else "increase"
        return f"{function} over {self.window_s}s"

    @property
    def expression(self) -> str:
        """What the server is asked."""
        query, selected = self.reading.query, self.reading.found.selector
        if self.raw:
            return selected
        if query.kind == "gauge":
            inner, outer = f"{query.over_time}_over_time({selected}[{self.window_s}s])", query.across
        else:
            inner, outer = f"increase({selected}[{self.window_s}s])", "sum"
        inner = self.reading.merged(inner) if self.doubled else inner
        return f"{outer} by ({', '.join(self.reading.wanted_labels)}) ({inner})"

    def pieces(self) -> list[tuple[int, int]]:
        """Return the pieces: (start, end) in seconds of raw samples, or (first point, points) of the grid."""
        if not self.raw:
            points = int(min(max(PIECE_SAMPLES // self.reading.rows, 60), MOST_POINTS))
            return list(spans(self.grid.count, points))
        lead = int(2 * self.pace.gap_s)
        start, end = self.grid.start_s - lead, min(self.grid.end_s + lead, int(self.now_s))
        per_scrape = max(self.reading.found.most, 1)
        length = int(max(PIECE_SAMPLES * self.scrape_s / per_scrape, 2 * self.grid.step_s, 600))
        length = min(length, int(MOST_POINTS * self.scrape_s))
        length = max(length // self.grid.step_s, 1) * self.grid.step_s
        edges = [start, *range(self.grid.start_s + length, end, length), end]
        return list(itertools.pairwise(edges))
