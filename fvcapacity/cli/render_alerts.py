"""What alerts would have said, for a terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fvcapacity.cli.options import OutputFormat
from fvcapacity.cli.render_markdown import bullets, section
from fvcapacity.cli.render_table import drawn, print_grids
from fvcapacity.cli.view import Grid, window_text
from fvcapacity.results.alert_labels import short_labels
from fvcapacity.units import NS_PER_S, format_duration

if TYPE_CHECKING:
    from rich.console import Console

    from fvcapacity.study.alerts import AlertReport

_SILENT = {"silent": "never met", "pending only": "pending, never fired", "failed": "the expression failed"}
_MOST_ALERTS = 30


def render_alerts(
    report: AlertReport, output: OutputFormat, *, width: int | None = None, color: bool | None = None
) -> str:
    """Return the report as text."""
    if output is OutputFormat.JSON:
        return json.dumps(report.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    grids = [_alerts_grid(report, _MOST_ALERTS if output is OutputFormat.TABLE else None), _incidents_grid(report)]
    grids = [grid for grid in grids if grid.rows]
    if output is OutputFormat.MARKDOWN:
        tables = (section(grid) for grid in grids)
        parts = [f"# {_headline(report)}", _sentence(report), *tables, bullets(_remarks(report))]
        return "\n\n".join(part for part in parts if part) + "\n"
    return drawn(lambda console: _print(console, report, grids), width, color)


def _print(console: Console, report: AlertReport, grids: list[Grid]) -> None:
    from rich.text import Text

    console.print(Text(_headline(report), style="bold"))
    console.print(Text(_sentence(report)))
    print_grids(console, grids)
    console.print()
    for line in _remarks(report):
        console.print(Text(line, style="dim"))


def _headline(report: AlertReport) -> str:
    return f"Alerts over {report.window['name']}: {window_text(report.window)}"


def _sentence(report: AlertReport) -> str:
    fired = sum(item.status == "fired" for item in report.rules)
    unnoticed = report.unnoticed
    text = f"{fired} of {len(report.rules)} alerting rules fired. "
    if not report.incidents:
        return text + "The simulation had no incident."
    if not unnoticed:
        return text + f"All of the {len(report.incidents)} incidents were noticed."
    return text + f"{len(unnoticed)} of {len(report.incidents)} incidents were noticed by no rule."


def _alerts_grid(report: AlertReport, most: int | None) -> Grid:
    """Return the alerts that fired, the earliest first."""
    table = report.alerts[report.alerts["fired_s"].notna()].sort_values(["fired_s", "rule", "labels"])
    rows = [
        (
            str(row["rule"]),
            str(row["severity"]),
            _cut(short_labels(str(row["labels"])), 22),
            _clock(report, row["fired_s"]),
            _duration(row["firing_s"]),
            _cut(str(row["incident"]), 27),
            "" if math.isnan(row["delay_s"]) else _after(row["delay_s"]),
        )
        for row in table.to_dict(orient="records")
    ]
    shown = rows if most is None else rows[:most]
    remark = f"and {len(rows) - len(shown)} more (--format json)" if len(shown) < len(rows) else ""
    heads = ("alert", "severity", "about", ">fired", ">for", "notices", ">after")
    return Grid("Alerts that fired", heads, tuple(shown), remark)


def _incidents_grid(report: AlertReport) -> Grid:
    rows = []
    for item in report.incidents:
        incident = item.incident
        noticed = ", ".join(f"{rule} {_after(after)}" for rule, after in item.noticed_by) or "nobody"
        lasted = _duration(incident.end_s - incident.start_s)
        rows.append((incident.kind, incident.subject, _clock(report, incident.start_s), lasted, noticed))
    return Grid("Incidents", ("incident", "of", ">began", ">lasted", "noticed by"), tuple(rows))


def _remarks(report: AlertReport) -> list[str]:
    lines = []
    for status, words in _SILENT.items():
        names = [item.rule.name for item in report.rules if item.status == status]
        if names:
            lines.append(f"{words}: {', '.join(names)}")
    never = [item for item in report.rules if item.status == "cannot fire"]
    if never:
        lines.append(f"can never fire on the simulated metrics: {', '.join(item.rule.name for item in never)}")
    for item in report.rules:
        lines += [f"{item.rule.location}: {item.rule.name}: {text}" for text in item.complaints]
    return [*lines, *report.complaints]


def _clock(report: AlertReport, seconds: float) -> str:
    start = datetime.fromisoformat(report.window["start_utc"])
    local = (start + timedelta(seconds=seconds)).astimezone(ZoneInfo(report.window["time_zone"]))
    return f"{local:%d %b %H:%M:%S}" if report.window["duration_s"] > 86_400 else f"{local:%H:%M:%S}"


def _after(seconds: float) -> str:
    return f"+{_duration(seconds)}" if seconds else "already"


def _duration(seconds: float) -> str:
    """Return a duration, from an hour on without seconds."""
    whole = round(seconds) if seconds < 3600 else round(seconds / 60) * 60
    return format_duration(whole * NS_PER_S)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
