"""The right number of machines to reserve, against trying every number."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fvcapacity.review.reservations import reserve, spot_hours

HOURS_AT = np.array([[0.0, 0, 0, 1000, 600, 400], [0.0, 0, 0, 1200, 800, 0]])
"""Hours with 0 to 5 machines, in two draws."""


@pytest.mark.parametrize(
    ("reserved", "machines"), [(0.06, 4), (0.05, 4), (0.009, 5), (0.034, 4), (0.0999, 3), (0.11, 0)]
)
def test_the_right_number_is_the_cheapest(reserved, machines):
    def usd(count):
        beyond = HOURS_AT @ np.maximum(np.arange(6) - count, 0)
        return float((count * HOURS_AT.sum(axis=1) * reserved + beyond * 0.1).mean())

    found = reserve(HOURS_AT, 0.1, reserved)
    costs = [usd(count) for count in range(6)]
    assert found.usd.mean() == pytest.approx(min(costs))
    assert costs[found.machines] == pytest.approx(min(costs))
    assert found.break_even == pytest.approx(reserved / 0.1)


def test_how_often_each_machine_is_needed():
    assert reserve(HOURS_AT, 0.1, 0.06).usage.tolist() == pytest.approx([1, 1, 1, 0.45, 0.1])


def test_without_a_price_nothing_is_said_of_money():
    found = reserve(HOURS_AT, 0.1, None)
    assert found.machines == 0
    assert math.isnan(found.break_even)
    assert np.isnan(found.usd).all()


@pytest.mark.parametrize(("share", "hours"), [(0.4, [1000 + 600 + 800, 1200 + 800]), (0.2, [400, 0]), (0.1, [0, 0])])
def test_whole_machines_go_to_spot(share, hours):
    assert spot_hours(HOURS_AT, share).tolist() == hours
