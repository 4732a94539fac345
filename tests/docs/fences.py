"""The fenced examples of the pages, and what stands before each about how it is to be run.

A directive is a comment in the line above a fence, which no reader sees::

    <!-- example: skip, REASON -->             never run: needs a cluster, an address, a file of one's own
    <!-- example: long, REASON -->             run by hand only (``pytest -m long tests/docs``)
    <!-- example: instead COMMANDS -->         commands for the quick set, in the place of a long example
    <!-- example: before COMMANDS -->          commands that are run before it (several lines)
    <!-- example: file PATH -->                what the fence holds is written to a file of the sandbox
    <!-- example: output -->                   what the commands above print; `…` and a line `...` stand for anything
    <!-- example: fails N -->                  the exit status of the last command is N
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import PAGES
from tests.docs.pages.text import DOCS, ROOT

RUN = ("bash", "python")
LANGUAGES = (*RUN, "yaml", "text", "json", "")
GENERATED_ELSEWHERE = (
    "explanation/performance.md",
    "explanation/validation-cfs.md",
    "reference/results.md",
    "reference/paths.md",
)

_FENCE = re.compile(r"^( *)```([\w-]*)[^\n]*\n(.*?)^\1```[ ]*$", re.MULTILINE | re.DOTALL)
_DIRECTIVES = re.compile(r"((?:^<!-- example:(?:(?!-->).)*-->\n)+)\Z", re.MULTILINE | re.DOTALL)
_ONE = re.compile(r"<!-- example: (\w+)[,]?\s*((?:(?!-->).)*?)\s*-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced block of a page.

    Attributes
    ----------
    line
        Of its first line of text, from 1.
    directives
        Word to the rest of each directive above it.
    """

    page: Path
    line: int
    language: str
    text: str
    directives: dict[str, str]

    def __str__(self) -> str:
        """Return where it stands, as editors understand it."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Return the pages that people wrote: README and everything below ``docs/`` that is not made of the code."""
    made = {DOCS / name for name in (*PAGES, *GENERATED_ELSEWHERE)}
    return [ROOT / "README.md", *(path for path in sorted(DOCS.rglob("*.md")) if path not in made)]


def fences_of(page: Path) -> Iterator[Fence]:
    """Yield the fences of a page in their order."""
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        above = _DIRECTIVES.search(text[: match.start()])
        directives = dict(_ONE.findall(above.group(1))) if above else {}
        body = re.sub(rf"^{match.group(1)}", "", match.group(3), flags=re.MULTILINE)
        yield Fence(page, text[: match.start(3)].count("\n") + 1, match.group(2), body, directives)
