"""The rows of a table by the values of a column, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Rows = dict[str, npt.NDArray[Any]]
"""Some columns of some rows of a table."""


def rows_by(table: pd.DataFrame, key: str, columns: Sequence[str]) -> Iterator[tuple[str, Rows]]:
    """Yield the rows of each value of a column, in the order of their appearance.

    A frame for each of many services takes longer than what it is asked for.

    Parameters
    ----------
    key
        Column of names.
    columns
        What is wanted of the rows; one array of each, in the table's order.
    """
    numbers, names = pd.factorize(table[key])
    arrays = {column: table[column].to_numpy() for column in columns}
    for number, name in enumerate(names):
        rows = np.flatnonzero(numbers == number)
        yield str(name), {column: values[rows] for column, values in arrays.items()}
