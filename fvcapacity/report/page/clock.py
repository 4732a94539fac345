"""When things happen, in the local time of the scenario."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from fvcapacity.report.tongue import Tongue


class Clock:
    """Local time of a result's window.

    The axis of a chart knows no time zones: it is given local time as if that were UTC, by the offset that holds when
    the window starts. In a window in which clocks are changed, the axis goes on by the old time.

    Parameters
    ----------
    summary
        Of a result.
    """

    def __init__(self, summary: Mapping[str, Any]) -> None:
        scenario = summary["scenario"]
        self.zone = ZoneInfo(scenario["time_zone"])
        self.start = pd.Timestamp(scenario["start_utc"])
        self.duration_s = float(scenario["duration_s"])
        offset = self.start.tz_convert(self.zone).utcoffset()
        self._shift_s = self.start.timestamp() + (offset.total_seconds() if offset is not None else 0.0)

    def at(self, time_s: float) -> datetime:
        """Return an instant that is given in seconds from the window's start."""
        return self.of(self.start + pd.Timedelta(time_s, "s"))

    def of(self, instant: pd.Timestamp | str) -> datetime:
        """Return an instant in local time."""
        return pd.Timestamp(instant).tz_convert(self.zone).to_pydatetime(warn=False)

    def axis(self, time_s: np.ndarray[Any, Any] | float) -> Any:
        """Return milliseconds on the axis of a chart."""
        return (np.asarray(time_s, dtype=np.float64) + self._shift_s) * 1e3

    def words(self, time_s: float, tongue: Tongue) -> str:
        """Return an instant in words: ``Sat 14 Feb 18:15``."""
        return tongue.instant(self.at(time_s))

    @property
    def days(self) -> float:
        """Length of the window in days."""
        return self.duration_s / 86400.0
