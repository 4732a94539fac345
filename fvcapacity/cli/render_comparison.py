"""A comparison for a terminal and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvcapacity.cli.render_markdown import section
from fvcapacity.cli.render_table import STYLES, drawn, grid_table
from fvcapacity.cli.tongue import spoken_word, tongue_asked_for
from fvcapacity.cli.view import Summary, sentence_text
from fvcapacity.cli.view_comparison import (
    comparison_headline,
    comparison_remarks,
    differences_grid,
    route_differences_grid,
    side_lines,
    verdicts,
)

if TYPE_CHECKING:
    from rich.console import Console


def render_comparison_table(summary: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a comparison as text for a terminal.

    Parameters
    ----------
    width
        Columns; default: those of the terminal, 110 when stdout is none.
    color
        Default: when stdout is a terminal.
    """
    return drawn(lambda console: _print(console, summary), width, color)


def render_comparison_markdown(summary: Summary) -> str:
    """Return a comparison as GitHub-flavoured Markdown."""
    tongue = tongue_asked_for()
    parts = [
        f"# {comparison_headline(summary, tongue)}",
        "\n".join(f"- {line}" for line in side_lines(summary, tongue)),
        sentence_text(summary["sentence"]),
        section(differences_grid(summary, tongue)),
        section(route_differences_grid(summary, tongue)) if summary["routes"] else "",
        "\n\n".join(
            f"**{letter}:** {sentence_text(summary[side]['reason'])}"
            for letter, side in (("A", "first"), ("B", "second"))
        ),
        " ".join(comparison_remarks(summary, tongue)).replace("*", "\\*"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _print(console: Console, summary: Summary) -> None:
    from rich.text import Text

    tongue = tongue_asked_for()
    title = Text(comparison_headline(summary, tongue))
    first, second = verdicts(summary)
    title.stylize(STYLES[first], 2, 2 + len(spoken_word(first)))
    start = len(f"A {spoken_word(first)}, B ")
    title.stylize(STYLES[second], start, start + len(spoken_word(second)))
    console.print(title)
    for line in side_lines(summary, tongue):
        console.print(line)
    console.print(sentence_text(summary["sentence"]))
    console.print()
    console.print(grid_table(differences_grid(summary, tongue)))
    if summary["routes"]:
        console.print()
        console.print(grid_table(route_differences_grid(summary, tongue)))
    console.print()
    for letter, side in (("A", "first"), ("B", "second")):
        console.print(Text.assemble((f"{letter}: ", "bold"), sentence_text(summary[side]["reason"])))
    console.print(Text(" ".join(comparison_remarks(summary, tongue)), style="dim"))
