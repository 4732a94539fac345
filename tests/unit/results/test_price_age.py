"""Which lines of a bill have prices that are too old."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from fvcapacity.results.price_age import stale_items, stale_note

BILL = pd.DataFrame(
    {
        "item": ["nodes", "nodes", "control plane", "disk", "traffic"],
        "as_of": ["2026-01-01", "2026-01-01", "unknown", "", "2025-02-01"],
    }
)


@pytest.mark.parametrize(
    ("bill", "on", "items"),
    [
        (BILL, date(2026, 2, 1), ["control plane"]),
        (BILL, date(2026, 2, 2), ["control plane", "traffic"]),
        (BILL, date(2027, 2, 1), ["nodes", "control plane", "traffic"]),
        (BILL.drop(columns="as_of"), date(2027, 2, 1), []),
        (None, date(2027, 2, 1), []),
    ],
)
def test_stale_items(bill, on, items):
    assert stale_items(bill, on) == items


def test_a_note_only_where_there_is_something_to_say():
    assert stale_note([]) == []
    assert stale_note(["a", "b"]) == ["Prices without a day, or more than a year older than the run: a, b."]
