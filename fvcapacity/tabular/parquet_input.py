"""Parquet as somebody else may have written it: nothing is believed of it before it is checked.

A few bytes of Parquet can stand for billions of rows, or for one long text that every row repeats. What a file declares
is therefore held against its size before its rows are read; texts are read as the dictionaries that they were written
as, and repeated only when that is known to be little. Types are ours or an error. Nothing in a file's metadata is
obeyed: neither pandas' description of an index, nor a type that Python should make.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fvcapacity.tabular.arrow import ARROW
from fvcapacity.tabular.columns import TableSpec

CELLS_PER_BYTE = 50
"""Cells for each byte of a file. What runs leave has three at most."""
FREE_CELLS = 20_000_000
"""What every file may have, however small it is."""
MOST_CELLS = 1_000_000_000
TEXT_PER_BYTE = 100
FREE_TEXT_BYTES = 256 * 2**20
MOST_TEXT_BYTES = 65_536
"""In one cell."""
MOST_COLUMNS = 200
_UNPACKED_PER_BYTE = 1000
_FREE_BYTES = 64 * 2**20
_THRIFT_LIMIT = 64 * 2**20
"""Of a text, and of the number of entries of a list, in the description of a file."""

Filters = Sequence[tuple[str, str, float]]


class ParquetError(ValueError):
    """A file is no table of ours; the message says why."""


class OtherColumnsError(ParquetError):
    """A file has not the columns of this release."""


def read_arrow(path: Path, spec: TableSpec, filters: Filters | None = None) -> pa.Table:
    """Read the columns that a table has to have, in their order and types; of an open-ended one the further ones, too.

    Parameters
    ----------
    path
        A regular file.
    filters
        Conditions ``(column, ">=", value)`` that rows must all meet; what cannot meet them is not read.

    Raises
    ------
    ParquetError
        When it is no Parquet, damaged, of other columns or types, or would be too much for its size.
    OSError
        When it cannot be read.
    """
    if not path.exists():
        raise FileNotFoundError(2, "it is missing", str(path))
    if not path.is_file():  # a pipe would keep us waiting, a device would never end
        raise ParquetError("it is no regular file")
    size = path.stat().st_size
    limits: dict[str, Any] = {"thrift_string_size_limit": _THRIFT_LIMIT, "thrift_container_size_limit": _THRIFT_LIMIT}
    try:
        with pq.ParquetFile(path, **limits) as file:
            names = _names(spec, file.schema_arrow)
            _check_declared(file.metadata, len(names), size)
            texts = [field.name for field in file.schema_arrow if _is_text(field.type)]
        chosen = list(filters) if filters else None
        read = pq.read_table(path, columns=names, filters=chosen, read_dictionary=texts, **limits)
        return _typed(read, spec, size)
    except (pa.ArrowException, OverflowError, UnicodeDecodeError) as error:
        raise ParquetError((str(error).splitlines() or [type(error).__name__])[0][:300]) from None


def read_any(path: Path) -> pa.Table:
    """Read a table of unknown columns, within the same bounds; what pandas kept as an index without a name is left out.

    Raises
    ------
    ParquetError
        When it is no Parquet, damaged, of nested columns, or would be too much for its size.
    OSError
        When it cannot be read.
    """
    return read_arrow(path, _ANY)


_ANY = TableSpec("any", "Anything.", (), open_ended=True)


def _names(spec: TableSpec, schema: pa.Schema) -> list[str]:
    """Return which columns are to be read, or say what is wrong with those that are there."""
    named = [column.name for column in spec.columns]
    found = schema.names
    missing = [name for name in named if name not in found]
    if missing:
        raise OtherColumnsError(f"has no column {', '.join(missing)}")
    further = [name for name in found if name not in named and not name.startswith("__index_level_")]
    if further and not spec.open_ended:
        shown = ", ".join(repr(name[:60]) for name in further[:5])
        raise OtherColumnsError(f"has columns that this release does not know: {shown}")
    if len(found) > MOST_COLUMNS:
        raise ParquetError(f"it has {len(found)} columns; at most {MOST_COLUMNS} are read")
    if len(set(found)) < len(found):
        raise ParquetError("two of its columns have one name")
    for field in schema:
        plain = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_nested(plain) or isinstance(field.type, pa.BaseExtensionType):
            raise ParquetError(f"the column {field.name!r} holds {field.type}; cells are single values")
    return [*named, *further]


def _check_declared(metadata: Any, columns: int, size: int) -> None:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    rows = max(metadata.num_rows, sum(group.num_rows for group in groups))
    if min([metadata.num_rows, *(group.num_rows for group in groups)]) < 0:
        raise ParquetError("it declares less than no rows")
    most = min(CELLS_PER_BYTE * size + FREE_CELLS, MOST_CELLS)
    if rows * columns > most:
        raise ParquetError(f"it declares {rows:,} rows of {columns} columns in {size:,} bytes; {most:,} cells may be")
    unpacked = sum(max(group.total_byte_size, 0) for group in groups)
    if unpacked > _UNPACKED_PER_BYTE * size + _FREE_BYTES:
        raise ParquetError(f"it declares {unpacked:,} bytes, packed in {size:,}")


def _typed(table: pa.Table, spec: TableSpec, size: int) -> pa.Table:
    known = {column.name: column for column in spec.columns}
    left = TEXT_PER_BYTE * size + FREE_TEXT_BYTES
    columns = {}
    for name in table.column_names:
        column = table[name]
        for chunk in column.chunks:
            chunk.validate(full=True)
        left -= sum(_text_bytes(name, chunk) for chunk in column.chunks)
        if left < 0:
            raise ParquetError(f"its texts come to more than {TEXT_PER_BYTE * size + FREE_TEXT_BYTES:,} bytes")
        if name in known:
            column = _cast(column, known[name].name, ARROW[known[name].dtype])
        elif pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        columns[name] = column
    return pa.table(columns)


def _cast(column: pa.ChunkedArray, name: str, wanted: pa.DataType) -> pa.ChunkedArray:
    if column.null_count and not pa.types.is_floating(wanted):
        raise ParquetError(f"the column {name!r} has empty cells")
    try:
        return column.cast(wanted)
    except pa.ArrowException as error:
        raise ParquetError(f"the column {name!r} holds {column.type}, not {wanted}: {str(error)[:200]}") from None


def _text_bytes(name: str, chunk: pa.Array) -> int:
    """Return how many bytes the texts of a column have once each row has its own."""
    if not isinstance(chunk, pa.DictionaryArray):
        if not _is_text(chunk.type):
            return 0
        _check_longest(name, chunk)
        return int(pc.sum(pc.binary_length(chunk).cast(pa.int64())).as_py() or 0)
    chunk.dictionary.validate(full=True)
    if not _is_text(chunk.dictionary.type) or not len(chunk.dictionary):
        return 0
    _check_longest(name, chunk.dictionary)
    lengths = pc.binary_length(chunk.dictionary)
    return sum(int(pc.sum(lengths.take(part)).as_py() or 0) for part in _parts(chunk.indices))


def _parts(indices: pa.Array, rows: int = 1_000_000) -> Iterator[pa.Array]:
    for first in range(0, len(indices), rows):
        yield indices.slice(first, rows)


def _check_longest(name: str, texts: pa.Array) -> None:
    longest = int(pc.max(pc.binary_length(texts)).as_py() or 0)
    if longest > MOST_TEXT_BYTES:
        raise ParquetError(f"the column {name!r} has a text of {longest:,} bytes; {MOST_TEXT_BYTES:,} may be")


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)
