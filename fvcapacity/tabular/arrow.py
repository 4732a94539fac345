"""Tables as Parquet part by part, without a data frame: who writes millions of rows needs the memory of a few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fvcapacity.tabular.columns import ColumnType, TableSpec

Part = Mapping[str, Any]
"""Some rows of a table: an array for each column, or one text for all. Instants are ``datetime64[ns]`` in UTC."""

ARROW: dict[ColumnType, pa.DataType] = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "utc": pa.timestamp("ns", tz="UTC"),
}


def arrow_schema(spec: TableSpec) -> pa.Schema:
    """Return the schema of a table; each column carries its unit and meaning."""
    fields = [
        pa.field(column.name, ARROW[column.dtype], metadata={"unit": column.unit, "meaning": column.meaning})
        for column in spec.columns
    ]
    return pa.schema(fields, metadata={"table": spec.name, "row": spec.row})


def write_parquet_parts(parts: Iterable[Part], spec: TableSpec, path: Path) -> None:
    """Write a table that comes in parts; without any it has no rows."""
    schema = arrow_schema(spec)
    with pq.ParquetWriter(path, schema) as writer:
        for part in parts:
            writer.write_batch(pa.record_batch([_array(part, field) for field in schema], schema=schema))


def rows_of(part: Part) -> int:
    """Return how many rows a part has."""
    return next(len(column) for column in part.values() if not isinstance(column, str))


def _array(part: Part, field: pa.Field) -> pa.Array:
    """Return a column; from buffers where it can be, as ``pa.array`` and ``pa.scalar`` would load pandas."""
    column = part[field.name]
    if isinstance(column, str):
        text, count = column.encode(), rows_of(part)
        offsets = np.arange(count + 1, dtype=np.int32) * np.int32(len(text))
        return pa.Array.from_buffers(field.type, count, [None, pa.py_buffer(offsets), pa.py_buffer(text * count)])
    if pa.types.is_timestamp(field.type):
        column = np.asarray(column, "datetime64[ns]").view(np.int64)
    if isinstance(column, np.ndarray) and column.dtype in (np.float64, np.int64):
        return pa.Array.from_buffers(field.type, len(column), [None, pa.py_buffer(np.ascontiguousarray(column))])
    return pa.array(column, field.type)
