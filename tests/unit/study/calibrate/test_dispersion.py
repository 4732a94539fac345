"""Burstiness comes back from the arrivals that a simulation draws."""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from fvcapacity.program.arrivals import ArrivalStream
from fvcapacity.program.multiplier import compile_multiplier
from fvcapacity.scenario.model import TrafficTable
from fvcapacity.scenario.traffic import ClusteredArrivals, PoissonArrivals, Traffic
from fvcapacity.study.calibrate.dispersion import find_dispersion, within_index
from fvcapacity.study.grid import Grid

NS = 10**9
HOURS = 40


def _grid(arrivals, interval_s: int = 15) -> Grid:
    """Counts of two routes whose rates change with every minute."""
    rng = np.random.default_rng(1)
    rates = rng.uniform(2, 4, (HOURS * 60, 2))
    table = TrafficTable(60 * NS, 0, ("a", "b"), rates)
    multiplier = compile_multiplier(Traffic(file="x"), ("a", "b"), ZoneInfo("UTC"))
    stream = ArrivalStream(table, arrivals, multiplier, 7, 0, HOURS * 3600 * NS)
    counts = np.zeros((HOURS * 3600 // interval_s, 2))
    while (chunk := stream.next_chunk()) is not None:
        np.add.at(counts, (chunk.times_ns // (interval_s * NS), chunk.routes), 1.0)
    times = pd.date_range("2026-03-02", periods=len(counts), freq=f"{interval_s}s", tz="UTC")
    none = pd.DataFrame({"time_utc": times[:0], "subject": [], "le_s": [], "count": []})
    return Grid(times, float(interval_s), ("a", "b"), counts, np.zeros_like(counts), {}, none)


def test_clusters_come_back():
    found = find_dispersion(_grid(ClusteredArrivals(mean_size=1.6, spread="3s")), 3.0)
    assert found.mean_size[1] < 1.6 < found.mean_size[2]
    assert found.mean_size[0] == pytest.approx(1.6, rel=0.15)
    assert found.index[15.0][0] == pytest.approx(within_index(15, 60, 1.6, 3.0), rel=0.05)


def test_a_spread_that_counts_of_15_s_show_is_measured():
    found = find_dispersion(_grid(ClusteredArrivals(mean_size=3.0, spread="8s")), 3.0)
    assert found.spread_basis == "measured"
    assert found.spread_s[1] < 8 < found.spread_s[2]


def test_a_poisson_stream_has_no_clusters():
    found = find_dispersion(_grid(PoissonArrivals()), 3.0)
    assert found.mean_size is None or found.mean_size[1] < 0.1
    assert found.index[15.0][0] == pytest.approx(1.0, abs=0.05)


def test_counts_by_the_minute_say_nothing_of_it():
    found = find_dispersion(_grid(ClusteredArrivals(), 60), 3.0)
    assert found.mean_size is None
    assert "15 s do" in found.problem
