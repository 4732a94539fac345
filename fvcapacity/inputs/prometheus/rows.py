"""Figures on a grid, by what they are of: added up as they come in, and empty where nobody could see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fvcapacity.inputs.prometheus.growth import SEEN_SHARE, Grid, Growth

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Key = tuple[str, ...]
"""What a row is of: ``("requests", ROUTE)``, ``("failed", ROUTE)``, ``("usage", MEASURE, SERVICE)``,
``("latency", SUBJECT, LE)``."""


@dataclass(slots=True)
class Row:
    """Figures of one thing by interval, and the services whose series they are from."""

    values: Floats
    services: set[str]


@dataclass(slots=True)
class Seen:
    """Of one service: seconds of each interval in which its series were seen, and in which they went on unseen."""

    seen_s: npt.NDArray[np.float32]
    unseen_s: npt.NDArray[np.float32]

    @classmethod
    def nothing(cls, count: int) -> Seen:
        """Return a service of which nothing was seen in any of so many intervals."""
        return cls(np.zeros(count, np.float32), np.zeros(count, np.float32))


@dataclass
class Rows:
    """All rows of one query."""

    grid: Grid
    rows: dict[Key, Row] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)

    def row(self, key: Key, service: str, fill: float = 0.0) -> Row:
        """Return a row, made when there was none."""
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = Row(np.full(self.grid.count, fill), set())
        row.services.add(service)
        return row

    def add_growth(self, growth: Growth, keys: Iterable[Key], service: str, scale: float) -> None:
        """Add the growth of a series to its rows, and to what was seen of its service."""
        stop = growth.first + growth.grown.size
        for key in keys:
            self.row(key, service).values[growth.first : stop] += growth.grown * scale
        seen = self.of_service(service)
        seen.seen_s[growth.first : stop] += growth.seen_s.astype(np.float32)
        seen.unseen_s[growth.first : stop] += growth.unseen_s.astype(np.float32)

    def of_service(self, service: str) -> Seen:
        """Return what was seen of a service, made when there was nothing."""
        seen = self.seen.get(service)
        if seen is None:
            seen = self.seen[service] = Seen.nothing(self.grid.count)
        return seen

    def known(self, services: Iterable[str]) -> Bools:
        """Return the intervals in which all of the services that were there were seen, and one was there."""
        there = np.zeros(self.grid.count, bool)
        good = np.ones(self.grid.count, bool)
        for service in services:
            seen = self.seen[service]
            there |= seen.seen_s + seen.unseen_s > 0
            good &= seen.seen_s >= SEEN_SHARE * (seen.seen_s + seen.unseen_s)
        return there & good


def runs(flags: Bools) -> Iterator[tuple[int, int]]:
    """Yield (from, to) of each run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False]))))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
