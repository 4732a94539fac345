"""A sweep for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.cli.render_markdown import bullets, escaped, section
from fvcapacity.cli.render_table import drawn, grid_table
from fvcapacity.cli.view import NONE, Grid, Summary, window_text

MOST_ROWS = 60
"""Points that a terminal is shown; the others are in the files."""


def render_sweep_table(summary: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a sweep as text for a terminal; width and colour as for a summary."""
    from rich.text import Text

    grid = points_grid(summary, MOST_ROWS, broken="\n")

    def draw(console: object) -> None:
        show = console.print  # type: ignore[attr-defined]
        show(Text(headline(summary), style="bold"))
        show(summary["sentence"])
        show()
        show(grid_table(grid))
        show()
        for line in (grid.remark, *remarks(summary)):
            if line:
                show(Text(line, style="dim"))

    return drawn(draw, width, color)


def render_sweep_markdown(summary: Summary) -> str:
    """Return a sweep as GitHub-flavoured Markdown."""
    grid = points_grid(summary)
    parts = [f"# {headline(summary)}", escaped(summary["sentence"]), section(grid), bullets(remarks(summary))]
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(summary: Summary) -> str:
    """Return what it is about, in one line."""
    return f"Sweep of {summary['scenario']}: {window_text(summary)}"


def points_grid(summary: Summary, most: int | None = None, *, broken: str = "") -> Grid:
    """Return the points, one row each, in the order of the grid; long heads may be ``broken`` into lines."""
    axes, points = summary["axes"], summary["points"]
    priced = any(point["cost_usd"]["mean"] is not None for point in points)
    heads = [">" + axis["path"].replace(".", f"{broken}.", 1) for axis in axes]
    heads += ["Verdict", ">Holds in", ">p95 ms", ">Worst p95 ms", ">Errors %", *([">USD"] if priced else []), ">Node-h"]
    shown = points[:most]
    rows = tuple(_row(point, axes, priced) for point in shown)
    left = len(points) - len(shown)
    remark = f"{left} further points are in points.csv." if left else ""
    return Grid(title="Points", heads=tuple(heads), rows=rows, remark=remark)


def _row(point: Mapping[str, Any], axes: list[Mapping[str, Any]], priced: bool) -> tuple[str, ...]:
    cells = [_value(point["values"][axis["path"]]) for axis in axes]
    cells += [point["status"], f"{point['held_in']}/{point['runs']}"]
    cells += [_figure(point["p95_s"], 1000, 0), _mean(point["worst_p95_s"], 1000, 0)]
    cells.append(_figure(point["error_ratio"], 100, 2))
    if priced:
        cells.append(_figure(point["cost_usd"], 1, 2))
    return (*cells, _mean(point["node_hours"], 1, 2))


def _mean(figure: Mapping[str, Any], factor: float, digits: int) -> str:
    return NONE if figure["mean"] is None else f"{factor * figure['mean']:,.{digits}f}"


def _figure(figure: Mapping[str, Any], factor: float, digits: int) -> str:
    """Return a mean with half of its interval: ``412 ± 8``."""
    mean = _mean(figure, factor, digits)
    if figure["low_95"] is None:
        return mean
    return f"{mean} ± {factor * (figure['high_95'] - figure['low_95']) / 2:,.{digits}f}"


def _value(value: Any) -> str:
    return NONE if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def remarks(summary: Summary) -> list[str]:
    """Return what a reader has to know besides."""
    run = summary["run"]
    today = "; ".join(
        f"{axis['path']} {_value(axis['today'])}" for axis in summary["axes"] if axis["today"] is not None
    )
    lines = [f"The scenario itself says: {today}."] if today else []
    count = run["replications"]
    if count > 1:
        lines.append(f"Means of {count} replications; ± is half the 95 % confidence interval.")
    return [*lines, *summary["notes"], f"Plane {run['plane']}, seed {run['seed']}."]
