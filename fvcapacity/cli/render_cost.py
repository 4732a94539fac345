"""A cost for a terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io

from fvcapacity.cli.render_markdown import bullets, section
from fvcapacity.cli.render_table import drawn, print_grids
from fvcapacity.cli.view import Summary
from fvcapacity.cli.view_cost import allocation_rows, grids_of, headline, remarks, sentences


def render_cost_table(summary: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a cost as text for a terminal; width and colour as for a summary."""
    from rich.text import Text

    def draw(console: object) -> None:
        show = console.print  # type: ignore[attr-defined]
        show(Text(headline(summary), style="bold"))
        for sentence in sentences(summary):
            show(sentence)
        print_grids(console, grids_of(summary))  # type: ignore[arg-type]
        show()
        for line in remarks(summary):
            show(Text(line, style="dim"))

    return drawn(draw, width, color)


def render_cost_markdown(summary: Summary) -> str:
    """Return a cost as GitHub-flavoured Markdown."""
    parts = [f"# {headline(summary)}", " ".join(sentences(summary))]
    for grid in grids_of(summary):
        parts += [section(grid), grid.remark]
    parts.append(bullets(remarks(summary)))
    return "\n\n".join(part for part in parts if part) + "\n"


def render_cost_csv(summary: Summary) -> str:
    """Return the allocation as CSV; amounts are exact, in the document's currency."""
    rows = allocation_rows(summary)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]) if rows else [summary["by"]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
