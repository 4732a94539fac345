"""One query of a profile, from its pieces to rows: raw samples of counters, or what the server computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.growth import Follower, Growth, Tally, Watch, follow
from fvcapacity.inputs.prometheus.labels import Labels
from fvcapacity.inputs.prometheus.pieces import Keeper, Piece, Samples, fetch_range, fetch_raw
from fvcapacity.inputs.prometheus.plan import Plan
from fvcapacity.inputs.prometheus.reading import Reading
from fvcapacity.inputs.prometheus.rows import Bools, Key, Rows


@dataclass
class Collected:
    """What one query gave.

    Attributes
    ----------
    watched
        Intervals in which the query was read at all.
    method
        How its figures came about: ``raw counters``, ``increase over 60s``, ``avg_over_time over 60s``.
    """

    reading: Reading
    rows: Rows
    watched: Bools
    method: str
    expression: str
    scrape_s: float
    tally: Tally = field(default_factory=Tally)
    series: int = 0
    duplicates: int = 0
    warnings: dict[str, None] = field(default_factory=dict)


def collect(
    client: PrometheusClient, plan: Plan, keeper: Keeper, progress: Callable[[], None] | None = None
) -> Collected:
    """Fetch a query piece by piece, and add it up.

    Raises
    ------
    SourceError
        When a piece cannot be had; the pieces before it are kept.
    """
    collector: _Raw | _Computed = _Raw(plan) if plan.raw else _Computed(plan)
    for piece in _fetched(client, plan, keeper):
        collector.take(piece)
        collector.collected.warnings.update(dict.fromkeys(piece.warnings))
        if progress is not None:
            progress()
    collector.finish()
    return collector.collected


def _fetched(client: PrometheusClient, plan: Plan, keeper: Keeper) -> Iterator[Piece]:
    expression, step_s = plan.expression, plan.grid.step_s
    for first, second in plan.pieces():
        if plan.raw:
            yield keeper.get(
                f"{expression} raw {first} {second}",
                lambda a=first, b=second: fetch_raw(client, expression, a, b),  # type: ignore[misc]
            )
            continue
        middle = (plan.window_s - step_s) // 2  # the window's middle is the interval's
        start = plan.grid.start_s + (first + 1) * step_s + middle
        yield keeper.get(
            f"{expression} range {start} {second} {step_s}",
            lambda a=start, n=second: fetch_range(client, expression, a, n, step_s),  # type: ignore[misc]
        )


class _Raw:
    """Raw samples of counters: the growth of each series, duplicates told apart by what was seen."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._followers: dict[Labels, Follower] = {}
        self._families: dict[Labels, list[Follower]] = {}
        self._named: dict[Labels, tuple[Labels, list[Key], str]] = {}
        self._watch = Watch(plan.grid, plan.pace.gap_s)
        rows = Rows(plan.grid)
        none = np.zeros(plan.grid.count, bool)
        self.collected = Collected(plan.reading, rows, none, plan.method, plan.expression, plan.scrape_s)

    def take(self, piece: Piece) -> None:
        """Take the next piece."""
        if not piece.series:
            return
        self._watch.take(np.unique(np.concatenate([item.times for item in piece.series])))
        same: dict[Labels, list[Samples]] = {}
        for item in piece.series:
            same.setdefault(self._name(item.labels)[0], []).append(item)
        for identity, items in same.items():
            growths = self._growths(identity, items)
            if growths:
                _, keys, service = self._named[items[0].labels]
                best = growths[0] if len(growths) == 1 else best_of(growths, self._plan.scrape_s)
                self.collected.rows.add_growth(best, keys, service, self._scale)

    def _growths(self, identity: Labels, items: list[Samples]) -> list[Growth]:
        """Return what the series of one identity tell, the preferred one first."""
        told: dict[Labels, Growth] = {}
        family = self._families.setdefault(identity, [])
        for item in sorted(items, key=lambda item: float(item.times[0]) if item.times.size else np.inf):
            follower = self._followers.get(item.labels)
            if follower is None:
                follower = self._followers[item.labels] = _heir(family, item, self._plan.scrape_s)
                family.append(follower)
            plan, tally = self._plan, self.collected.tally
            growth = follow(follower, item.times, item.values, plan.grid, plan.pace, self._watch.runs, tally)
            if growth is not None:
                told[item.labels] = growth
        return [told[item.labels] for item in sorted(items, key=_preferred) if item.labels in told]

    def finish(self) -> None:
        """Settle what is known."""
        self.collected.series = len(self._followers)
        self.collected.duplicates = len(self._followers) - len(self._families)
        self.collected.watched = self._watch.watched_s >= 0.9 * self._plan.grid.step_s

    @property
    def _scale(self) -> float:
        query = self._plan.reading.query
        return 1.0 if query.kind == "histogram" else query.scale

    def _name(self, labels: Labels) -> tuple[Labels, list[Key], str]:
        named = self._named.get(labels)
        if named is None:
            reading, by_name = self._plan.reading, dict(labels)
            named = self._named[labels] = (reading.identity(by_name), *reading.keys(by_name))
        return named


def _heir(family: list[Follower], item: Samples, scrape_s: float) -> Follower:
    """Return how a new series is followed: one that takes another's place goes on from where that stopped."""
    ended = [other for other in family if other.known and item.times.size and other.last_s < item.times[0]]
    if ended:
        last = max(ended, key=lambda other: other.last_s)
        return Follower(last.last_s, last.last, known=True)
    begun = item.times[0] - 1.5 * scrape_s if item.times.size else np.inf
    twin = any(other.first_s < begun for other in family)
    return Follower(twin=twin, echo=bool(family) and not twin)


def best_of(growths: list[Growth], slack_s: float) -> Growth:
    """Return one growth of several that tell the same: in each interval the first, unless another saw more of it.

    Parameters
    ----------
    slack_s
        How much more: replicas scrape at different times, and see the edges of a series' life differently.
    """
    first = min(item.first for item in growths)
    stop = max(item.first + item.grown.size for item in growths)
    shape = (len(growths), stop - first)
    grown, seen, unseen = (np.zeros(shape) for _ in range(3))
    for number, item in enumerate(growths):
        where = slice(item.first - first, item.first - first + item.grown.size)
        grown[number, where], seen[number, where], unseen[number, where] = item.grown, item.seen_s, item.unseen_s
    favoured = seen + np.where(np.arange(len(growths)) == 0, slack_s, 0.0)[:, np.newaxis]
    best = np.argmax(np.round(favoured, 6), axis=0), np.arange(stop - first)
    return Growth(first, grown[best], seen[best], unseen[best])


def _preferred(item: Samples) -> tuple[bool, Labels]:
    """Order of duplicates: the kubelet's own first, then by labels."""
    return dict(item.labels).get("job") != "kubelet", item.labels


class _Computed:
    """What the server computed: a mean of gauges, growth of counters, on our grid already."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._named: dict[Labels, tuple[list[Key], str]] = {}
        query = plan.reading.query
        self._scale = plan.grid.step_s / plan.window_s if query.kind != "gauge" else 1.0
        self._scale *= 1.0 if query.kind == "histogram" else query.scale
        self._largest = query.kind == "gauge" and query.across == "max"
        none = np.zeros(plan.grid.count, bool)
        self.collected = Collected(
            plan.reading, Rows(plan.grid), none, plan.method, plan.expression, plan.scrape_s,
            series=plan.reading.found.most,
        )  # fmt: skip

    def take(self, piece: Piece) -> None:
        """Take the next piece."""
        grid, rows = self._plan.grid, self.collected.rows
        for item in piece.series:
            where = np.rint((item.times - grid.start_s) / grid.step_s - self._shift).astype(np.int64)
            good = np.isfinite(item.values) & (where >= 0) & (where < grid.count)
            self.collected.tally.not_numbers += int((~np.isfinite(item.values)).sum())
            where, values = where[good], item.values[good] * self._scale
            self.collected.tally.samples += where.size
            keys, service = self._name(item.labels)
            for key in keys:
                row = rows.row(key, service, -np.inf if self._largest else 0.0)
                row.values[where] = (
                    np.maximum(row.values[where], values) if self._largest else row.values[where] + values
                )
            rows.of_service(service).seen_s[where] = grid.step_s
            self.collected.watched[where] = True

    def finish(self) -> None:
        """Nothing is left to settle."""

    @property
    def _shift(self) -> float:
        return 1.0 + ((self._plan.window_s - self._plan.grid.step_s) // 2) / self._plan.grid.step_s

    def _name(self, labels: Labels) -> tuple[list[Key], str]:
        named = self._named.get(labels)
        if named is None:
            named = self._named[labels] = self._plan.reading.keys(dict(labels))
        return named
