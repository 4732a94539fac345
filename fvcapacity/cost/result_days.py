"""The calendar days of a saved result."""

from __future__ import annotations

import pandas as pd

from fvcapacity.cost.calendar import Day, days_of
from fvcapacity.results.result import Result


def result_zone(result: Result) -> str:
    """Return the time zone whose days count."""
    return str(result.summary["scenario"]["time_zone"])


def result_days(result: Result) -> dict[int, list[Day]]:
    """Return the days of every replication's window, as far as it was simulated."""
    start = pd.Timestamp(result.summary["scenario"]["start_utc"]).as_unit("ns").value
    numbers = sorted(result.tables["routes"]["replication"].unique())
    lengths = result.summary["run"]["simulated_s"]
    return {
        int(number): days_of(start, round(length * 1e9), result_zone(result))
        for number, length in zip(numbers, lengths, strict=True)
    }


def simulated_hours(result: Result) -> dict[int, float]:
    """Return how much of the window every replication simulated, in hours."""
    return {number: sum(day.hours for day in days) for number, days in result_days(result).items()}
