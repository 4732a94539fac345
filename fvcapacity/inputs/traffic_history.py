"""The whole of a file of counts as days and hours of the local clock: what a forecast learns from."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.errors import Location, Problem, TrafficError
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.counts_file import Counts, read_counts
from fvcapacity.inputs.counts_grid import find_interval, make_grid
from fvcapacity.inputs.stretched import TrafficReader
from fvcapacity.inputs.yaml_source import load_model
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.special_days import SpecialDay, SpecialDaysFile
from fvcapacity.scenario.weekly import DailyScatter, WeeklyShapeFile
from fvcapacity.units import NS_PER_S, format_duration

Floats = npt.NDArray[np.float64]

HOUR_NS = 3_600 * NS_PER_S
DAY_NS = 24 * HOUR_NS
MOST_MISSING = 0.05
"""A day that lacks more of its intervals has no figure; one that lacks less is scaled up."""
_COUNTS = "traffic.csv.gz"


class TrafficHistory(Frozen):
    """Requests by day and hour of the local clock.

    Attributes
    ----------
    first
        The first day.
    daily
        float64, shape (days,): requests of each day; NaN where the day is not known.
    hourly
        float64, shape (days, 24): of each hour; NaN for days that are not known, None when the file has no hours.
        Of the hour that daylight saving shows twice both are counted, one that it skips has none.
    routes
        Labels of routes; empty when the file knows none.
    route_shares
        float64, shape (168, routes): share of each route in the requests of an hour of the week, Monday 00:00 first.
    source
        The file.
    notes
        What a reader must know.
    """

    first: date
    daily: Floats
    hourly: Floats | None
    routes: tuple[str, ...]
    route_shares: Floats | None
    source: str
    notes: tuple[str, ...] = ()

    @property
    def days(self) -> pd.DatetimeIndex:
        """The days as an index without a zone."""
        return pd.date_range(self.first, periods=len(self.daily), freq="D")

    @property
    def known_days(self) -> int:
        """How many days have a figure."""
        return int(np.isfinite(self.daily).sum())


def load_traffic_history(path: str | Path, zone: ZoneInfo) -> TrafficHistory:
    """Read counts of requests (CSV, compressed CSV, Parquet, or a directory of `fvcap pull`) as a history.

    Parameters
    ----------
    path
        The file; timestamps without an offset are local time of ``zone``.
    zone
        Whose days and hours are meant.

    Raises
    ------
    TrafficError
        With everything that is wrong with the file; when it is coarser than a day, or knows no whole day.
    """
    file = Path(path)
    file = file / _COUNTS if file.is_dir() else file
    counts, problems = read_counts(file, zone)
    if counts is None:
        raise TrafficError(problems)
    interval, problems = find_interval(counts)
    if interval is None:
        raise TrafficError(problems)
    if interval > DAY_NS:
        message = f"counts are {format_duration(interval)} apart; a forecast needs at least one for each day"
        raise TrafficError(Problem(message, Location(counts.file), hint="give counts by the hour, or finer"))
    return _by_day(counts, interval, zone)


def load_special_days(path: str | Path) -> tuple[SpecialDay, ...]:
    """Read a file with ``special_days``.

    Raises
    ------
    TrafficError
        With everything that is wrong with it.
    """
    return load_model(Path(path), SpecialDaysFile, TrafficError)[0].special_days


def own_traffic_file(scenario: Scenario) -> Path | None:
    """Return the file of counts that a scenario replays; None when its traffic comes from elsewhere."""
    name, reader = scenario.file.traffic.file, scenario.reader
    return Path(os.path.normpath(reader.base / name)) if name and isinstance(reader, TrafficReader) else None


def daily_scatter(scenario: Scenario) -> DailyScatter | None:
    """Return how days scatter around the week's shape of a scenario, where its file says so."""
    weekly, reader = scenario.file.traffic.weekly, scenario.reader
    if weekly is None or not isinstance(reader, TrafficReader):
        return None
    return load_model(Path(os.path.normpath(reader.base / weekly.file)), WeeklyShapeFile, TrafficError)[0].daily_scatter


def _by_day(counts: Counts, interval_ns: int, zone: ZoneInfo) -> TrafficHistory:
    labels: list[str] = []
    columns = np.zeros(counts.times_ns.size, np.int64)
    if counts.routes is not None:
        named, columns = np.unique(counts.routes.astype(str), return_inverse=True)
        labels = named.tolist()
    grid = make_grid(counts, interval_ns, columns, max(len(labels), 1))
    # an interval belongs to the day and hour of its middle: a day of UTC is then the day of the same date elsewhere
    middles = grid.start_ns + np.arange(len(grid.values), dtype=np.int64) * interval_ns + interval_ns // 2
    local = pd.DatetimeIndex(middles.view("datetime64[ns]")).tz_localize("UTC").tz_convert(zone)
    values = grid.values
    if labels:  # a route that is not named in an interval in which others are had no requests
        heard = np.isfinite(values).any(axis=1, keepdims=True)
        values = np.where(heard & np.isnan(values), 0.0, values)
    total = values.sum(axis=1)
    day = pd.DatetimeIndex(local.tz_localize(None)).normalize()
    table = pd.DataFrame({"day": day, "hour": local.hour, "requests": total, "known": np.isfinite(total)})
    days = pd.date_range(day[0], day[-1], freq="D")
    by_day = table.groupby("day").agg(requests=("requests", "sum"), known=("known", "sum")).reindex(days, fill_value=0)
    ends = (days + pd.Timedelta(1, "D")).tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    begins = days.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    lengths = (ends - begins).total_seconds().to_numpy() * NS_PER_S / interval_ns
    covered = by_day["known"].to_numpy(np.float64) / np.maximum(np.round(lengths), 1)
    whole = (covered >= 1 - MOST_MISSING) & (by_day["requests"].to_numpy() > 0)
    daily = np.where(whole, by_day["requests"].to_numpy(np.float64) / np.maximum(covered, 1e-9), np.nan)
    keep = np.flatnonzero(whole)
    if not keep.size:
        message = f"no day from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d} is there as a whole"
        raise TrafficError(Problem(message, Location(counts.file), hint="give at least two weeks of counts"))
    first, last = int(keep[0]), int(keep[-1]) + 1
    hourly = _hourly(table, days, daily)[first:last] if interval_ns <= HOUR_NS else None
    shares = _route_shares(values, local) if labels else None
    return TrafficHistory(
        days[first].date(), daily[first:last], hourly, tuple(labels), shares, counts.file,
        (*counts.notes, *_notes(whole[first:last], days[first:last])),
    )  # fmt: skip


def _hourly(table: pd.DataFrame, days: pd.DatetimeIndex, daily: Floats) -> Floats:
    by_hour = table.groupby(["day", "hour"])["requests"].sum().unstack("hour")
    hourly = by_hour.reindex(index=days, columns=range(24)).fillna(0.0).to_numpy(np.float64)
    sums = hourly.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(hourly / sums * daily[:, None], np.float64)


def _route_shares(values: Floats, local: pd.DatetimeIndex) -> Floats:
    """Return the shares of the routes by hour of the week; an hour that was never heard of has those of all."""
    slots = local.day_of_week.to_numpy() * 24 + local.hour.to_numpy()
    known = np.isfinite(values).all(axis=1)
    sums = np.zeros((168, values.shape[1]))
    np.add.at(sums, slots[known], values[known])
    sums = np.where(sums.sum(axis=1, keepdims=True) > 0, sums, values[known].sum(axis=0))
    return np.asarray(sums / sums.sum(axis=1, keepdims=True), np.float64)


def _notes(whole: npt.NDArray[np.bool_], days: pd.DatetimeIndex) -> list[str]:
    missing = days[~whole]
    if not len(missing):
        return []
    shown = ", ".join(f"{day:%Y-%m-%d}" for day in missing[:3]) + (", ..." if len(missing) > 3 else "")
    return [f"{len(missing)} of {len(days)} days are not there as a whole and count as missing: {shown}"]
