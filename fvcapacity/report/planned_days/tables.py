"""The tables of a plan as text: the same in a terminal, in Markdown and in the README of its overlays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fvcapacity.report.overlay import Table
from fvcapacity.units import format_duration

Summary = Mapping[str, Any]
NONE = "-"


def plan_tables(summary: Summary) -> list[Table]:
    """Return the tables of a plan's document; those without rows are left out."""
    tables = [schedule_table(summary), waves_table(summary), whole_table(summary), tried_table(summary)]
    return [table for table in tables if table.rows]


def schedule_table(summary: Summary) -> Table:
    """Return what is to be set when."""
    zone = ZoneInfo(summary["time_zone"])
    rows = []
    for change in summary["schedule"]:
        for number, item in enumerate(change["minimums"]):
            shown = (local_text(change["at_utc"], zone), change["at_utc"]) if number == 0 else ("", "")
            rows.append((*shown, item["path"], str(item["before"]), str(item["after"])))
    return Table("What to set", (f"When ({zone.key})", "UTC", "Field", "From", "To"), rows)


def waves_table(summary: Summary) -> Table:
    """Return how the waves' rises went in the proof, left to the HPA and with the schedule."""
    columns = ("Wave", "Replayed", "Verdict", "Held", "Failing windows", "Worst p95 ms", "Errors %", "Pending pod-s")
    rows = []
    for wave in summary["waves"]:
        rows.append((wave["name"], "left to the HPA", wave["verdict"], *_rise(wave["alone"], summary)))
        if wave["planned"] is not None:
            rows.append(("", "with the schedule", "", *_rise(wave["planned"], summary)))
    return Table("The rise of each wave, with fresh seeds", columns, rows)


def whole_table(summary: Summary) -> Table:
    """Return the figures of the whole window, and their paired differences."""
    words = {"p95": "p95, ms", "errors": "Errors, %", "cost": "Cost, USD", "node_hours": "Machines, h"}
    scales = {"p95": (1e3, 0), "errors": (100.0, 3), "cost": (1.0, 2), "node_hours": (1.0, 2)}
    rows = []
    for item in summary["differences"]:
        factor, digits = scales[item["measure"]]
        shown = [figure(item[name], factor, digits) for name in ("alone", "planned")]
        rows.append((words[item["measure"]], *shown, figure(item["difference"], factor, digits, signed=True)))
    columns = ("Whole window", "Left to the HPA", "With the schedule", "Difference")
    return Table("The whole window, with fresh seeds", columns, rows)


def tried_table(summary: Summary) -> Table:
    """Return everything that was tried on the waves' rises."""
    unit = "USD" if summary["cost_unit"] == "USD" else "machine hours"
    columns = ("Wave", "Tried", "Lead", "Ready after", "Held", "Failing windows", "Worst p95 ms", f"More {unit}", "")
    rows: list[tuple[str, ...]] = []
    for wave in summary["waves"]:
        held, failing, p95, *_ = _rise(wave["searched_alone"], summary, searched=True)
        rows.append((wave["name"], "left to the HPA", NONE, NONE, held, failing, p95, NONE, ""))
        rows += _attempts(wave, summary)
    return Table("What was tried", columns, rows)


def _attempts(wave: Summary, summary: Summary) -> Iterator[tuple[str, ...]]:
    digits = 3 if summary["cost_unit"] == "USD" else 2
    for item in wave["tried"]:
        held, failing, p95, *_ = _rise(item["rise"], summary, searched=True)
        ready = NONE if item["ready_s"] is None else f"{item['ready_s']:.0f} s"
        remark = "" if item["in_time"] else "too late"
        yield (
            "",
            item["minimums"],
            format_duration(round(item["lead_s"] * 1e9)),
            ready,
            held,
            failing,
            p95,
            figure(item["more_cost"], 1.0, digits, signed=True),
            "chosen" if item["chosen"] else remark,
        )


def _rise(part: Summary, summary: Summary, *, searched: bool = False) -> tuple[str, ...]:
    count = summary["searched_replications" if searched else "replications"]
    return (
        f"{part['held']} of {count}",
        figure(part["failing_windows"], 1.0, 1),
        figure(part["worst_p95_s"], 1e3, 0),
        figure(part["error_ratio"], 100.0, 2),
        figure(part["pending_pod_s"], 1.0, 0),
    )


def figure(part: Summary, factor: float, digits: int, *, signed: bool = False) -> str:
    """Return a figure with half of its interval, scaled."""
    if part["mean"] is None:
        return NONE
    text = f"{part['mean'] * factor:{'+' if signed else ''},.{digits}f}"
    if part["low_95"] is None:
        return text
    return f"{text} ± {(part['high_95'] - part['low_95']) / 2 * factor:,.{digits}f}"


def local_text(at_utc: str, zone: ZoneInfo) -> str:
    """Return an instant as the clock of a zone shows it: ``Sat 14 Feb 2026 05:50``."""
    moment = datetime.fromisoformat(at_utc).astimezone(zone)
    return f"{moment:%a} {moment.day} {moment:%b %Y %H:%M}"
