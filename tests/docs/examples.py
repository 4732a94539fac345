"""Run the examples of a page, one after the other, and compare what they print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from tests.docs.fences import RUN, Fence, fences_of
from tests.docs.sandbox import Sandbox

ANY_LINES = "..."


@dataclass(frozen=True, slots=True)
class Printed:
    """What an example printed, beside what its page shows."""

    fence: Fence
    text: str

    @property
    def agrees(self) -> bool:
        """Whether it is what the page shows."""
        return matches(self.fence.text, self.text)

    def difference(self) -> str:
        """Return how the two differ."""
        return "\n".join(unified_diff(_lines(self.fence.text), _lines(self.text), "page", "printed", lineterm=""))


def run(pages: Iterable[Path], home: Path, *, whole: bool) -> Iterator[Printed]:
    """Run the examples of pages in one sandbox, and yield what was to be compared.

    Parameters
    ----------
    pages
        Each goes on where the one before has ended.
    whole
        Run what is marked ``long`` as well, with scenarios as they are.
    """
    pages = list(pages)
    kept = ["tutorial.yaml"] if pages[0].parent.name in ("tutorial", "es") else []  # what it prints is compared
    with Sandbox(home, short=not whole, kept=kept) as sandbox:
        for page in pages:
            printed: str | None = None
            for fence in fences_of(page):
                if "output" in fence.directives:
                    if printed is not None:
                        yield Printed(fence, printed)
                    continue
                if target := fence.directives.get("file"):
                    (home / target).parent.mkdir(parents=True, exist_ok=True)
                    (home / target).write_text(fence.text, encoding="utf-8")
                if fence.language in RUN:
                    printed = _run(sandbox, fence, whole=whole)


def _run(sandbox: Sandbox, fence: Fence, *, whole: bool) -> str | None:
    """Run one example; None when it is not for now."""
    if "skip" in fence.directives:
        return None
    if "before" in fence.directives:
        sandbox.shell(fence.directives["before"])
    if "long" in fence.directives and not whole:
        if "instead" in fence.directives:
            sandbox.shell(fence.directives["instead"])
        return None
    if fence.language == "python":
        sandbox.execute(fence)
        return None
    return sandbox.shell(fence.text, status=int(fence.directives.get("fails") or 0))


def matches(shown: str, printed: str) -> bool:
    """Tell whether a text is what is shown: ``…`` stands for any text in a line, a line ``...`` for any lines."""
    parts = [re.escape(line).replace("…", ".*") for line in _lines(shown)]
    pattern = "\n".join(r"(?:.*\n?)*?" if part == re.escape(ANY_LINES) else part for part in parts)
    pattern = pattern.replace("(?:.*\\n?)*?\n", "(?:.*\\n)*?").replace("\n(?:.*\\n?)*?", "(?:\\n.*)*?")
    return re.fullmatch(pattern, "\n".join(_lines(printed))) is not None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]
