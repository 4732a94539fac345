"""Whether a text may name a file at all, before the system is asked and raises."""

from __future__ import annotations

_LONGEST_PATH = 4000
_LONGEST_PART = 255


def may_name_file(path: str) -> bool:
    """Tell whether a file may be named so: systems refuse zero bytes and long names by raising, whatever is asked."""
    if "\x00" in path or len(path) > _LONGEST_PATH:
        return False
    return all(len(part.encode("utf-8", "surrogateescape")) <= _LONGEST_PART for part in path.split("/"))
