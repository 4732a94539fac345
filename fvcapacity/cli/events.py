"""The cluster's events as text, as ``kubectl get events`` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from fvcapacity.results.result import Result


def events_text(result: Result) -> str:
    """Return one line per event: local time, type, reason, object, message."""
    zone = ZoneInfo(result.summary["scenario"]["time_zone"])
    several = result.summary["run"]["replications"] > 1
    lines = []
    for row in result.events.to_dict("records"):
        number = f"{row['replication']:<4}" if several else ""
        local = f"{row['time_utc'].astimezone(zone):%Y-%m-%d %H:%M:%S}"
        what = f"{row['type']:<8} {row['reason']:<24} {row['object']:<32} {row['message']}"
        lines.append(f"{number}{local}  {what}".rstrip())
    return "\n".join(lines or ["No events."]) + "\n"
