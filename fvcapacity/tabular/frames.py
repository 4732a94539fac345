"""From columns to a DataFrame that is held to its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.errors import InvariantError
from fvcapacity.tabular.columns import Column, TableSpec

_UTC = pd.DatetimeTZDtype("ns", "UTC")
_TEXT = pd.Series([""]).astype("str").dtype


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


def _typed(column: Column, values: Any) -> Any:
    """Return values in the column's type; what has it already is left alone: most of the time of a small table."""
    if isinstance(values, np.ndarray) and values.dtype == column.dtype:
        return values
    counted = _counted(values)
    if column.dtype == "utc":
        return counted if counted.dtype == _UTC else pd.to_datetime(counted, utc=True).astype(_UTC)
    wanted = _TEXT if column.dtype == "string" else column.dtype
    return counted if counted.dtype == wanted else counted.astype(wanted)


def _counted(values: Any) -> pd.Series[Any]:
    """Return values as a series whose rows are counted from zero."""
    if not isinstance(values, pd.Series):
        return pd.Series(values)
    plain = isinstance(values.index, pd.RangeIndex) and values.index.start == 0 and values.index.step == 1
    return values if plain else values.reset_index(drop=True)
