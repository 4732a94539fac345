"""A summary as Markdown, for pull requests and reports."""

from __future__ import annotations

from collections.abc import Iterable

from fvcapacity.cli.tongue import spoken_word
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
)


def render_markdown(summary: Summary) -> str:
    """Return a summary as GitHub-flavoured Markdown."""
    grids = (routes_grid(summary), services_grid(summary))
    scaling = "\n".join(f"- {line}" for line in scaling_lines(summary))
    backups = "\n".join(f"- {line}" for line in recovery_lines(summary))
    parts = [
        f"# {headline(summary)}",
        sentence_text(summary["verdict"]["reason"]),
        f"**{spoken_word('Bottleneck')}:** {sentence_text(summary['bottleneck']['sentence'])}",
        *(section(grid) for grid in grids),
        f"## Scaling\n\n{scaling}" if scaling else "",
        f"## Money\n\n{sentence_text(money_line(summary))}",
        f"## Backups\n\n{backups}" if backups else "",
        escaped(" ".join(remarks(summary, grids))),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def section(grid: Grid) -> str:
    """Return a grid as a section with a table."""
    heads = _row([head.lstrip(">") for head in grid.heads])
    rule = _row(["---:" if head.startswith(">") else "---" for head in grid.heads])
    rows = [_row([cell.replace("|", "\\|").replace("*", "\\*") for cell in row]) for row in grid.rows]
    return "\n".join([f"## {grid.title}", "", heads, rule, *rows])


def bullets(lines: Iterable[str]) -> str:
    """Return lines as a list."""
    return "\n".join(f"- {escaped(line)}" for line in lines)


def escaped(text: str) -> str:
    """Return text with the signs of emphasis as themselves."""
    return text.replace("*", "\\*")


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
