"""Where trials are kept, so that a search that was interrupted goes on from there."""

from __future__ import annotations

from pathlib import Path

from fvcapacity.semantics.jit import sources_digest, user_cache

_CODE_LENGTH = 16


def trials_directory() -> Path | None:
    """Return a directory of the user's cache for trials of exactly this code; None where nothing can be written."""
    try:
        return user_cache() / "trials" / sources_digest()[:_CODE_LENGTH]
    except OSError:
        return None
