"""From what was counted to measurements: `read_access_logs`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from fvcapacity.inputs.access_log.ledger import Ledger
from fvcapacity.inputs.access_log.options import LogOptions
from fvcapacity.inputs.access_log.reader import LogReader, Progress, in_order_of_time
from fvcapacity.inputs.access_log.routes import OTHER
from fvcapacity.inputs.access_log.tally import EDGES_S, Floats, Ints, Tally
from fvcapacity.inputs.measurements import (
    LATENCY,
    TRAFFIC,
    USAGE,
    Coverage,
    Measurements,
    Provenance,
    Remark,
    empty,
    joined,
    write_measurements,
)
from fvcapacity.tabular.columns import Column, TableSpec
from fvcapacity.tabular.frames import conform
from fvcapacity.units import NS_PER_S, format_duration

LOG_ROUTES = TableSpec(
    "log_routes",
    "One route of a log, over all of it.",
    (
        Column("route", "", "string", "Method and path; `other` is what belongs to no route."),
        Column("requests", "requests", "int64", "Requests."),
        Column("share", "1", "float64", "Share of all requests."),
        Column("failed", "requests", "int64", "Of these, the ones answered with 5xx."),
        Column("p50_s", "s", "float64", "Half took at most this long, to 12 %; empty if it is not logged."),
        Column("p95_s", "s", "float64", "95 % took at most this long, to 12 %; empty if it is not logged."),
    ),
)


@dataclass(frozen=True, eq=False)
class AccessLog:
    """What access logs tell of the traffic.

    Attributes
    ----------
    provenance
        Files, interval, how many lines were read, and what else is to be known.
    routes
        The routes and their totals, as `LOG_ROUTES` describes them.
    """

    provenance: Provenance
    routes: pd.DataFrame
    _tally: Tally = field(repr=False)
    _columns: Ints = field(repr=False)
    _names: tuple[str, ...] = field(repr=False)
    _silence: int = field(repr=False)

    def traffic(self) -> Iterator[pd.DataFrame]:
        """Yield the counts in order of time, piece by piece, as `fvcapacity.inputs.measurements.TRAFFIC`."""
        for cells, requests, failed in _covered(self._tally, self._columns, self._silence):
            times = pd.to_datetime(np.repeat(cells * self._tally.step_ns, len(self._names)), utc=True)
            names = np.tile(np.array(self._names, object), cells.size)
            yield conform(
                TRAFFIC,
                {"time_utc": times, "route": names, "requests": requests.ravel(), "failed": failed.ravel()},
            )

    def latency(self) -> pd.DataFrame:
        """Return the response times by route and minute, as `fvcapacity.inputs.measurements.LATENCY`."""
        parts = [
            (np.full(int((counts > 0).sum()), start), position, np.flatnonzero(counts), counts[counts > 0])
            for position, start, counts in self._tally.buckets(self._columns)
        ]
        if not parts:
            return empty(LATENCY)
        positions = np.concatenate([np.full(len(starts), position) for starts, position, _, _ in parts])
        return conform(
            LATENCY,
            {
                "time_utc": pd.to_datetime(np.concatenate([starts for starts, _, _, _ in parts]), utc=True),
                "subject": np.array([f"route/{name}" for name in self._names], object)[positions],
                "le_s": EDGES_S[np.concatenate([buckets for _, _, buckets, _ in parts])],
                "count": np.concatenate([counts for _, _, _, counts in parts]),
            },
        )

    def measurements(self) -> Measurements:
        """Return all of it in memory; `save` needs less."""
        return Measurements(self.provenance, joined(TRAFFIC, list(self.traffic())), latency=self.latency())

    def save(self, directory: str | Path) -> Path:
        """Write a directory of measurements, whose ``traffic.csv.gz`` a scenario reads as ``traffic.file``.

        Raises
        ------
        InputError
            When something that is not ours stands there, or it cannot be written.
        """
        return write_measurements(directory, self.provenance, self.traffic(), empty(USAGE), self.latency())


def read_access_logs(
    paths: Sequence[str], options: LogOptions | None = None, *, on_bytes: Progress | None = None
) -> AccessLog:
    """Read access logs in one pass; memory grows with routes and intervals, not with lines.

    Parameters
    ----------
    paths
        Files, plain or gzip, in any order; ``-`` for standard input.
    options
        How to read them.
    on_bytes
        Told how many more bytes were read.

    Returns
    -------
    AccessLog
        Routes with their totals, how many lines were read, and ``traffic()``: counts by route and interval.

    Raises
    ------
    InputError
        When a file cannot be read, its format is not known, more of its lines are unreadable than may be, or nothing
        is left to count.
    """
    options = options or LogOptions()
    reader = LogReader(options)
    for log in in_order_of_time(paths, options):
        reader.read(log, on_bytes)
    reader.ledger.check(options)
    columns, names = _kept_routes(reader)
    silence = max(1, options.silence_ns // options.step_ns)
    first, last, gaps = _span(reader.tally, columns, silence)
    step_ns = options.step_ns
    remarks = [*reader.ledger.remarks(options), *_more_remarks(reader, step_ns, gaps, names)]
    provenance = Provenance(
        source=_source([record.name for record in reader.ledger.files]),
        start=_moment(first * step_ns),
        end=_moment((last + 1) * step_ns),
        interval_s=step_ns / NS_PER_S,
        counts_from="access log",
        coverage=_coverage(reader.ledger, len(names)),
        remarks=tuple(remarks),
    )
    tally = reader.tally
    return AccessLog(provenance, _totals(tally, columns, names), tally, columns, names, silence)


def _kept_routes(reader: LogReader) -> tuple[Ints, tuple[str, ...]]:
    """Return the columns that are kept and their names; the requests of the others go to `OTHER`."""
    names = reader.routes.names
    totals = reader.tally.requests.totals(len(names))
    most = len(names) if reader.options.routes is not None else reader.options.most_routes
    used = [int(column) for column in np.argsort(-totals, kind="stable") if totals[column] and column]
    for column in used[most:]:
        reader.tally.merge(column, 0)
    reader.ledger.in_other = int(totals[0] + totals[used[most:]].sum())
    kept = sorted(used[:most], key=lambda column: names[column].split(" ")[::-1])
    if reader.ledger.in_other:
        kept.append(0)
    return np.array(kept, np.int64), tuple(names[column] for column in kept)


def _covered(tally: Tally, columns: Ints, silence: int) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Yield the intervals that the log covers, with requests and failures of shape (intervals, columns).

    An interval without a request is covered when the requests around it are at most ``silence`` intervals apart.
    """
    last: int | None = None
    for start, requests, failed in tally.stretches(columns):
        active = start + np.flatnonzero(requests.any(axis=1))
        known = np.concatenate([[last], active]) if last is not None else active
        cells = _between(known, silence)
        if last is not None:
            cells = cells[1:]
        here = cells >= start
        shape = (int((~here).sum()), columns.size)
        quiet = np.zeros(shape, np.int64)
        rows = cells[here] - start
        yield cells, np.concatenate([quiet, requests[rows]]), np.concatenate([quiet, failed[rows]])
        last = int(active[-1])


def _between(active: Ints, silence: int) -> Ints:
    """Return the intervals with a request and those between two of them that are near each other, in order."""
    ends = np.append(np.where(np.diff(active) <= silence, active[1:], active[:-1] + 1), active[-1] + 1)
    lengths = ends - active
    offsets = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(active, lengths) + offsets


def _span(tally: Tally, columns: Ints, silence: int) -> tuple[int, int, list[tuple[int, int]]]:
    """Return the first and the last interval with a request, and the silences in between: (first, length)."""
    first, last, gaps = -1, -1, []
    for start, requests, _ in tally.stretches(columns):
        active = start + np.flatnonzero(requests.any(axis=1))
        first = int(active[0]) if first < 0 else first
        known = active if last < 0 else np.concatenate([[last], active])
        for index in np.flatnonzero(np.diff(known) > silence):
            gaps.append((int(known[index]) + 1, int(known[index + 1] - known[index]) - 1))
        last = int(active[-1])
    return first, last, gaps


def _totals(tally: Tally, columns: Ints, names: Sequence[str]) -> pd.DataFrame:
    size = int(columns.max()) + 1
    requests, failed = tally.requests.totals(size)[columns], tally.failed.totals(size)[columns]
    counts = np.zeros((columns.size, EDGES_S.size), np.int64)
    for position, _, buckets in tally.buckets(columns):
        counts[position] += buckets
    table = conform(
        LOG_ROUTES,
        {
            "route": list(names),
            "requests": requests,
            "share": requests / requests.sum(),
            "failed": failed,
            "p50_s": _percentiles(counts, 0.50),
            "p95_s": _percentiles(counts, 0.95),
        },
    )
    return table.sort_values(["requests", "route"], ascending=[False, True], ignore_index=True)


def _percentiles(counts: Ints, share: float) -> Floats:
    """Return the upper edge of the bucket that holds the percentile, by row; NaN for a row without counts."""
    below = np.cumsum(counts, axis=1)
    total = below[:, -1:]
    edges = EDGES_S[np.argmax(below >= share * total, axis=1)]
    return np.where(total[:, 0] > 0, edges, np.nan)


def _coverage(ledger: Ledger, routes: int) -> tuple[Coverage, ...]:
    return tuple(
        Coverage(
            query=record.name,
            name=f"access log, {record.format or 'empty'}",
            series=routes,
            samples=record.entries,
            expected=record.lines,
        )
        for record in ledger.files
    )


def _more_remarks(reader: LogReader, step_ns: int, gaps: list[tuple[int, int]], names: Sequence[str]) -> list[Remark]:
    out = []
    if reader.clock.naive:
        zone = reader.options.zone.key
        message = f"times without an offset are read as local time of {zone}"
        if reader.clock.guessed:
            message += "; in the hour that it shows twice, the order of the lines tells which is meant"
        out.append(Remark(rule="log-time-zone", message=message, hint="--time-zone gives another"))
    if gaps:
        first, length = max(gaps, key=lambda gap: gap[1])
        message = (
            f"{len(gaps)} silence{'s'[: len(gaps) - 1]} of more than {format_duration(reader.options.silence_ns)}, the "
            f"longest from {_moment(first * step_ns):%Y-%m-%dT%H:%M:%SZ} for {format_duration(length * step_ns)}: "
            "missing, not zero"
        )
        hint = "--silence gives another limit; --from and --until choose a stretch"
        out.append(Remark(severity="warning", rule="log-gap", message=message, hint=hint))
    if reader.ledger.in_other:
        share = 100 * reader.ledger.in_other / reader.ledger.counted
        message = f"{reader.ledger.in_other:,} requests ({share:.1f} %) belong to no route and are counted as {OTHER!r}"
        hint = "a scenario leaves them out" if reader.options.routes is not None else "--max-routes keeps more routes"
        out.append(Remark(rule="log-other-routes", message=message, hint=hint))
    if reader.ledger.shifted or reader.tally.latency.parts:
        out.append(Remark(rule="log-latency", message="response times are in intervals of 1 min"))
    return out


def _source(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _moment(instant_ns: int) -> datetime:
    return datetime.fromtimestamp(instant_ns // NS_PER_S, UTC).replace(microsecond=instant_ns % NS_PER_S // 1000)
