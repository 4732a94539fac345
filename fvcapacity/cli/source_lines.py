"""A line of a file with the place of a problem under it, as compilers show it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from fvcapacity.errors import Location

WIDTH = 110
"""Characters of a line that are shown; a longer one is cut around its place."""
_MOST_BYTES = 4 * 2**20
"""Of larger files no line is shown."""
_SECRET_FILE = re.compile(r"kind['\"]?\s*:\s*['\"]?Secret\b")
_SECRET_LINE = re.compile(r"passw|secret|token|credential|api[-_]?key|private", re.IGNORECASE)
_WORD = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"|[^\s,\[\]{}#][^,\[\]{}#]*?(?=\s*(?:$|,|\]|\}|\s#|:\s|:$))")
_CUT = "…"


def source_lines(location: Location | None) -> list[tuple[str, str, str]]:
    """Return what is shown below a problem: rows of margin, text, and the mark under it.

    Nothing where there is no line, or where a secret might show.
    """
    if location is None or location.line is None or location.private:
        return []
    text = _text_of(location.file)
    lines = text.split("\n") if text is not None else []
    if text is None or not 0 < location.line <= len(lines) or _SECRET_FILE.search(text):
        return []
    line = lines[location.line - 1].rstrip("\r")
    if _SECRET_LINE.search(line):
        return []
    number = str(location.line)
    if location.column is None or not 0 < location.column <= len(line) + 1:
        shown = line if len(line) <= WIDTH else line[: WIDTH - 1] + _CUT
        return [(number, shown, "")]
    shown, at, length = _window(line, location.column - 1, marked_length(line, location.column - 1))
    before = re.sub(r"[^\t]", " ", shown[:at])  # tabs stay, so that the mark stands right
    return [(number, shown, ""), (" " * len(number), before, "^" * length)]


def marked_length(line: str, start: int) -> int:
    """Return how many characters belong to the value (or key) that begins at a place of a line."""
    rest = line[start:].rstrip()
    if rest[:1] in ("[", "{"):
        return _bracket(rest)
    match = _WORD.match(rest)
    return len(match.group().rstrip()) if match else 1


def _bracket(rest: str) -> int:
    """Return the length of a list or mapping that is written in one line; 1 when it goes on below."""
    depth = 0
    for number, character in enumerate(rest):
        depth += (character in "[{") - (character in "]}")
        if depth == 0:
            return number + 1
    return 1


def _window(line: str, at: int, length: int) -> tuple[str, int, int]:
    """Return the part of a long line around a place, where the place is in it, and how much of it is marked."""
    if len(line) <= WIDTH:
        return line, at, max(length, 1)
    begin = max(0, min(at - WIDTH // 3, len(line) - WIDTH))
    part = line[begin : begin + WIDTH]
    if begin:
        part = _CUT + part[1:]
    if begin + WIDTH < len(line):
        part = part[:-1] + _CUT
    return part, at - begin, max(1, min(length, WIDTH - (at - begin)))


@lru_cache(maxsize=4)
def _text_of(file: str) -> str | None:
    """Return a file's text; several problems of one file read it once."""
    path = Path(file)
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def forget() -> None:
    """Forget files that were read: they may have changed since the last command of this process."""
    _text_of.cache_clear()
