"""A difference for a terminal and as Markdown for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvcapacity.cli.render_markdown import bullets, section
from fvcapacity.cli.render_table import drawn, grid_table
from fvcapacity.cli.tongue import tongue_asked_for
from fvcapacity.cli.view import Grid, Summary, sentence_text
from fvcapacity.cli.view_comparison import comparison_headline, differences_grid, route_differences_grid
from fvcapacity.cli.view_difference import (
    difference_headline,
    difference_remarks,
    fields_grid,
    other_lines,
    risk_lines,
    room_grid,
    side_texts,
    workloads_grid,
)

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def render_difference_table(difference: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a difference as text for a terminal.

    Parameters
    ----------
    width
        Columns; default: those of the terminal, 110 when stdout is none.
    color
        Default: when stdout is a terminal.
    """
    return drawn(lambda console: _print(console, difference), width, color)


def render_difference_markdown(difference: Summary) -> str:
    """Return a difference as GitHub-flavoured Markdown, for a pull request."""
    others, found = other_lines(difference), risk_lines(difference)
    replay = difference["replay"]
    parts = [
        f"# {difference_headline(difference)}",
        "\n".join(f"- {line}" for line in side_texts(difference)),
        *(section(grid) for grid in grids_of(difference)),
        "## Besides\n\n" + bullets(others) if others else "",
        "## Risks\n\n" + (bullets(found) if found else "None that was not there before."),
    ]
    if replay is not None:
        parts += [
            f"## Replay: {comparison_headline(replay, tongue_asked_for())}",
            sentence_text(replay["sentence"]),
            section(differences_grid(replay)).replace("## ", "### ", 1),
            section(route_differences_grid(replay)).replace("## ", "### ", 1) if replay["routes"] else "",
            " ".join(replay["notes"]).replace("*", "\\*"),
        ]
    parts.append(" ".join(difference_remarks(difference)).replace("*", "\\*"))
    return "\n\n".join(part for part in parts if part) + "\n"


def grids_of(difference: Summary) -> list[Grid]:
    """Return the tables of a difference that have anything to show, the replay's left out."""
    grids = [fields_grid(difference), workloads_grid(difference)]
    if difference["room"]["first"] is not None and difference["room"]["second"] is not None:
        grids.append(room_grid(difference))
    return [grid for grid in grids if grid.rows]


def _print(console: Console, difference: Summary) -> None:
    from rich.text import Text

    console.print(Text(difference_headline(difference), style="bold"))
    for line in side_texts(difference):
        console.print(line)
    for grid in grids_of(difference):
        console.print()
        console.print(grid_table(grid))
    if others := other_lines(difference):
        console.print()
        for line in others:
            console.print(line)
    console.print()
    for line in risk_lines(difference):
        severity, _, rest = line.partition(": ")
        console.print(Text.assemble((f"{severity}: ", _STYLES[severity]), rest))
    if not difference["risks"]:
        console.print("No risk that was not there before.")
    replay = difference["replay"]
    if replay is not None:
        console.print()
        console.print(Text.assemble(("Replay: ", "bold"), comparison_headline(replay, tongue_asked_for())))
        console.print(sentence_text(replay["sentence"]))
        console.print()
        console.print(grid_table(differences_grid(replay)))
        if replay["routes"]:
            console.print()
            console.print(grid_table(route_differences_grid(replay)))
    console.print()
    console.print(Text(" ".join(difference_remarks(difference)), style="dim"))
