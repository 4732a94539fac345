"""Counts of requests as days and hours of the local clock."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from fvcapacity.errors import TrafficError
from fvcapacity.inputs.traffic_history import load_special_days, load_traffic_history

SANTIAGO = ZoneInfo("America/Santiago")


def write(path, times, counts, **columns):
    pd.DataFrame({"timestamp": times, "requests": counts, **columns}).to_csv(path, index=False)
    return path


def hours(first, count, zone=SANTIAGO):
    return pd.date_range(first, periods=count, freq="h", tz=zone).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def test_days_and_hours_of_the_local_clock(tmp_path):
    counts = np.arange(48) + 1
    history = load_traffic_history(write(tmp_path / "c.csv", hours("2026-01-05", 48), counts), SANTIAGO)
    assert history.first == date(2026, 1, 5)
    assert history.daily.tolist() == [counts[:24].sum(), counts[24:].sum()]
    assert history.hourly[1].tolist() == counts[24:].tolist()
    assert history.known_days == 2


def test_a_day_that_is_not_whole_is_missing_and_a_small_gap_is_scaled_up(tmp_path):
    times = pd.date_range("2026-01-05", periods=3 * 288, freq="5min", tz=SANTIAGO)
    counts = np.full(len(times), 10.0)
    counts[288 : 288 + 100] = np.nan  # a third of the second day
    counts[576] = np.nan  # five minutes of the third
    history = load_traffic_history(write(tmp_path / "c.csv", times.tz_convert("UTC"), counts), SANTIAGO)
    assert history.daily[[0, 2]].tolist() == pytest.approx([2880, 2880])
    assert np.isnan(history.daily[1])
    assert any("1 of 3 days" in note and "2026-01-06" in note for note in history.notes)


def test_the_ends_of_a_file_are_no_days(tmp_path):
    history = load_traffic_history(write(tmp_path / "c.csv", hours("2026-01-05T15:00", 48), [1] * 48), SANTIAGO)
    assert (history.first, len(history.daily)) == (date(2026, 1, 6), 1)


def test_counts_by_day_keep_their_date_whatever_the_zone(tmp_path):
    times = [f"2026-01-0{day}T00:00:00Z" for day in range(1, 6)]
    history = load_traffic_history(write(tmp_path / "c.csv", times, [1, 2, 3, 4, 5]), SANTIAGO)
    assert (history.first, history.daily.tolist()) == (date(2026, 1, 1), [1, 2, 3, 4, 5])
    assert history.hourly is None


def test_a_day_of_25_hours_has_them_all(tmp_path):
    history = load_traffic_history(write(tmp_path / "c.csv", hours("2026-04-04", 49), [2] * 49), SANTIAGO)
    assert history.daily.tolist() == [50, 48]  # 23:00 is shown twice on the 4th
    assert history.hourly[0, 23] == 4


def test_shares_of_routes_by_hour_of_the_week(tmp_path):
    times = np.repeat(hours("2026-01-05", 24), 2)  # a Monday
    counts = [3, 1] * 24
    counts[20:22] = [1, 3]  # 10:00
    path = write(tmp_path / "c.csv", times, counts, route=["list", "buy"] * 24)
    history = load_traffic_history(path, SANTIAGO)
    assert history.routes == ("buy", "list")
    assert history.route_shares[9].tolist() == [0.25, 0.75]
    assert history.route_shares[10].tolist() == [0.75, 0.25]
    assert history.route_shares[100].sum() == pytest.approx(1)  # never heard of: the shares of all


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"], "a forecast needs at least one for each day"),
        (hours("2026-01-05T15:00", 3), "is there as a whole"),
        (["2026-01-01T00:00:00Z"], "one timestamp alone"),
    ],
)
def test_what_is_no_history(tmp_path, times, words):
    path = write(tmp_path / "c.csv", times, [1] * len(times))
    with pytest.raises(TrafficError, match=words):
        load_traffic_history(path, SANTIAGO)


def test_special_days_from_a_file(tmp_path):
    path = tmp_path / "days.yaml"
    path.write_text("special_days:\n  - {name: mothers-day, rule: 'FREQ=YEARLY;BYMONTH=5;BYDAY=2SU', factors: [3]}\n")
    (day,) = load_special_days(path)
    assert (day.name, day.factors) == ("mothers-day", (3.0,))
    path.write_text("special_days:\n  - {name: mothers-day, rule: May}\n")
    with pytest.raises(TrafficError, match=r"days\.yaml:2"):
        load_special_days(path)
