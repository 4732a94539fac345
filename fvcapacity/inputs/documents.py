"""JSON documents that other commands wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fvcapacity.errors import InputError, Location, Problem


def read_document(path: str | Path) -> dict[str, Any]:
    """Read a JSON document.

    Raises
    ------
    InputError
        When the file cannot be read, or holds no JSON object.
    """
    place = Location(str(path))
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(f"cannot be read: {getattr(error, 'strerror', None) or error}", place)) from None
    except ValueError as error:
        raise InputError(Problem(f"this is no JSON: {error}", place)) from None
    if not isinstance(found, dict):
        raise InputError(Problem(f"this is no document: {type(found).__name__}", place, hint="give a JSON object"))
    return found
