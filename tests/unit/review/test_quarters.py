from datetime import date
from zoneinfo import ZoneInfo

import pytest

from fvcapacity.errors import InputError
from fvcapacity.review.quarters import Quarter, midnight_ns

SANTIAGO = ZoneInfo("America/Santiago")
HOUR_NS = 3_600 * 10**9


@pytest.mark.parametrize(
    ("text", "first", "days"),
    [
        ("2026Q1", date(2026, 1, 1), 90),
        ("2026Q2", date(2026, 4, 1), 91),
        ("2026q3", date(2026, 7, 1), 92),
        ("2024-Q1", date(2024, 1, 1), 91),
    ],
)
def test_its_days(text, first, days):
    quarter = Quarter.parse(text)
    assert (quarter.first, len(quarter.days)) == (first, days)
    assert quarter.days[-1] < quarter.end == quarter.next.first
    assert [month.day for month in quarter.months] == [1, 1, 1]


def test_what_comes_before_and_after():
    assert str(Quarter.parse("2026Q1").previous) == "2025Q4"
    assert str(Quarter.parse("2025Q4").next) == "2026Q1"
    assert Quarter.parse("2026Q2").next.previous == Quarter.parse("2026Q2")


@pytest.mark.parametrize("text", ["2026", "2026Q5", "Q1 2026", "1926Q1", ""])
def test_what_is_no_quarter(text):
    with pytest.raises(InputError, match="write it like 2026Q2"):
        Quarter.parse(text)


@pytest.mark.parametrize(
    ("quarter", "hours"),
    [
        ("2026Q1", 90 * 24),
        ("2026Q2", 91 * 24 + 1),
        ("2026Q3", 92 * 24 - 1),
    ],  # Chile's clocks change in April, September
)
def test_daylight_saving_makes_it_longer_or_shorter(quarter, hours):
    start, end = Quarter.parse(quarter).span_ns(SANTIAGO)
    assert (end - start) // HOUR_NS == hours


def test_a_day_whose_midnight_is_skipped_begins_with_its_first_hour():
    begin = midnight_ns(date(2026, 9, 6), SANTIAGO)  # 00:00 is followed by 01:00
    assert begin - midnight_ns(date(2026, 9, 5), SANTIAGO) == 24 * HOUR_NS
