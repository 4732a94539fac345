"""A recommendation for a terminal and as Markdown: the verdict, money, changes, evidence, the front, remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvcapacity.cli.render_markdown import bullets, section
from fvcapacity.cli.render_table import drawn, grid_table, print_grids
from fvcapacity.cli.tongue import spoken_word
from fvcapacity.cli.view import Grid, Summary, sentence_text
from fvcapacity.cli.view_recommendation import (
    changes_grid,
    evidence_grid,
    front_grid,
    headline,
    money_line,
    objects_grid,
    owner_grid,
    remarks,
    use_lines,
    verdict_word,
)

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"RECOMMENDED": "bold green", "LEFT ALONE": "bold green", "NO CONFIGURATION HOLDS": "bold red"}


def render_recommendation_table(document: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a recommendation as text for a terminal; width and colour as for a summary."""
    return drawn(lambda console: _print(console, document), width, color)


def render_recommendation_markdown(document: Summary) -> str:
    """Return a recommendation as GitHub-flavoured Markdown."""
    money = money_line(document)
    parts = [
        f"# {headline(document)}",
        *_sentences(document),
        f"**Money:** {sentence_text(money)}" if money else "",
        *(section(grid) + (f"\n\n{grid.remark}" if grid.remark else "") for grid in _grids(document)),
        bullets(remarks(document)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def render_owner_table(document: Summary, owner: str, *, width: int | None = None, color: bool | None = None) -> str:
    """Return every decided field of one workload as text for a terminal."""
    from rich.text import Text

    def draw(console: Console) -> None:
        console.print(Text(f"{headline(document)}: {owner}", style="bold"))
        console.print()
        console.print(grid_table(owner_grid(document, owner)))
        for line in use_lines(document, owner):
            console.print(line)

    return drawn(draw, width, color)


def render_owner_markdown(document: Summary, owner: str) -> str:
    """Return every decided field of one workload as Markdown."""
    return f"{section(owner_grid(document, owner))}\n\n{bullets(use_lines(document, owner))}".rstrip() + "\n"


def _sentences(document: Summary) -> list[str]:
    evidence = document["evidence"]
    proof = evidence["sentence"] if evidence and evidence["sentence"] not in document["sentence"] else ""
    nearest = f"Nearest: {document['nearest']}" if document["nearest"] else ""
    return [sentence_text(line) for line in (document["sentence"], proof, nearest) if line]


def _grids(document: Summary) -> list[Grid]:
    grids = [changes_grid(document), objects_grid(document), evidence_grid(document), front_grid(document)]
    return [grid for grid in grids if grid.rows]


def _print(console: Console, document: Summary) -> None:
    from rich.text import Text

    word = verdict_word(document)
    title = Text(headline(document))
    title.stylize(_STYLES.get(word, "bold yellow"), 0, len(spoken_word(word)))
    console.print(title)
    for line in _sentences(document):
        console.print(line)
    if money := money_line(document):
        console.print(Text.assemble(("Money: ", "bold"), money))
    print_grids(console, _grids(document))
    console.print()
    for line in remarks(document):
        console.print(Text(line, style="dim"))
