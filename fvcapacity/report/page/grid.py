"""The common steps of time of a page's lines: as fine as the tables, and never more than can be drawn at once."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen

MOST_POINTS = 3000
_STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
How = Literal["sum", "max", "mean", "min"]


class Grid(Frozen):
    """Steps of equal length over a window.

    Attributes
    ----------
    step_s
        Length of a step in seconds.
    count
        How many there are.
    """

    step_s: float
    count: int

    @property
    def times_s(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Beginnings of the steps, in seconds from the window's start."""
        return np.arange(self.count, dtype=np.float64) * self.step_s

    def line(self, time_s: pd.Series[float], values: pd.Series[float], how: How = "mean") -> np.ndarray[Any, Any]:
        """Return values put together by steps; NaN where there is none."""
        steps = (time_s // self.step_s).astype("int64")
        joined = values.groupby(steps.to_numpy()).agg(how)
        return joined.reindex(range(self.count)).to_numpy(dtype=np.float64)


def grid_of(duration_s: float, data_step_s: float, *, most: int = MOST_POINTS) -> Grid:
    """Return the finest grid that is no finer than the data and has at most so many steps."""
    fit = [step for step in _STEPS_S if step >= data_step_s and duration_s / step <= most]
    step = float(fit[0]) if fit else duration_s / most
    return Grid(step, max(int(np.ceil(duration_s / step)), 1))


def data_step_s(table: pd.DataFrame, otherwise: float) -> float:
    """Return the step of a table of minutes, which holds hours in a long run."""
    times = np.unique(table["time_s"].to_numpy())
    return float(np.diff(times).min()) if len(times) > 1 else otherwise
