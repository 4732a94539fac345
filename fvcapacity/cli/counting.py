"""Counts in words, in the singular where there is one."""

from __future__ import annotations


def counted(count: int, name: str) -> str:
    """Return ``1 error``, ``2 errors``."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"
