"""Tables on disk: Parquet for programs, CSV for people, both the same to the bit in every repetition."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.tabular.arrow import ARROW
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.frames import conform


def write_parquet(table: pd.DataFrame, spec: TableSpec, path: Path) -> None:
    """Write a table as Parquet; each column carries its unit and meaning.

    pandas' own metadata is left out: it would name the version of pandas alone and nothing that the description
    does not know.
    """
    known = {column.name: column for column in spec.columns}
    fields = [
        pa.field(
            name,
            ARROW[known[name].dtype] if name in known else pa.Array.from_pandas(table[name]).type,
            metadata={"unit": known[name].unit, "meaning": known[name].meaning} if name in known else None,
        )
        for name in table.columns
    ]
    schema = pa.schema(fields, metadata={"table": spec.name, "row": spec.row})
    pq.write_table(pa.Table.from_pandas(table, schema=schema, preserve_index=False).cast(schema), path)


def read_parquet(path: Path, spec: TableSpec) -> pd.DataFrame:
    """Read a table back as it was.

    Raises
    ------
    InputError
        When the file is missing or no Parquet.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        reason = "it is missing" if isinstance(error, FileNotFoundError) else str(error).splitlines()[0]
        raise InputError(
            Problem(
                f"the table {spec.name} cannot be read: {reason}",
                location=Location(str(path)),
                hint="the result directory is damaged; run the simulation again",
            )
        ) from None
    return conform(spec, table.to_pandas())


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: UTF-8, line feeds, instants in ISO 8601, empty fields for what does not exist."""
    shown = table.copy()
    for name in shown.columns:
        if isinstance(shown[name].dtype, pd.DatetimeTZDtype):
            shown[name] = shown[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    shown.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
