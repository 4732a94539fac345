"""The calendar days of a window, as the people of a time zone count them: midnight to midnight."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from fvcapacity.frozen import Frozen

HOUR_NS = 3600 * 10**9


class Day(Frozen):
    """The part of a calendar day that lies in a window.

    Attributes
    ----------
    date
        ``2026-02-14``, local.
    start_ns, end_ns
        From the start of the window; 23 or 25 hours apart when the clocks change.
    """

    date: str
    start_ns: int
    end_ns: int

    @property
    def hours(self) -> float:
        """Length of the part."""
        return (self.end_ns - self.start_ns) / HOUR_NS

    @property
    def month(self) -> str:
        """``2026-02``."""
        return self.date[:7]


def days_of(start_ns: int, length_ns: int, time_zone: str) -> list[Day]:
    """Return the days of a window, the first and the last perhaps in part.

    Parameters
    ----------
    start_ns
        Epoch nanoseconds (UTC) of the start of the window.
    length_ns
        Its length; a window without any has its first day, of no length.
    time_zone
        Whose midnights count.
    """
    zone = ZoneInfo(time_zone)
    days: list[Day] = []
    at, end = start_ns, start_ns + max(length_ns, 0)
    while not days or at < end:
        local = pd.Timestamp(at, tz="UTC").tz_convert(zone)
        following = pd.Timestamp(local.date() + pd.Timedelta(days=1)).tz_localize(
            zone, nonexistent="shift_forward", ambiguous=True
        )
        until = min(following.as_unit("ns").value, end)
        days.append(Day(f"{local:%Y-%m-%d}", at - start_ns, until - start_ns))
        at = until
    return days


def local_dates(times_utc: pd.Series[Any], time_zone: str) -> pd.Series[Any]:
    """Return the local date of instants, as ``2026-02-14``."""
    local = times_utc.dt.tz_convert(ZoneInfo(time_zone)).dt.tz_localize(None).dt.floor("D")
    codes, days = pd.factorize(local)  # there are few days, and their names take long
    names = pd.DatetimeIndex(days).strftime("%Y-%m-%d").to_numpy()
    return pd.Series(names[codes], index=times_utc.index, dtype="str")
