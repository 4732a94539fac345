"""Long runs: minutes go to a file day by day, and hours of them stay in memory.

A quarter has 130,000 minutes. Its tables of minutes, in memory, would take more room than all the rest of a run
together, and nobody looks at single minutes of a quarter before an hour has shown where. A run of more than a week
therefore keeps hours in its tables, and the minutes beside them as Parquet, one row group for each simulated day.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd

from fvcapacity.frozen import Frozen, field
from fvcapacity.results import columns
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.frames import conform

LONG_NS = 7 * 24 * 3600 * 10**9
"""A longer window keeps hours."""

HOUR_S = 3600.0

Fold = Literal["sum", "max", "min", "mean"]


def is_long(scenario: Scenario) -> bool:
    """Tell whether a run of the scenario keeps hours, with its minutes in a file."""
    return scenario.file.window.duration > LONG_NS


class Folding(Frozen):
    """How the minutes of a table become hours: whose they are, and what is done with columns, by default ``fold``."""

    names: tuple[str, ...]
    fold: Fold
    besides: dict[str, Fold] = field(default_factory=dict)

    def of(self, column: str) -> Fold:
        """Return what is done with a column."""
        return self.besides.get(column, self.fold)


FOLDINGS = {
    "route_minutes": Folding(("route",), "sum"),
    "service_minutes": Folding(("service",), "sum"),
    "workload_minutes": Folding(("workload",), "max", {"ready": "min", "updated": "min", "cpu_usage_cores": "mean"}),
    "node_minutes": Folding(("pool",), "max", {"ready_nodes": "min"}),
    "hpa_metrics": Folding(("hpa", "metric"), "max"),
}
"""Counts are added up. Of samples the worst remains: the most that was wanted, used or pending, the fewest ready."""

_MINUTES = "minutes"
"""Column of a stretch's hours: how many minutes are in them, for means."""


def fold(name: str, minutes: pd.DataFrame) -> pd.DataFrame:
    """Return the hours of a stretch of minutes, to be put together by `join`; its ends may lie within an hour."""
    means = [column for column in minutes.columns if FOLDINGS[name].of(column) == "mean"]
    begins = minutes["time_s"] // HOUR_S * HOUR_S
    into_it = pd.to_timedelta(((minutes["time_s"] - begins) * 1e9).round().astype("int64"), unit="ns")
    hourly = minutes.assign(time_s=begins, time_utc=minutes["time_utc"] - into_it, **{_MINUTES: 1})
    return _grouped(name, hourly, means)


def join(name: str, stretches: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the table of a replication, in hours, from its stretches one after the other."""
    means = [column for column in stretches[0].columns if FOLDINGS[name].of(column) == "mean"]
    hours = _grouped(name, pd.concat(stretches, ignore_index=True), means)
    for column in means:
        hours[column] /= hours[_MINUTES]
    return conform(columns.TABLES[name], hours.drop(columns=_MINUTES))


def _grouped(name: str, table: pd.DataFrame, means: list[str]) -> pd.DataFrame:
    """Put the rows of an hour together; means stay sums."""
    folding = FOLDINGS[name]
    keys = ["replication", *folding.names, "time_s"]
    how: dict[str, str] = {column: folding.of(column) for column in table.columns if column not in keys}
    how |= {**dict.fromkeys((*means, _MINUTES), "sum"), "time_utc": "first"}
    return table.groupby(keys, sort=False).agg(how).reset_index()
