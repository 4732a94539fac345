"""Printed amounts add up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fvcapacity.cost.rounding import money, rounded_together


@pytest.mark.parametrize(
    ("amounts", "digits", "expected"),
    [
        ([1 / 3, 1 / 3, 1 / 3], 2, ["0.34", "0.33", "0.33"]),
        ([0.005, 0.005], 2, ["0.01", "0.00"]),
        ([10.4, 10.4, 10.4], 0, ["11", "10", "10"]),
        ([], 2, []),
        ([-0.004, 0.009], 2, ["-0.01", "0.01"]),
    ],
)
def test_rounded_together(amounts, digits, expected):
    assert rounded_together(amounts, digits) == [Decimal(text) for text in expected]


@given(st.lists(st.floats(0, 1e6), max_size=20), st.sampled_from([0, 2]))
def test_the_sum_is_the_rounded_sum(amounts, digits):
    found = rounded_together(amounts, digits)
    exact = sum((Decimal(repr(amount)) for amount in amounts), Decimal(0))
    assert sum(found, Decimal(0)) == exact.quantize(Decimal(1).scaleb(-digits))
    assert all(
        abs(one - Decimal(repr(amount))) < Decimal(1).scaleb(-digits)
        for one, amount in zip(found, amounts, strict=True)
    )


def test_a_single_amount():
    assert money(2.675, 2) == Decimal("2.68")
    assert money(1234.5, 0) == Decimal("1234")
