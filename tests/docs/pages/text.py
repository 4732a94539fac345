"""What the generators share: the repository, and how text becomes Markdown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "fvcapacity"
DOCS = ROOT / "docs"
NOTE = "This page is generated from the code: `python -m tests.docs` writes it.\n"


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a module, however deep: without their expressions, which are most of a tree."""
    for part in ("body", "handlers", "cases", "orelse", "finalbody"):
        for child in getattr(node, part, ()):
            yield child
            yield from statements(child)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(cell(part) for part in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Return text that stays in one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def plain(docstring: str) -> str:
    """Return the text of a docstring as Markdown: one pair of backticks where reStructuredText has two."""
    return re.sub(r"``([^`]+)``", r"`\1`", docstring)


def first_sentence(docstring: str) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join(plain(docstring).strip().partition("\n\n")[0].split())


def anchor(title: str) -> str:
    """Return the anchor that a heading gets."""
    return re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower())
