"""Read request counts from CSV, compressed CSV or Parquet into plain arrays, with every bad line named.

A row is the number of requests in the interval that *begins* at its timestamp. An empty count is a missing figure,
never zero. Timestamps carry an offset (or Z), or are seconds or milliseconds since 1970, or are local time of the
scenario's time zone; in the hour that the clock shows twice, the order of the rows tells which is meant.
"""

from __future__ import annotations

import gzip
import io
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.errors import Location, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.counts_columns import Clock, Columns, find_columns
from fvcapacity.inputs.yaml_source import read_text

MAX_SHOWN = 5
"""Lines shown one by one for each kind of problem; the rest is counted."""

MAX_UNPACKED_BYTES = 512 * 2**20
"""Of a packed file; a thousandth of it may be on disk."""
MAX_ROWS = 10_000_000
MAX_HEADER_BYTES = 100_000

_FORMATS = (".csv", ".csv.gz", ".parquet")


class Counts(Frozen):
    """Request counts as a file tells them, row by row.

    Attributes
    ----------
    times_ns
        int64, shape (rows,): start of the interval, nanoseconds since 1970.
    requests
        float64, shape (rows,): NaN where the figure is missing.
    routes
        Label of the route per row, or None when the file knows no routes.
    lines
        int64, shape (rows,): line of the file (Parquet: number of the row).
    """

    file: str
    times_ns: npt.NDArray[np.int64]
    requests: npt.NDArray[np.float64]
    routes: npt.NDArray[np.object_] | None
    lines: npt.NDArray[np.int64]
    notes: tuple[str, ...] = ()
    sparse: bool = False
    """The file lists non-zero intervals only: what it does not list is zero."""


@dataclass
class _Report:
    """Collects problems of lines; after the first few of a kind they are only counted."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def lines(self, lines: npt.NDArray[np.int64], values: Any, message: str, hint: str, rule: str) -> None:
        for line, value in list(zip(lines.tolist(), values, strict=True))[:MAX_SHOWN]:
            self.problems.append(Problem(message.format(value), Location(self.file, line), hint=hint, rule=rule))
        if len(lines) > MAX_SHOWN:
            more = f"and {len(lines) - MAX_SHOWN} more lines like these"
            self.problems.append(Problem(more, Location(self.file, int(lines[MAX_SHOWN])), rule=rule))


def read_counts(path: Path, zone: ZoneInfo) -> tuple[Counts | None, list[Problem]]:
    """Read a file of counts.

    Returns
    -------
    tuple
        The counts and no problems, or None and all problems of the file.
    """
    raw, problems = read_text(path)
    if raw is None:
        return None, problems
    report = _Report(str(path))
    if path.name.endswith(".parquet"):
        frame, sparse = _parquet(path, report), False
    elif path.name.endswith((".csv", ".csv.gz")):
        frame, sparse = _csv(raw, path, report)
    else:
        message = f"{path.name!r} is no file of counts that can be read"
        return None, [Problem(message, Location(str(path)), hint=f"give one of {', '.join(_FORMATS)}")]
    if frame is None:
        return None, report.problems
    columns, problems = find_columns([str(name) for name in frame.columns], Location(str(path)))
    if columns is None:
        return None, report.problems + problems
    counts = _counts(frame, columns, zone, report, sparse)
    return (None, report.problems) if report.problems else (counts, [])


def _csv(raw: bytes, path: Path, report: _Report) -> tuple[pd.DataFrame | None, bool]:
    place = Location(str(path))
    try:
        data = _unpacked(raw) if path.name.endswith(".gz") else raw
        if data is None or data.count(b"\n") > MAX_ROWS or len(data.partition(b"\n")[0]) > MAX_HEADER_BYTES:
            message = f"the table is larger than {MAX_ROWS:,} rows or {MAX_UNPACKED_BYTES // 2**20} MiB"
            hint = "cut it into parts, or count by longer intervals"
            report.problems.append(Problem(message, place, hint=hint, rule="file-too-large"))
            return None, False
        text = data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        report.problems.append(Problem(f"the file cannot be read: {error}", place, rule="unreadable-file"))
        return None, False
    comments, sparse = 0, False
    for line in io.StringIO(text):
        if not line.startswith("#"):
            break
        comments += 1
        sparse = sparse or line[1:].strip().lower() in ("sparse", "sparse: true")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # cells beyond the header are not read
            frame = pd.read_csv(
                io.StringIO(text), dtype=str, keep_default_na=False, skiprows=comments, skip_blank_lines=False,
                index_col=False,
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        message = f"this is no CSV table: {error}"
        report.problems.append(Problem(message, place, hint="one header line, then rows", rule="unreadable-file"))
        return None, False
    frame = frame.fillna("")
    frame.index = frame.index + comments + 2
    return frame[(frame != "").any(axis=1)], sparse


def _unpacked(raw: bytes) -> bytes | None:
    """Return what is packed, of one member or several; None when it is more than memory is meant for."""
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
        data = file.read(MAX_UNPACKED_BYTES + 1)
    return data if len(data) <= MAX_UNPACKED_BYTES else None


def _parquet(path: Path, report: _Report) -> pd.DataFrame | None:
    from fvcapacity.tabular.parquet_input import read_any

    try:
        table = read_any(path)
    except (ValueError, OSError) as error:
        message = f"this is no Parquet table that can be read: {str(error).splitlines()[0]}"
        report.problems.append(Problem(message, Location(str(path)), rule="unreadable-file"))
        return None
    if len(table) > MAX_ROWS:
        report.problems.append(_too_many_rows(path))
        return None
    frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame


def _too_many_rows(path: Path) -> Problem:
    hint = "cut it into parts, or count by longer intervals"
    return Problem(f"the table is larger than {MAX_ROWS:,} rows", Location(str(path)), hint=hint, rule="file-too-large")


def _counts(frame: pd.DataFrame, columns: Columns, zone: ZoneInfo, report: _Report, sparse: bool) -> Counts | None:
    if frame.empty:
        report.problems.append(Problem("the file has no rows", Location(report.file), rule="traffic-empty"))
        return None
    lines = frame.index.to_numpy(np.int64)
    routes = None if columns.route is None else frame.iloc[:, columns.route].astype(str).to_numpy(object)
    requests = _requests(frame.iloc[:, columns.requests], lines, report)
    notes = list(columns.notes)
    times = _times(frame.iloc[:, columns.time], columns.clock, zone, routes, lines, report, notes)
    if report.problems or times is None:
        return None
    _check_order(times, routes, lines, frame.iloc[:, columns.time].astype(str).to_numpy(object), report)
    return Counts(report.file, times, requests, routes, lines, tuple(notes), sparse)


def _requests(column: pd.Series[Any], lines: npt.NDArray[np.int64], report: _Report) -> npt.NDArray[np.float64]:
    empty = column.isna() if column.dtype.kind in "iuf" else column.isna() | (column.astype(str).str.strip() == "")
    missing = empty.to_numpy(bool)
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    texts = column.to_numpy(object)
    hint = "leave the cell empty for a missing figure"
    wrong = ~np.isfinite(values) & ~missing
    report.lines(lines[wrong], texts[wrong], "{!r} is not a number of requests", hint, "traffic-value")
    negative = values < 0
    report.lines(lines[negative], texts[negative], "{!r}: a number of requests is not negative", hint, "traffic-value")
    return np.where(missing, np.nan, values)


def _times(
    column: pd.Series[Any],
    clock: Clock,
    zone: ZoneInfo,
    routes: npt.NDArray[np.object_] | None,
    lines: npt.NDArray[np.int64],
    report: _Report,
    notes: list[str],
) -> npt.NDArray[np.int64] | None:
    """Return the instants of the rows, or None after a problem was reported."""
    if column.dtype.kind == "M":
        stamps = column
    else:
        texts = column.astype(str).str.strip()
        numeric = texts.str.fullmatch(r"-?[0-9]+(\.[0-9]+)?")
        if bool(numeric.all()):
            return _epoch(texts, clock, lines, report, notes)
        offset = texts.str.contains(r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})$", regex=True)
        if bool(offset.any()) and not bool(offset.all()):
            without = ~offset.to_numpy(bool)
            hint = "write the offset (or Z) on every line, or on none"
            message = "{!r} has no offset from UTC, other lines have one"
            report.lines(lines[without], texts.to_numpy(object)[without], message, hint, "traffic-timestamp")
            return None
        stamps = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=bool(offset.any()) or clock == "utc")
    bad = (stamps.isna() | ~stamps.dt.year.between(1970, 2199)).to_numpy(bool)
    if bad.any():
        hint = "write it like 2026-02-14T18:00:00 (local time) or 2026-02-14T18:00:00-03:00"
        seen = column.to_numpy(object)[bad]
        report.lines(lines[bad], seen, "{!r} is not a timestamp", hint, "traffic-timestamp")
        return None
    if getattr(stamps.dtype, "tz", None) is None:
        return _localised(stamps, zone, routes, lines, report, notes)
    instants: npt.NDArray[np.int64] = stamps.dt.as_unit("ns").astype("int64").to_numpy(np.int64)
    return instants


def _epoch(
    texts: pd.Series[Any], clock: Clock, lines: npt.NDArray[np.int64], report: _Report, notes: list[str]
) -> npt.NDArray[np.int64] | None:
    values = texts.astype(float).to_numpy(np.float64)
    factor = {"epoch_s": 1.0, "epoch_ms": 1e-3}.get(clock)
    if factor is None:
        factor = 1e-3 if np.median(values) > 1e11 else 1.0
        unit = "seconds" if factor == 1.0 else "milliseconds"
        notes.append(f"numbers in the timestamp column are read as {unit} since 1970 (UTC)")
    bad = (values * factor < 0) | (values * factor > 7.2e9)
    if bad.any():
        hint = "use seconds in a column epoch_s, or milliseconds in a column epoch_ms"
        message = "{!r} is no time between 1970 and 2199"
        report.lines(lines[bad], texts.to_numpy(object)[bad], message, hint, "traffic-timestamp")
        return None
    milliseconds: npt.NDArray[np.int64] = np.rint(values * factor * 1e3).astype(np.int64)
    return milliseconds * 1_000_000


def _repeated_once() -> tuple[type[Exception], ...]:
    """Return what pandas raises when the hour that a clock shows twice is in a file once; pandas 2 asks pytz for it."""
    try:
        from pytz.exceptions import AmbiguousTimeError
    except ImportError:
        return (ValueError,)
    return ValueError, AmbiguousTimeError


_REPEATED_ONCE = _repeated_once()


def _localised(
    stamps: pd.Series[Any],
    zone: ZoneInfo,
    routes: npt.NDArray[np.object_] | None,
    lines: npt.NDArray[np.int64],
    report: _Report,
    notes: list[str],
) -> npt.NDArray[np.int64] | None:
    """Read times without offset on the clock of the zone, route by route (each has its own order)."""
    notes.append(f"timestamps without offset are read as local time of {zone.key}")
    out = np.empty(len(stamps), np.int64)
    labels = np.zeros(len(stamps), int) if routes is None else pd.factorize(routes)[0]
    guessed = False
    for label in range(int(labels.max()) + 1):
        rows = np.flatnonzero(labels == label)
        local = pd.DatetimeIndex(stamps.to_numpy()[rows])
        try:
            utc = local.tz_localize(zone, ambiguous="infer", nonexistent="NaT")
        except _REPEATED_ONCE:
            first = np.ones(len(rows), bool)
            utc = local.tz_localize(zone, ambiguous=first, nonexistent="NaT")
            guessed = True
        skipped = np.asarray(utc.isna())
        if skipped.any():
            hint = f"daylight saving of {zone.key} skips it; write timestamps with an offset"
            shown = [str(t) for t in local[skipped]]
            report.lines(lines[rows[skipped]], shown, "{!r} is never shown by the clock", hint, "traffic-timestamp")
            continue
        out[rows] = utc.tz_convert("UTC").as_unit("ns").asi8
    if guessed:
        notes.append("the hour that the clock shows twice stands in the file once; it is read as the first")
    return None if report.problems else out


def _check_order(
    times: npt.NDArray[np.int64],
    routes: npt.NDArray[np.object_] | None,
    lines: npt.NDArray[np.int64],
    shown: npt.NDArray[np.object_],
    report: _Report,
) -> None:
    """Within a route, timestamps ascend and none stands twice."""
    labels = np.zeros(times.size, int) if routes is None else pd.factorize(routes)[0]
    by_route = np.argsort(labels, kind="stable")
    same_route = labels[by_route][1:] == labels[by_route][:-1]
    step = np.diff(times[by_route])
    for wrong, what, hint in (
        (step == 0, "{!r} stands twice" + (" for the same route" if routes is not None else ""),
         "add the counts up, or give the route of each in a column 'route'"),
        (step < 0, "{!r} is earlier than the line before", "sort the file by timestamp"),
    ):  # fmt: skip
        rows = np.sort(by_route[1:][wrong & same_route])
        report.lines(lines[rows], shown[rows], what, hint, "traffic-order")
