"""What access logs tell, for a terminal, as Markdown and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fvcapacity.cli.options import OutputFormat
from fvcapacity.cli.render_markdown import section
from fvcapacity.cli.render_table import drawn, grid_table
from fvcapacity.cli.view import Grid
from fvcapacity.units import format_duration

if TYPE_CHECKING:
    from rich.console import Console

    from fvcapacity.inputs.access_log import AccessLog


def render_log(log: AccessLog, output: OutputFormat, *, width: int | None = None, color: bool | None = None) -> str:
    """Return the routes of a log and what else is to be known."""
    if output is OutputFormat.JSON:
        return _json(log)
    if output is OutputFormat.MARKDOWN:
        remarks = "\n".join(f"- {line.replace('*', chr(92) + '*')}" for line in _remarks(log))
        return f"# {_headline(log)}\n\n{section(_grid(log))}\n\n{remarks}\n"
    return drawn(lambda console: _print(console, log), width, color)


def _print(console: Console, log: AccessLog) -> None:
    from rich.text import Text

    console.print(Text(_headline(log), style="bold"))
    console.print()
    console.print(grid_table(_grid(log)))
    console.print()
    for line in _remarks(log):
        console.print(Text(line, style="dim"))


def _headline(log: AccessLog) -> str:
    told = log.provenance
    length = format_duration(round((told.end - told.start).total_seconds() * 1e9))
    requests = int(log.routes["requests"].sum())
    return f"{requests:,} requests from {told.start:%Y-%m-%dT%H:%M:%SZ}, {length}, {told.source}"


def _grid(log: AccessLog) -> Grid:
    rows = tuple(
        (
            str(row.route),
            f"{row.requests:,}",
            f"{100 * float(row.share):.1f} %",  # type: ignore[arg-type]
            f"{row.failed:,}",
            _milliseconds(float(row.p50_s)),  # type: ignore[arg-type]
            _milliseconds(float(row.p95_s)),  # type: ignore[arg-type]
        )
        for row in log.routes.itertuples()
    )
    return Grid("Routes", ("route", ">requests", ">share", ">failed (5xx)", ">p50 ms", ">p95 ms"), rows)


def _milliseconds(seconds: float) -> str:
    return "" if math.isnan(seconds) else f"{1000 * seconds:,.0f}" if math.isfinite(seconds) else "> 100,000"


def _remarks(log: AccessLog) -> list[str]:
    return [
        f"{'' if remark.severity == 'note' else remark.severity + ': '}{remark.message}"
        + (f" ({remark.hint})" if remark.hint else "")
        for remark in log.provenance.remarks
    ]


def _json(log: AccessLog) -> str:
    import json

    rows = [
        {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()}
        for row in log.routes.to_dict(orient="records")
    ]
    body = {"measurements": log.provenance.model_dump(mode="json"), "routes": rows}
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"
