"""The minutes of a long run, as Parquet files beside its tables (see `hours`)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from filecmp import cmp
from pathlib import Path
from typing import Any

import pandas as pd

from fvcapacity.results.columns import TABLES
from fvcapacity.results.hours import FOLDINGS
from fvcapacity.results.soundness import check_table
from fvcapacity.tabular.storage import ParquetAppender, read_parquet


class Minutes:
    """Tables of minutes that lie in a directory, a day of a replication a row group.

    Parameters
    ----------
    directory
        Holds ``NAME.parquet`` for every name.
    summary
        Of the result, when the directory may be somebody else's: what is read is held against it.
    """

    names = tuple(FOLDINGS)

    def __init__(self, directory: Path, summary: Mapping[str, Any] | None = None) -> None:
        self.directory, self._summary = directory, summary
        self._owned: tempfile.TemporaryDirectory[str] | None = None

    def read(self, name: str, *, from_s: float | None = None, until_s: float | None = None) -> pd.DataFrame:
        """Return a table of minutes, or a stretch of it.

        Parameters
        ----------
        name
            One of ``names``; columns stand in ``docs/reference/results.md``.
        from_s, until_s
            Seconds from the start of the window, the end not included. Only the days that are needed are read.

        Raises
        ------
        InputError
            When the file is missing or damaged.
        """
        ends = [("time_s", ">=", from_s), ("time_s", "<", until_s)]
        filters = [(column, operator, value) for column, operator, value in ends if value is not None]
        table = read_parquet(self._path(name), TABLES[name], filters)
        if self._summary is not None:
            check_table(TABLES[name], table, self._summary, self._path(name))
        return table

    def copy_to(self, directory: Path) -> None:
        """Copy the files into another directory."""
        for name in self.names:
            shutil.copyfile(self._path(name), directory / f"{name}.parquet")

    def __eq__(self, other: object) -> bool:
        """Tell whether two are the same to the byte."""
        if not isinstance(other, Minutes):
            return NotImplemented
        return all(cmp(self._path(name), other._path(name), shallow=False) for name in self.names)

    __hash__ = None  # type: ignore[assignment]

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}.parquet"


class MinuteWriter:
    """Writes `Minutes` into a directory of its own, which goes with whoever holds them."""

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="fvcapacity-minutes-")
        self._files = {
            name: ParquetAppender(Path(self._home.name) / f"{name}.parquet", TABLES[name]) for name in FOLDINGS
        }

    def append(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write a day of a replication: every table of `Minutes.names` of ``tables``."""
        for name, file in self._files.items():
            file.append(tables[name])

    def close(self) -> Minutes:
        """Complete the files and return them."""
        with ExitStack() as stack:
            for file in self._files.values():
                stack.callback(file.close)
        minutes = Minutes(Path(self._home.name))
        minutes._owned = self._home
        return minutes
