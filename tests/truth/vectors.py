"""Files of recorded answers: how they are read, and what is said of one case."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """One compared case (of a trace: one step)."""

    id: str
    ok: bool
    detail: str = ""


def vector_files(directory: Path) -> Iterator[tuple[str, Json]]:
    """Read every vector file of a directory: its name without endings, and what it holds."""
    for path in sorted([*directory.glob("*.json.gz"), *directory.glob("*.json")]):
        raw = path.read_bytes()
        yield path.name.partition(".")[0], json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def run_directory(directory: Path, run: Callable[[Json, str], Iterator[Outcome]]) -> Iterator[Outcome]:
    """Run every vector file of a directory; one without any has failed."""
    found = False
    for name, document in vector_files(directory):
        found = True
        yield from run(document, name)
    if not found:
        yield Outcome(str(directory), False, "no vector files")


def only(given: Json, allowed: set[str]) -> None:
    """Refuse what is not known: an answer that nobody compared is no answer.

    Raises
    ------
    ValueError
        When ``given`` has other fields than those allowed.
    """
    if unknown := set(given) - allowed:
        raise ValueError(f"unknown fields {sorted(unknown)}")


def report(outcomes: Iterator[Outcome]) -> int:
    """Print each failure and the count; return the exit status."""
    passed = failed = 0
    for outcome in outcomes:
        passed += outcome.ok
        failed += not outcome.ok
        if not outcome.ok:
            print(f"{outcome.id}: {outcome.detail}"[:2000])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
