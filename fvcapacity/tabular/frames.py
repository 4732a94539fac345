"""From columns to a DataFrame that is held to its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fvcapacity.errors import InvariantError
from fvcapacity.tabular.columns import Column, TableSpec


def conform(spec: TableSpec, data: Mapping[str, Any] | pd.DataFrame) -> pd.DataFrame:
    """Return the data as the table that ``spec`` describes: its columns, in its order and types.

    Parameters
    ----------
    spec
        Description of the table.
    data
        One array or list per column, all of one length (scalars are not spread), or a frame.

    Raises
    ------
    InvariantError
        When a column is missing, or one is there that the description does not know.
    """
    given = list(data.columns) if isinstance(data, pd.DataFrame) else list(data)
    named = [column.name for column in spec.columns]
    missing = [name for name in named if name not in given]
    unknown = [name for name in given if name not in named]
    if missing or (unknown and not spec.open_ended):
        raise InvariantError(f"table {spec.name}: columns missing {missing}, not described {unknown}")
    columns = {column.name: _typed(column, data[column.name]) for column in spec.columns}
    columns.update({name: _counted(data[name]) for name in unknown})
    return pd.DataFrame(columns)


def _typed(column: Column, values: Any) -> pd.Series[Any]:
    if column.dtype == "utc":
        return _timestamps(values)
    return _counted(values).astype("str" if column.dtype == "string" else column.dtype)


def _timestamps(values: Any) -> pd.Series[Any]:
    return pd.to_datetime(_counted(values), utc=True).astype("datetime64[ns, UTC]")


def _counted(values: Any) -> pd.Series[Any]:
    """Return values as a series whose rows are counted from zero."""
    return values.reset_index(drop=True) if isinstance(values, pd.Series) else pd.Series(values)
