"""A summary as Markdown, for pull requests and reports."""

from __future__ import annotations

from collections.abc import Iterable

from fvcapacity.cli.tongue import tongue_asked_for
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
    tongue = tongue_asked_for()
    grids = (routes_grid(summary, tongue), services_grid(summary, tongue))
    scaling = "\n".join(f"- {line}" for line in scaling_lines(summary, tongue))
    backups = "\n".join(f"- {line}" for line in recovery_lines(summary))
    parts = [
        f"# {headline(summary, tongue)}",
        sentence_text(summary["verdict"]["reason"]),
        f"**{tongue('bottleneck')}:** {sentence_text(summary['bottleneck']['sentence'])}",
        *(section(grid) for grid in grids),
        f"## {tongue('scaling')}\n\n{scaling}" if scaling else "",
        f"## {tongue('money')}\n\n{sentence_text(money_line(summary, tongue))}",
        f"## {tongue('backups')}\n\n{backups}" if backups else "",
        escaped(" ".join(remarks(summary, grids, tongue))),
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
