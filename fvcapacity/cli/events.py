"""The cluster's events as text, as ``kubectl get events`` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fvcapacity.cli.tongue import tongue_asked_for
from fvcapacity.units import NS_PER_S, format_duration

if TYPE_CHECKING:
    from fvcapacity.results.event_lines import EventLine
    from fvcapacity.results.result import Result

HEADS = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")


def events_text(result: Result, of: str = "") -> str:
    """Return one line per event under kubectl's heads, with local times; a first column names the replication.

    Parameters
    ----------
    result
        Whose events.
    of
        ``kind/name`` of an object or workload; "" for all.
    """
    from fvcapacity.results.event_lines import folded_events

    zone = ZoneInfo(result.summary["scenario"]["time_zone"])
    several = result.summary["run"]["replications"] > 1
    lines = folded_events(result.events, of)
    if not lines:
        tongue = tongue_asked_for()
        return (tongue("events.none-of", name=of) if of else tongue("events.none")) + "\n"
    rows = [HEADS, *(_cells(line, zone) for line in lines)]
    if several:
        numbers = ["RUN", *(str(line.replication) for line in lines)]
        rows = [(number, *cells) for number, cells in zip(numbers, rows, strict=True)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return "\n".join(_aligned(row, widths) for row in rows) + "\n"


def _cells(line: EventLine, zone: ZoneInfo) -> tuple[str, ...]:
    seen = f"{line.last_utc.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if line.count > 1:
        seen += f" (x{line.count} over {format_duration(round(line.over_s) * NS_PER_S)})"
    return seen, line.type, line.reason, line.object, " ".join(line.message.split())


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
    return "   ".join((*padded, row[-1])).rstrip()
