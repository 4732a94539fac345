"""Small steps from tables to lines."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fvcapacity.plots.context import PlotContext

HOUR_S = 3600.0

_MOST_POINTS = 400
"""More points than this do not show on a page and only make the files large."""


def mean_over_replications(table: pd.DataFrame, values: Sequence[str]) -> pd.DataFrame:
    """Return the mean of columns over replications, indexed by ``time_utc``."""
    return table.groupby("time_utc", sort=True)[list(values)].mean()


def held_to_end(table: pd.DataFrame, context: PlotContext) -> pd.DataFrame:
    """Return lines of bins with their last value once more at the end of its bin, so that they fill the window."""
    if len(table) < 2:
        return table
    step = table.index[1] - table.index[0]
    last = table.iloc[[-1]].set_axis([min(table.index[-1] + step, context.end)])
    return pd.concat([table, last])


def step_within(context: PlotContext, most: int) -> float:
    """Return the length in seconds of at most about so many equal steps of the window, at least five minutes.

    Steps of more than an hour are whole hours, because a long window's tables are.
    """
    step = max(300.0, (context.end - context.start).total_seconds() / most // 300 * 300)
    return step if step < HOUR_S else step // HOUR_S * HOUR_S


def resample(table: pd.DataFrame, context: PlotContext) -> pd.DataFrame:
    """Return a table of minutes, or of hours, as means over longer steps when there are too many for a page."""
    steps = (1, 5, 15, 60, 360)
    minutes = (table.index[-1] - table.index[0]) / pd.Timedelta(minutes=1) + 1 if len(table) else 1
    step = next((size for size in steps if minutes / size <= _MOST_POINTS), steps[-1])
    return table if step == 1 else table.resample(f"{step}min", origin=context.start).mean()
