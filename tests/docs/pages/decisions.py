"""The index of the decisions: each with its parts."""

from __future__ import annotations

import re

from tests.docs.pages.text import DOCS, NOTE, table

_HEAD = f"""\
# Decisions

What was decided, why, and what was refused. A decision is written when it is made; what was found out later stands in a later one.

{NOTE}"""


def decisions_markdown() -> str:
    """Return the page."""
    rows = []
    for path in sorted((DOCS / "decisions").glob("[0-9]*.md")):
        lines = path.read_text(encoding="utf-8").splitlines()
        title = next(line[2:] for line in lines if line.startswith("# "))
        parts = [re.sub(r"[*`]", "", line[3:]) for line in lines if line.startswith("## ")]
        rows.append((path.name[:4], f"[{title}]({path.name})", "; ".join(parts)))
    return "\n".join([_HEAD, table(("", "decision", "of what"), rows)])
