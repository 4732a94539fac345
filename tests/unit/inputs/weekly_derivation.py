"""How the figures of ``data/traffic/weekly-shape.yaml`` come out of the two public traces.

Run as a module (``python -m tests.unit.inputs.weekly_derivation ../shared/data/traffic``) it prints them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

NASA = "nasa_http_1995_per_minute.csv.gz"
NASA_SECONDS = "nasa_http_1995_07_03_07_16_per_second_sparse.csv.gz"
ELB = "nab_elb_request_count_5min.csv.gz"


def hourly(path: Path, clock: str, intervals: int) -> pd.Series:
    """Mean counts of the hours in which every interval has a figure, on a wall clock."""
    table = pd.read_csv(path, parse_dates=["timestamp_utc"]).set_index("timestamp_utc")["requests"]
    hours = table.tz_convert(clock).resample("1h")
    return hours.mean()[hours.count() == intervals]


def hour_of_week(directory: Path) -> np.ndarray:
    """168 factors, Monday 00:00 first, mean 1."""
    nasa = hourly(directory / NASA, "America/New_York", 60)
    by_hour = nasa.groupby([nasa.index.day_of_week, nasa.index.hour]).median().to_numpy()
    elb = hourly(directory / ELB, "UTC", 12)
    day = elb.groupby(elb.index.day_of_week).median().to_numpy()
    hour = elb.groupby(elb.index.hour).median().to_numpy()
    product = np.outer(day, hour).ravel()
    return np.round((by_hour / by_hour.mean() + product / product.mean()) / 2, 3)


def dispersion_within_minutes(directory: Path, seconds: int) -> float:
    """Variance / mean of counts of so many seconds around the mean of their own minute."""
    table = pd.read_csv(directory / NASA_SECONDS).to_numpy(np.int64)
    counts = np.zeros(14 * 86_400)
    counts[table[:, 0] - table[0, 0]] = table[:, 1]
    minutes = counts.reshape(-1, 60 // seconds, seconds).sum(axis=2)
    return float(minutes.var(axis=1, ddof=1).sum() / minutes.mean(axis=1).sum())


if __name__ == "__main__":
    source = Path(sys.argv[1])
    for begin in range(0, 168, 24):
        print(", ".join(f"{factor:.3f}" for factor in hour_of_week(source)[begin : begin + 24]))
    for length in (1, 10):
        print(length, dispersion_within_minutes(source, length))
