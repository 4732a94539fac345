"""A summary for a terminal: the verdict first, one screen in all."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from fvcapacity.cli.terminal import Painted, cleaning, colored
from fvcapacity.cli.tongue import ENGLISH, spoken_word, tongue_asked_for
from fvcapacity.cli.view import (
    Grid,
    Summary,
    headline,
    money_line,
    recovery_lines,
    remarks,
    routes_grid,
    scaling_lines,
    sentence_text,
    services_grid,
    verdict_word,
)
from fvcapacity.frozen import replace

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH = 110
SCREEN_LINES = 45
_ROW_LIMITS = [*((15, services) for services in range(13, 7, -1)), *((routes, 8) for routes in range(14, 5, -1))]
"""How many rows of routes and services are tried, until all of it fits on a screen."""
STYLES = {"HOLDS": "bold green", "MISSED": "bold red", "NOTHING TO JUDGE": "bold yellow"}


def render_table(summary: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a summary as text for a terminal.

    Parameters
    ----------
    width
        Columns; default: those of the terminal, 110 when stdout is none.
    color
        Default: when stdout is a terminal.
    """
    text = ""
    rows = _rows(summary, *_ROW_LIMITS[0])
    too_many = rows + _other_lines(summary, width) - SCREEN_LINES
    for limits in _ROW_LIMITS:
        if rows - _rows(summary, *limits) >= too_many:  # else it cannot fit: every row is a line
            text = _rendered(summary, *limits, width, color)
            if text.count("\n") <= SCREEN_LINES:
                break
            rows, too_many = _rows(summary, *limits), text.count("\n") - SCREEN_LINES
    return text or _rendered(summary, *_ROW_LIMITS[0], width, color)


def _other_lines(summary: Summary, width: int | None) -> int:
    """Return how many lines there are at least beside the rows of the tables, which take long to draw."""
    tongue = tongue_asked_for()
    grids = (routes_grid(summary, tongue, _ROW_LIMITS[0][0]), services_grid(summary, tongue, _ROW_LIMITS[0][1]))
    bare = (replace(grids[0], rows=()), replace(grids[1], rows=()))
    return drawn(lambda console: _print(console, summary, bare), width, color=False).count("\n")


def _rows(summary: Summary, routes: int, services: int) -> int:
    return len(routes_grid(summary, ENGLISH, routes).rows) + len(services_grid(summary, ENGLISH, services).rows)


def _rendered(summary: Summary, routes: int, services: int, width: int | None, color: bool | None) -> str:
    tongue = tongue_asked_for()
    grids = (routes_grid(summary, tongue, routes), services_grid(summary, tongue, services))
    return drawn(lambda console: _print(console, summary, grids), width, color)


def drawn(draw: Callable[[Console], None], width: int | None, color: bool | None) -> str:
    """Return what ``draw`` prints on a console, without blanks at the ends of lines."""
    from rich.console import Console

    painted = colored(sys.stdout) if color is None else color
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width or (None if sys.stdout.isatty() else WIDTH),
        force_terminal=painted,
        no_color=not painted,
        color_system="standard" if painted else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.push_render_hook(cleaning())
    draw(console)
    return Painted("\n".join(line.rstrip() for line in buffer.getvalue().split("\n")[:-1]) + "\n")


def _print(console: Console, summary: Summary, grids: tuple[Grid, Grid]) -> None:
    from rich.text import Text

    tongue, word = tongue_asked_for(), verdict_word(summary)
    title = Text(headline(summary, tongue))
    title.stylize(STYLES[word], 0, len(spoken_word(word)))
    console.print(title)
    console.print(sentence_text(summary["verdict"]["reason"]))
    console.print(
        Text.assemble((f"{tongue('bottleneck')}: ", "bold"), sentence_text(summary["bottleneck"]["sentence"]))
    )
    for grid in grids:
        console.print()
        console.print(grid_table(grid))
    console.print()
    scaling = "; ".join(scaling_lines(summary, tongue))
    named = [("scaling", scaling)] if scaling else []
    named += [("money", money_line(summary, tongue)), *(("backups", line) for line in recovery_lines(summary))]
    for key, text in named:
        console.print(Text.assemble((f"{tongue(key)}: ", "bold"), text))
    console.print(Text(" ".join(remarks(summary, grids, tongue)), style="dim"))


def print_grids(console: Console, grids: Iterable[Grid]) -> None:
    """Print grids below each other, each with its remark."""
    from rich.text import Text

    for grid in grids:
        console.print()
        console.print(grid_table(grid))
        if grid.remark:
            console.print(Text(grid.remark, style="dim"))


def grid_table(grid: Grid) -> Table:
    """Return a grid as a table for a console."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    for number, head in enumerate(grid.heads):
        right = head.startswith(">")
        table.add_column(
            head.lstrip(">"),
            justify="right" if right else "left",
            no_wrap=number != grid.wrapped,
            overflow="fold" if number == grid.wrapped else "ellipsis",
            style="bold" if number == 0 else None,
        )
    for row in grid.rows:
        table.add_row(*row)
    return table
