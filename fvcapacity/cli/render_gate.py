"""A change at the gate: for a terminal, and as a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvcapacity.cli.render_difference import grids_of
from fvcapacity.cli.render_markdown import bullets, escaped, section
from fvcapacity.cli.render_table import STYLES, drawn, grid_table
from fvcapacity.cli.tongue import spoken_word
from fvcapacity.cli.view import Grid, Summary, sentence_text
from fvcapacity.cli.view_comparison import comparison_remarks, differences_grid, route_differences_grid
from fvcapacity.cli.view_difference import difference_headline, difference_remarks, other_lines, risk_lines

if TYPE_CHECKING:
    from rich.console import Console

_MARKS = {
    "kept": "\N{WHITE HEAVY CHECK MARK}",
    "broken": "\N{CROSS MARK}",
    "not judged": "\N{WHITE QUESTION MARK ORNAMENT}",
}


def render_gate_markdown(document: Summary) -> str:
    """Return a change at the gate as GitHub-flavoured Markdown: checks first, details folded away."""
    difference = document["difference"]
    details = [
        *(section(grid) for grid in grids_of(difference)),
        section(route_differences_grid(difference["replay"])) if difference["replay"]["routes"] else "",
        "## Besides\n\n" + bullets(others) if (others := other_lines(difference)) else "",
    ]
    parts = [
        f"# {gate_headline(document)}",
        "\n".join(
            f"- {_MARKS[check['status']]} {escaped(sentence_text(check['sentence']))}" for check in document["checks"]
        ),
        f"**{difference_headline(difference)}**",
        section(differences_grid(difference["replay"])),
        "## Risks\n\n" + (bullets(found) if (found := risk_lines(difference)) else "None that was not there before."),
        "## Not known\n\n"
        + (bullets(unknown_lines(document)) if document["unknowns"] else "Nothing that is known of."),
        "<details><summary>The change in full</summary>\n",
        *details,
        "</details>",
        escaped(" ".join(gate_remarks(document))),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def render_gate_table(document: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a change at the gate as text for a terminal, ``width`` and ``color`` as for a comparison."""
    return drawn(lambda console: _print(console, document), width, color)


def gate_headline(document: Summary) -> str:
    """Return the verdict in one line: ``BROKEN  scenarios/valentines.yaml against main (1f2e3d4c5b6a)``."""
    difference, word = document["difference"], spoken_word(document["status"].upper())
    return f"{word}  {difference['second']['name']} against {difference['first']['name']}"


def unknown_lines(document: Summary) -> list[str]:
    """Return what is not known, one line each."""
    return [f"{part['kind']}: {sentence_text(part['sentence'])}" for part in document["unknowns"]]


def gate_remarks(document: Summary) -> list[str]:
    """Return what a reader must know to read the figures."""
    difference = document["difference"]
    return [
        "A is the base, B the branch; traffic, window and price list are the branch's for both.",
        *comparison_remarks(difference["replay"]),
        *difference_remarks(difference),
    ]


def _print(console: Console, document: Summary) -> None:
    from rich.text import Text

    word = document["status"].upper()
    title = Text(gate_headline(document))
    title.stylize(STYLES["HOLDS" if word == "PASSED" else "MISSED"], 0, len(spoken_word(word)))
    console.print(title)
    for check in document["checks"]:
        console.print(f"{spoken_word(check['status'])}: {sentence_text(check['sentence'])}", markup=False)
    difference = document["difference"]
    grids: list[Grid] = [differences_grid(difference["replay"]), *grids_of(difference)]
    for grid in grids:
        console.print()
        console.print(grid_table(grid))
    console.print()
    for line in [*risk_lines(difference), *unknown_lines(document)]:
        console.print(line, markup=False)
    console.print()
    console.print(Text(" ".join(gate_remarks(document)), style="dim"))
