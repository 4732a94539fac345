"""Write OpenMetrics files into a database of Prometheus, block by block.

A directory of its own, always: blocks of another time put into the database of a live server make it drop what it
scrapes after its next restart, and delete what is older than its retention, counted from the newest block.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from fvcapacity.errors import InputError, Location, Problem, SourceError
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.prometheus.programs import run_promtool

MARK = "fvcapacity-prometheus"
"""File that marks a database as ours."""
_CREATE = ("tsdb", "create-blocks-from", "--max-block-duration=24h", "openmetrics")
"""promtool reads a whole file again for every block: with files of a day, one block a file. Its help does not name the
flag, and it takes it before the word openmetrics only."""


_MOST_AT_ONCE = 2
"""promtool takes up to 1.2 GB for a day of two million samples."""


class Block(Frozen):
    """One block of a database, as promtool lists it."""

    name: str
    samples: int
    series: int


def backfill(
    files: Iterable[Path],
    data: Path,
    *,
    expected_samples: int | Callable[[], int] | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[Block]:
    """Write OpenMetrics files into a database, and count what came in.

    Parameters
    ----------
    files
        Each of at most a day; ``# EOF`` at the end. One is read while the next is taken, so that they may be written
        meanwhile.
    data
        Directory of the database: new, empty, or one that this function made.
    expected_samples
        What the files hold, or a function that is asked when all are read; promtool accepts files that it then reads in
        part.
    tell
        Told which file is being read.

    Raises
    ------
    InputError
        When the directory holds something else.
    SourceError
        When promtool is missing or refuses a file, or samples are missing afterwards.
    """
    prepare_data(data)
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_AT_ONCE)) as pool:
        running: list[Future[str]] = []
        for file in files:
            if tell is not None:
                tell(file.name)
            running.append(pool.submit(run_promtool, [*_CREATE, file, data]))
        for done in running:
            done.result()
    blocks = list_blocks(data)
    held = sum(block.samples for block in blocks)
    expected = expected_samples() if callable(expected_samples) else expected_samples
    if expected is not None and held != expected:
        message = f"the database has {held:,} samples, the files have {expected:,}"
        raise SourceError(message, hint="promtool drops what is out of order: check the files")
    return blocks


def prepare_data(data: Path) -> None:
    """Make a directory for a database, and mark it as ours.

    Raises
    ------
    InputError
        When something stands there that this function did not make: it may be the database of a live server.
    """
    mark = data / MARK
    if data.exists() and not mark.exists() and (not data.is_dir() or any(data.iterdir())):
        hint = "name a directory of its own: blocks of a simulation would damage the database of a live server"
        raise InputError(Problem("something else stands here", Location(str(data)), hint=hint))
    try:
        data.mkdir(parents=True, exist_ok=True)
        mark.write_text("Database of a simulated cluster, written by fvcapacity.\n", encoding="utf-8")
    except OSError as error:
        raise InputError(Problem(f"cannot be written: {error.strerror}", Location(str(data)))) from None


def list_blocks(data: Path) -> list[Block]:
    """Return the blocks of a database.

    Raises
    ------
    SourceError
        When promtool cannot read it.
    """
    lines = run_promtool(["tsdb", "list", data]).splitlines()
    heads = lines[0].split() if lines else []
    if not {"BLOCK", "NUM"} <= set(heads):
        return []
    rows = [line.split() for line in lines[1:] if line.strip()]
    # BLOCK ULID, MIN TIME, MAX TIME, DURATION, NUM SAMPLES, NUM CHUNKS, NUM SERIES, SIZE: two words a heading
    return [Block(name=row[0], samples=int(row[4]), series=int(row[6])) for row in rows]
