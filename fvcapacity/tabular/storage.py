"""Tables on disk: Parquet for programs, CSV for people, both the same to the bit in every repetition."""

from __future__ import annotations

import io
from collections.abc import Sequence
from csv import writer
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import compute, csv

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.tabular.arrow import arrow_schema
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.frames import conform
from fvcapacity.tabular.parquet_input import OtherColumnsError, read_arrow


def write_table(table: pd.DataFrame, spec: TableSpec, directory: Path) -> None:
    """Write a table into a directory, under its name: Parquet for programs, CSV for people."""
    arrow = _to_arrow(table, spec)
    pq.write_table(arrow, directory / f"{spec.name}.parquet")
    _write_csv(arrow, directory / f"{spec.name}.csv")


def write_parquet(table: pd.DataFrame, spec: TableSpec, path: Path) -> None:
    """Write a table as Parquet; each column carries its unit and meaning.

    pandas' own metadata is left out: it would name the version of pandas alone and nothing that the description
    does not know.
    """
    pq.write_table(_to_arrow(table, spec), path)


class ParquetAppender:
    """A Parquet file that is written stretch by stretch, each a row group, as `write_parquet` would.

    Parameters
    ----------
    path
        The file; it is complete once the appender is closed.
    spec
        Description of the table.
    """

    def __init__(self, path: Path, spec: TableSpec) -> None:
        self.path, self.spec = path, spec
        self._writer: pq.ParquetWriter | None = None

    def append(self, table: pd.DataFrame) -> None:
        """Write a stretch."""
        arrow = _to_arrow(table, self.spec)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, arrow.schema)
        self._writer.write_table(arrow)

    def close(self) -> None:
        """Complete the file."""
        if self._writer is not None:
            self._writer.close()


def _to_arrow(table: pd.DataFrame, spec: TableSpec) -> pa.Table:
    described = {field.name: field for field in arrow_schema(spec)}
    arrays = [_column(values, described[name].type if name in described else None) for name, values in table.items()]
    fields = [
        described.get(name, pa.field(name, array.type)) for name, array in zip(table.columns, arrays, strict=True)
    ]
    return pa.table(arrays, schema=pa.schema(fields, metadata={"table": spec.name, "row": spec.row}))


def _column(values: pd.Series[Any], wanted: pa.DataType | None = None) -> pa.Array | pa.ChunkedArray:
    """Return a column for Arrow: as pandas' own way to a table, which looks at every column in several more ways."""
    array = pa.Array.from_pandas(values)
    return array if wanted is None or array.type == wanted else array.cast(wanted)


def read_parquet(path: Path, spec: TableSpec, filters: Sequence[tuple[str, str, float]] | None = None) -> pd.DataFrame:
    """Read a table back as it was.

    Parameters
    ----------
    filters
        Conditions ``(column, ">=", value)`` that rows must all meet; what cannot meet them is not read.

    Raises
    ------
    InputError
        When the file is missing, no Parquet, of a release with other columns, or too much for its size.
    """
    place = Location(str(path))
    try:
        return conform(spec, read_arrow(path, spec, filters).to_pandas(ignore_metadata=True))
    except OtherColumnsError as error:
        message = f"the table {spec.name} {error}: another release wrote it"
        raise InputError(Problem(message, place, hint="run the simulation again with this release")) from None
    except (OSError, ValueError) as error:
        reason = "it is missing" if isinstance(error, FileNotFoundError) else str(error).splitlines()[0]
        message = f"the table {spec.name} cannot be read: {reason}"
        hint = "the result directory is damaged; run the simulation again"
        raise InputError(Problem(message, place, hint=hint)) from None


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: UTF-8, line feeds, instants in ISO 8601, numbers in their shortest form.

    Fields are empty for what does not exist, and texts stand in quotes in a table where one of them needs it.
    """
    _write_csv(pa.table({name: _column(values) for name, values in table.items()}), path)


def _write_csv(table: pa.Table, path: Path) -> None:
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, _texts_of_instants(table[field.name]))
    try:
        _write_lines(table, path, "none")
    except pa.ArrowInvalid:
        _write_lines(table, path, "needed")


def _write_lines(table: pa.Table, path: Path, quoting: str) -> None:
    header = io.StringIO(newline="")
    writer(header, lineterminator="\n").writerow(table.column_names)  # in quotes where they need them: Arrow's all are
    with path.open("wb") as file:
        file.write(header.getvalue().encode("utf-8"))
        csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style=quoting))


def _texts_of_instants(column: pa.ChunkedArray) -> pa.Array:
    """Return instants as text; every one is written once, however many rows share it."""
    instants = column.combine_chunks().dictionary_encode()
    whole_s = compute.floor_temporal(instants.dictionary, unit="second").cast(pa.timestamp("s", "UTC"))
    texts = compute.strftime(whole_s, format="%Y-%m-%dT%H:%M:%SZ")
    return pa.DictionaryArray.from_arrays(instants.indices, texts).dictionary_decode()
