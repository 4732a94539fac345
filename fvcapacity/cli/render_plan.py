"""A plan for planned days for a terminal and as Markdown."""

from __future__ import annotations

from fvcapacity.cli.render_markdown import bullets, section
from fvcapacity.cli.render_table import drawn, print_grids
from fvcapacity.cli.tongue import spoken
from fvcapacity.cli.view import Grid, Summary
from fvcapacity.report.overlay import Table
from fvcapacity.report.planned_days import plan_tables

_TEXT = ("UTC", "Field", "Wave", "Replayed", "Verdict", "Whole window", "Tried", "")
"""Columns of text; figures stand to the right."""


def render_plan_table(summary: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a plan as text for a terminal; width and colour as for a summary."""
    from rich.text import Text

    def draw(console: object) -> None:
        show = console.print  # type: ignore[attr-defined]
        show(Text(headline(summary), style="bold"))
        show(spoken(summary["sentence"]))
        for wave in summary["waves"]:
            show(Text.assemble((f"{wave['name']}: ", "bold"), spoken(wave["sentence"])))
        print_grids(console, plan_grids(summary))  # type: ignore[arg-type]
        show()
        for line in remarks(summary):
            show(Text(line, style="dim"))

    return drawn(draw, width, color)


def render_plan_markdown(summary: Summary) -> str:
    """Return a plan as GitHub-flavoured Markdown."""
    parts = [
        f"# {headline(summary)}",
        spoken(summary["sentence"]),
        "\n".join(f"- **{wave['name']}:** {spoken(wave['sentence'])}" for wave in summary["waves"]),
        *(section(grid) for grid in plan_grids(summary)),
        bullets(remarks(summary)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(summary: Summary) -> str:
    """Return what it is about, in one line."""
    return spoken(f"Planned days of {summary['scenario']}")


def plan_grids(summary: Summary) -> list[Grid]:
    """Return the tables of a plan."""
    return [_grid(table) for table in plan_tables(summary)]


def remarks(summary: Summary) -> list[str]:
    """Return what a reader has to know besides."""
    return [*summary["notes"], f"Seed {summary['seed']}."]


def _grid(table: Table) -> Grid:
    heads = tuple(name if name in _TEXT or name.startswith("When") else f">{name}" for name in table.columns)
    return Grid(title=table.heading, heads=heads, rows=tuple(tuple(row) for row in table.rows))
