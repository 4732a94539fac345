"""A calibration for a terminal and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvcapacity.cli.render_markdown import bullets, section
from fvcapacity.cli.render_table import drawn, print_grids
from fvcapacity.cli.view import Grid
from fvcapacity.cli.view_calibration import (
    arrivals_lines,
    calibration_headline,
    demands_grid,
    findings_lines,
    quality_grid,
)

if TYPE_CHECKING:
    from rich.console import Console

    from fvcapacity.study.calibrate import Calibration


def render_calibration_table(calibration: Calibration) -> str:
    """Return a calibration as text for a terminal."""
    grids = [quality_grid(calibration), demands_grid(calibration)]
    lines = [*arrivals_lines(calibration), *findings_lines(calibration)]
    return render_grids(calibration_headline(calibration), grids, lines)


def render_calibration_markdown(calibration: Calibration) -> str:
    """Return a calibration as GitHub-flavoured Markdown."""
    grids = [quality_grid(calibration), demands_grid(calibration, None)]
    lines = [*arrivals_lines(calibration), *findings_lines(calibration)]
    return markdown_grids(calibration_headline(calibration), grids, lines)


def render_grids(title: str, grids: list[Grid], lines: list[str]) -> str:
    """Return a title, tables and remarks as text for a terminal."""

    def draw(console: Console) -> None:
        from rich.text import Text

        console.print(Text(title, style="bold"))
        print_grids(console, grids)
        console.print()
        for line in lines:
            console.print(Text(f"- {line}"))

    return drawn(draw, None, None)


def markdown_grids(title: str, grids: list[Grid], lines: list[str]) -> str:
    """Return a title, tables and remarks as GitHub-flavoured Markdown."""
    return "\n\n".join([f"# {title}", *(section(grid) for grid in grids), bullets(lines)]) + "\n"
