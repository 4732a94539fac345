"""How closely the run is written down: what a monitoring system that scrapes the cluster would have seen."""

from __future__ import annotations

from pydantic import Field, field_validator

from fvcapacity.scenario.base import DurationNs, Model
from fvcapacity.units import NS_PER_S, format_duration

_MINUTE_NS = 60 * NS_PER_S
_SHORTEST_NS = NS_PER_S
PODS_UP_TO_NS = 8 * 24 * 3600 * NS_PER_S
"""A longer window keeps no samples of its pods unless it is told to: a quarter's would be millions of rows."""


class Monitoring(Model):
    """What is written down of routes, services and pods besides the tables by the minute."""

    interval: DurationNs = Field(default=_MINUTE_NS)
    """From one sample to the next: a minute, or a whole part of one (30s, 15s, 10s, 5s ... 1s)."""
    pods: bool | None = None
    """Whether each pod is sampled; by default when the window is at most eight days long."""

    @field_validator("interval")
    @classmethod
    def _part_of_a_minute(cls, interval: int) -> int:
        """Samples must add up to minutes, on which the windows of the objectives and every minute table stand."""
        if interval >= _SHORTEST_NS and _MINUTE_NS % interval == 0:
            return interval
        raise ValueError(
            f"{format_duration(interval)} is not a whole part of a minute of at least a second; "
            "write 1m, or one that divides it, like 30s, 15s, 10s or 5s"
        )

    def keeps_pods(self, window_ns: int) -> bool:
        """Tell whether pods are sampled in a window of this length."""
        return window_ns <= PODS_UP_TO_NS if self.pods is None else self.pods
