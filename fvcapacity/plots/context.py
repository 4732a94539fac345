"""What every figure needs besides its table: the window, its zone, the objectives and the names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from fvcapacity.frozen import Frozen

Tables = Mapping[str, pd.DataFrame]


class PlotContext(Frozen):
    """Facts of a result's summary that figures show.

    Attributes
    ----------
    start, end
        The window, in UTC.
    p95_ms, error_percent
        The objectives.
    """

    name: str
    start: pd.Timestamp
    end: pd.Timestamp
    zone: ZoneInfo
    p95_ms: float
    error_percent: float
    replications: int
    verdict: str
    bottleneck: str
    limits: Mapping[str, float | None]
    hpa_bounds: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> PlotContext:
        """Return the context of a summary."""
        scenario = summary["scenario"]
        start = pd.Timestamp(scenario["start_utc"])
        thresholds = {item["objective"]: item["threshold"] for item in summary["verdict"]["objectives"]}
        return cls(
            name=scenario["name"],
            start=start,
            end=start + pd.Timedelta(seconds=scenario["duration_s"]),
            zone=ZoneInfo(scenario["time_zone"]),
            p95_ms=thresholds["p95"],
            error_percent=thresholds["errors"],
            replications=summary["run"]["replications"],
            verdict=summary["verdict"]["status"],
            bottleneck=summary["bottleneck"]["sentence"],
            limits={item["service"]: item["cpu_limit_cores"] for item in summary["services"]},
            hpa_bounds={
                item["workload"]: (item["hpa_minimum"], item["hpa_maximum"])
                for item in summary["scaling"]
                if item["hpa_maximum"] is not None
            },
        )

    @property
    def of_what(self) -> str:
        """How many replications a line is the mean of, in words; empty for one."""
        return "" if self.replications == 1 else f", mean of {self.replications} replications"

    def clock(self, instant: pd.Timestamp) -> str:
        """Return an instant as local time of the day, and which day where the window has several."""
        local = instant.astimezone(self.zone)
        length = self.end - self.start
        if length <= pd.Timedelta(days=1):
            return f"{local:%H:%M}"
        if length <= pd.Timedelta(days=7):
            return f"{local:%a %H:%M}"
        return f"{local.day} {local:%b %H:%M}"
