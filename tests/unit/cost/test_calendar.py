"""Calendar days: local midnights, also when the clocks change, and sums over them."""

from __future__ import annotations

import pandas as pd
import pytest

from fvcapacity.cost.calendar import HOUR_NS, days_of
from tests.support.bills import Books, Pods


def ns(text: str) -> int:
    return pd.Timestamp(text, tz="UTC").as_unit("ns").value


@pytest.mark.parametrize(
    ("start", "hours", "zone", "expected"),
    [
        ("2026-02-13T03:00", 48, "America/Santiago", [("2026-02-13", 24), ("2026-02-14", 24)]),
        ("2026-02-13T00:00", 48, "America/Santiago", [("2026-02-12", 3), ("2026-02-13", 24), ("2026-02-14", 21)]),
        ("2026-02-13T00:00", 48, "UTC", [("2026-02-13", 24), ("2026-02-14", 24)]),
        ("2026-02-13T20:30", 0.5, "UTC", [("2026-02-13", 0.5)]),
        ("2026-02-13T20:30", 0, "UTC", [("2026-02-13", 0)]),
        # Chile goes back to winter time at the end of 4 April 2026: 23:00 to 24:00 comes twice
        ("2026-04-04T03:00", 49, "America/Santiago", [("2026-04-04", 25), ("2026-04-05", 24)]),
        # and to summer time as 6 September begins: that day starts at 01:00
        ("2026-09-05T04:00", 47, "America/Santiago", [("2026-09-05", 24), ("2026-09-06", 23)]),
    ],
)
def test_days(start, hours, zone, expected):
    days = days_of(ns(start), round(hours * HOUR_NS), zone)
    assert [(day.date, day.hours) for day in days] == expected
    assert [day.start_ns for day in days] == [0, *(day.end_ns for day in days[:-1])]


def test_a_quarter_is_its_months_and_they_are_their_days():
    start, length = ns("2026-01-01T03:00"), 90 * 24 * HOUR_NS
    days = days_of(start, length, "America/Santiago")
    months: dict[str, float] = {}
    for day in days:
        months[day.month] = months.get(day.month, 0.0) + day.hours
    assert months == {"2026-01": 31 * 24, "2026-02": 28 * 24, "2026-03": 31 * 24}
    assert sum(day.hours for day in days) == 90 * 24


@pytest.mark.parametrize(
    ("hours", "start"), [(3.0, "2026-01-30T12:00Z"), (60.0, "2026-01-30T12:00Z"), (49.0, "2026-04-04T03:00Z")]
)
def test_a_bill_is_the_sum_of_its_days(hours, start):
    pods = [Pods("deployment/a", "general-1", service="web")]
    books = Books(pods, hours=hours, start=pd.Timestamp(start), routes={"look": (10, 10**9)}, entry="web")
    result = books.result()
    days, bill = result.tables["bill_days"], result.tables["bill"]
    by_item = days.groupby("item")[["quantity", "cost_usd"]].sum().sort_index()
    pd.testing.assert_frame_equal(by_item, bill.set_index("item")[["quantity", "cost_usd"]].sort_index(), rtol=1e-12)
    machine = bill[bill["kind"] == "instance"].iloc[0]
    assert machine["quantity"] == pytest.approx(hours)
    assert machine["cost_usd"] == pytest.approx(hours * 0.192)
