"""How much time users lose, at which service, by which mechanism, and when.

Waiting that the run measured (queues for a thread, spent quotas, busy nodes) counts as it is. A failed request counts
as the time-out of its client: whoever gets an error has lost as much as whoever waits until giving up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.results.route_tables import ALL
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.groups import Rows, rows_by

Floats = npt.NDArray[np.float64]

REFUSALS = ("queue_full", "no_endpoint", "connection_refused")
_SPENT = ("time_s", "burst_s", "throttled_wait_s", "cpu_core_s", "queue_wait_s", "refused")
_STEP_S = 300.0
_EDGE = 0.02
"""Share of the lost time that may lie before, and after, the span that is told."""


class LostTime(Frozen):
    """What one service costs its users, summed over all replications.

    Attributes
    ----------
    by_minute
        Seconds lost to waiting and refusals, by the minute's (or hour's) offset from the window's start.
    queue_s, throttled_s, contention_s, refused_s
        The same over the window, by mechanism.
    oom_s, terminated_s
        Failed requests of killed and of stopped containers.
    """

    by_minute: pd.Series[float]
    queue_s: float
    throttled_s: float
    contention_s: float
    refused_s: float
    oom_s: float
    terminated_s: float

    @property
    def waiting_s(self) -> float:
        """Everything but kills and stops: what more or better capacity of the service would spare."""
        return self.queue_s + self.throttled_s + self.contention_s + self.refused_s


class TimeSpan(Frozen):
    """A stretch of the window, on marks of five minutes."""

    from_s: float
    to_s: float
    words: str
    """``from 18:20``, ``from 18:20 to 19:05`` or ``throughout``, in local time."""
    start: pd.Timestamp
    zone: ZoneInfo
    days: bool
    """The window has more than one day, so that a time needs its weekday."""

    def at(self, offset_s: float) -> str:
        """Return an instant in words, like ``at Sat 18:05``."""
        return f"at {_clock(self.start, offset_s, self.zone, self.days)}"

    def select(self, rows: Rows) -> Rows:
        """Return those of the rows of a table with a ``time_s`` that lie inside."""
        inside = (rows["time_s"] >= self.from_s) & (rows["time_s"] < self.to_s)
        return {name: values[inside] for name, values in rows.items()}


def lost_time(tables: Mapping[str, pd.DataFrame], scenario: Scenario) -> dict[str, LostTime]:
    """Return what every service costs its users."""
    services = {
        name: {column: float(values.sum()) for column, values in rows.items()}
        for name, rows in rows_by(tables["services"], "service", ("refused", "restarts", "oom_kills"))
    }
    stops = {name: max(counts["restarts"] - counts["oom_kills"], 0.0) for name, counts in services.items()}
    refused_each = _per_unit(_failure_s(tables, scenario, REFUSALS), _sum_of(services, "refused"))
    oom_each = _per_unit(_failure_s(tables, scenario, ("oom_killed",)), _sum_of(services, "oom_kills"))
    stop_each = _per_unit(_failure_s(tables, scenario, ("terminated",)), sum(stops.values()))
    result = {}
    for name, rows in rows_by(tables["service_minutes"], "service", _SPENT):
        queue_s, throttled_s, refused_s = rows["queue_wait_s"], rows["throttled_wait_s"], rows["refused"] * refused_each
        contention_s = np.maximum(rows["burst_s"] - throttled_s - rows["cpu_core_s"], 0.0)
        result[name] = LostTime(
            by_minute=_by_offset(rows["time_s"], queue_s + throttled_s + contention_s + refused_s),
            queue_s=float(queue_s.sum()),
            throttled_s=float(throttled_s.sum()),
            contention_s=float(contention_s.sum()),
            refused_s=float(refused_s.sum()),
            oom_s=services[name]["oom_kills"] * oom_each,
            terminated_s=stops[name] * stop_each,
        )
    return result


def _sum_of(services: Mapping[str, Mapping[str, float]], column: str) -> float:
    return sum(counts[column] for counts in services.values())


def _by_offset(time_s: Floats, lost_s: Floats) -> pd.Series[float]:
    """Return what was lost by offset, the replications together."""
    offsets, places = np.unique(time_s, return_inverse=True)
    return pd.Series(np.bincount(places, lost_s, len(offsets)), index=offsets)


def bin_length_s(offsets: Sequence[float] | Floats) -> float:
    """Return the length of the bins that begin at ascending offsets: a minute, or an hour in a long run."""
    return float(offsets[1] - offsets[0]) if len(offsets) > 1 else 60.0


def span_of(lost: pd.Series[float], start: pd.Timestamp, zone: ZoneInfo) -> TimeSpan:
    """Return when nearly all of something happened.

    Parameters
    ----------
    lost
        Amounts by the offset of their minute (or hour) in seconds; all of the window.
    start
        The window's start.
    """
    offsets = lost.index.to_numpy()
    step = bin_length_s(offsets)
    begin, end = float(offsets.min()), float(offsets.max()) + step
    amounts = lost.to_numpy()
    cumulative = amounts.cumsum() / amounts.sum()
    first = float(offsets[int((cumulative > _EDGE).argmax())])
    last = float(offsets[int((cumulative >= 1 - _EDGE).argmax())]) + step
    first, last = first // _STEP_S * _STEP_S, min(-(-last // _STEP_S) * _STEP_S, end)
    margin = max(0.05 * (end - begin), _STEP_S)
    late, early = first - begin > margin, end - last > margin
    days = _local(start, end - 1, zone).date() != _local(start, 0, zone).date()
    words = f"from {_clock(start, first, zone, days)}" if late else ("" if early else "throughout")
    if early:
        until = _clock(start, last, zone, days)
        words = f"{words} to {until}" if words else f"until {until}"
    return TimeSpan(first if late else begin, last if early else end, words, start, zone, days)


def _clock(start: pd.Timestamp, offset_s: float, zone: ZoneInfo, days: bool) -> str:
    local = _local(start, offset_s, zone)
    return f"{local:%a %H:%M}" if days else f"{local:%H:%M}"


def _local(start: pd.Timestamp, offset_s: float, zone: ZoneInfo) -> pd.Timestamp:
    return (start + pd.Timedelta(seconds=offset_s)).astimezone(zone)


def _failure_s(tables: Mapping[str, pd.DataFrame], scenario: Scenario, causes: tuple[str, ...]) -> float:
    """Return the seconds that failures of some causes count as, all routes and replications."""
    described, total = scenario.topology.routes, 0.0
    for name, rows in rows_by(tables["routes"], "route", causes):
        if name != ALL and name in described:
            total += sum(float(rows[cause].sum()) for cause in causes) * described[name].client_timeout / 1e9
    return total


def _per_unit(total: float, units: float) -> float:
    return total / units if units > 0 else 0.0
