"""JSON documents that other commands wrote, or somebody sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.inputs.yaml_source import read_text

MOST_LEVELS = 100


def read_document(path: str | Path, hint: str = "") -> dict[str, Any]:
    """Read a JSON document of at most 64 MiB and a hundred levels.

    Parameters
    ----------
    hint
        What to do when there is no such document.

    Raises
    ------
    InputError
        When the file cannot be read, or holds no JSON object. NaN and Infinity are no JSON.
    """
    place = Location(str(path))
    data, problems = read_text(path)
    if data is None:
        first = problems[0]
        raise InputError(Problem(f"cannot be read: {first.message}", place, hint=hint or first.hint, rule=first.rule))
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
        _check_depth(found)
    except (RecursionError, _TooDeepError):
        message = f"this is nested more than {MOST_LEVELS} levels deep"
        raise InputError(Problem(message, place, hint="no document of ours is")) from None
    except UnicodeDecodeError as error:
        raise InputError(Problem(f"cannot be read: {error}", place, hint=hint)) from None
    except json.JSONDecodeError as error:
        there = Location(str(path), error.lineno, error.colno)
        raise InputError(Problem(f"this is no JSON: {error.msg}", there, hint=hint)) from None
    except ValueError as error:
        raise InputError(Problem(f"this is no JSON: {error}", place, hint=hint)) from None
    if not isinstance(found, dict):
        raise InputError(Problem(f"this is no document: {type(found).__name__}", place, hint="give a JSON object"))
    return found


class _TooDeepError(ValueError):
    """More levels than anything of ours has."""


def _check_depth(found: Any) -> None:
    level = [found]
    for _ in range(MOST_LEVELS):
        level = [inner for item in level if isinstance(item, dict | list) for inner in _inside(item)]
        if not level:
            return
    raise _TooDeepError


def _inside(item: Mapping[str, Any] | list[Any]) -> list[Any]:
    return list(item.values()) if isinstance(item, Mapping) else item


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
