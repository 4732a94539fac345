"""Finished runs on disk: put away as they come in, found again by whoever goes on.

Runs lie in small Parquet files of a folder of their own until the sweep is finished, and then in one table. Every file
is written aside and renamed, so that a kill at any moment leaves whole files. A run is found by a hash of all that
makes it what it is: a sweep with more values or more replications goes on from what is there, and one with another
scenario, or after an update, takes nothing from it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.frozen import replace
from fvcapacity.study.sweep.columns import FINISHED
from fvcapacity.study.sweep.task import Row
from fvcapacity.tabular.directory import write_file
from fvcapacity.tabular.frames import conform
from fvcapacity.tabular.parquet_input import read_arrow
from fvcapacity.tabular.storage import write_parquet

PARTS = "parts"
RUNS_FILE = "runs.parquet"
EVERY_S = 1.0
"""Seconds between two files: quick runs share one."""


class Journal:
    """The finished runs of a sweep in its directory; one process at a time.

    Parameters
    ----------
    directory
        Of the sweep; made when it is not there.

    Raises
    ------
    InputError
        When it cannot be written, or another sweep is at work there.
    """

    def __init__(self, directory: Path) -> None:
        self.directory, self.parts = directory, directory / PARTS
        try:
            self.parts.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(directory, os.O_RDONLY)
        except OSError as error:
            message = f"the sweep cannot be written here: {error.strerror}"
            raise InputError(Problem(message, Location(str(directory)), "--out", "give another directory")) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            hint = "wait for it, or give another directory with --out"
            message = "another sweep is at work in this directory"
            raise InputError(Problem(message, Location(str(directory)), "--out", hint)) from None
        for pattern in (".sweep.json.*", ".runs.*", ".points.*", f"{PARTS}/.*.parquet.*"):
            for left in directory.glob(pattern):  # of a process that was killed
                left.unlink(missing_ok=True)
        self._number = max((int(path.stem) for path in self._files()), default=0)
        self._waiting: list[Row] = []
        self._written = time.monotonic()

    def known(self) -> dict[str, Row]:
        """Return every run that is on disk, by its key; damaged files and those of other releases hold none."""
        rows: dict[str, Row] = {}
        for path in (self.directory / RUNS_FILE, *self._files()):
            rows |= {row["key"]: row for row in _read(path)}
        return rows

    def keep(self, row: Row) -> None:
        """Put a run away, at the latest with the next one that comes a second later."""
        self._waiting.append(row)
        if time.monotonic() - self._written >= EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self._written = time.monotonic()
        if not self._waiting:
            return
        self._number += 1
        table = frame_of(self._waiting)
        write_file(self.parts / f"{self._number:08d}.parquet", lambda path: write_parquet(table, FINISHED, path))
        self._waiting = []

    def forget(self) -> None:
        """Remove the parts: all of them lie in the table of the finished sweep."""
        self._waiting = []
        shutil.rmtree(self.parts, ignore_errors=True)

    def close(self) -> None:
        """Write what waits, and let others in."""
        try:
            self.flush()
        finally:
            os.close(self._lock)

    def _files(self) -> list[Path]:
        return sorted(path for path in self.parts.glob("*.parquet") if path.stem.isdigit())


def frame_of(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows as the table `FINISHED`."""
    listed = list(rows)
    return conform(FINISHED, {column.name: [row[column.name] for row in listed] for column in FINISHED.columns})


def _read(path: Path) -> list[Row]:
    names = [column.name for column in FINISHED.columns]
    try:
        rows: list[Row] = read_arrow(path, replace(FINISHED, open_ended=True)).select(names).to_pylist()
    except (OSError, ValueError):
        return []
    return rows
