"""How a table is described: its columns, of which unit and type, and what they mean."""

from __future__ import annotations

from typing import Literal

from fvcapacity.frozen import Frozen

ColumnType = Literal["int64", "float64", "bool", "string", "utc"]
"""``utc`` is a timestamp to the nanosecond in UTC."""


class Column(Frozen):
    """One column: its name, unit (empty for names and flags), type and meaning."""

    name: str
    unit: str
    dtype: ColumnType
    meaning: str


class TableSpec(Frozen):
    """One table: what a row is, and its columns in order. ``open_ended`` tables may carry further columns."""

    name: str
    row: str
    columns: tuple[Column, ...]
    open_ended: bool = False
