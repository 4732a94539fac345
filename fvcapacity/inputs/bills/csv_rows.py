"""Rows of a CSV file one after the other, however long it is: plain or gzip, each with its line."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.inputs.bills.complaints import Complaints

_GZIP = b"\x1f\x8b"
_LONGEST_CELL = 1 << 20
"""Tags of a resource may be long; a cell beyond this is no table any more."""
_LONGEST_LINE = 1 << 24


class CsvRows:
    """A table with one header line.

    Attributes
    ----------
    header
        Names of the columns, as written.
    rows
        How many were read so far.

    Parameters
    ----------
    path
        The file; ``.gz`` is told by its content.
    complaints
        Told of rows that do not fit the header.

    Raises
    ------
    InputError
        When the file cannot be read, or has no header.
    """

    def __init__(self, path: str | Path, complaints: Complaints) -> None:
        self.path, self._complaints = Path(path), complaints
        self.rows = 0
        csv.field_size_limit(_LONGEST_CELL)
        self._lines = self._open()
        self._reader = csv.reader(self._bounded(), strict=True)
        self.header = self._header()

    def _open(self) -> io.TextIOWrapper:
        try:
            with self.path.open("rb") as raw:
                packed = raw.read(2) == _GZIP
            stream = cast(IO[bytes], gzip.open(self.path) if packed else self.path.open("rb"))  # noqa: SIM115 (read later)
        except OSError as error:
            raise InputError(Problem(f"cannot be read: {error.strerror or error}", Location(str(self.path)))) from None
        return io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")

    def _bounded(self) -> Iterator[str]:
        """Yield lines, none longer than memory is meant for: a packed one may unfold to any length."""
        while line := self._lines.readline(_LONGEST_LINE + 1):
            if len(line) > _LONGEST_LINE:
                raise csv.Error(f"the line is longer than {_LONGEST_LINE:,} characters")
            yield line

    def _header(self) -> list[str]:
        hint = "one header line with the names of the columns, then rows, separated by commas"
        for names in self._records():
            if len(names) < 2:
                break
            return [name.strip() for name in names]
        raise InputError(Problem("this is no CSV table", Location(str(self.path)), hint=hint, rule="csv"))

    def _records(self) -> Iterator[list[str]]:
        """Yield records; what breaks the table itself ends it with a complaint."""
        place = str(self.path)
        try:
            yield from self._reader
        except (csv.Error, UnicodeDecodeError) as error:
            line = self._reader.line_num + 1
            raise InputError(Problem(f"this is no CSV table: {error}", Location(place, line), rule="csv")) from None
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(Problem(f"cannot be read: {error}", Location(place), rule="csv")) from None

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line on which a row begins, and its cells; empty lines are passed over."""
        width, line = len(self.header), self._reader.line_num + 1
        with self._lines:
            for cells in self._records():
                if len(cells) == width:
                    self.rows += 1
                    yield line, cells
                elif cells:
                    self.rows += 1
                    message = f"{len(cells)} cells where the header has {width}"
                    hint = "put text that holds commas or line breaks into double quotes"
                    self._complaints.add("csv-cells", message, line=line, hint=hint)
                line = self._reader.line_num + 1
