"""Which simulated days stand for which: every day of a quarter is one whole day, whatever was simulated."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvcapacity.review.like_days import like_days
from fvcapacity.review.quarters import Quarter

Q1 = Quarter.parse("2026Q1")


def week(first, value=1.0):
    return {first + timedelta(days=number): value for number in range(7)}


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from(Q1.days), st.floats(0.01, 1.0), min_size=1, max_size=30),
    st.sets(st.sampled_from(Q1.days), max_size=10),
)
def test_every_day_is_one_whole_day(covered, special):
    like = like_days(Q1, covered, sorted(special))
    share = np.array([covered[day] for day in like.simulated])
    assert like.weights @ share == pytest.approx(np.ones(90))
    assert like.total(covered) == pytest.approx(90)


def test_a_day_is_as_those_of_its_weekday():
    monday = date(2026, 1, 5)
    like = like_days(Q1, week(monday), ())
    cost = {day: float(day.weekday()) for day in week(monday)}
    assert like.spread(cost).tolist() == [float(day.weekday()) for day in Q1.days]
    assert like.days_simulated == 7


def test_special_days_stand_for_themselves_alone():
    covered = {**week(date(2026, 1, 5)), date(2026, 2, 14): 1.0}
    like = like_days(Q1, covered, [date(2026, 2, 14)])
    cost = dict.fromkeys(covered, 1.0) | {date(2026, 2, 14): 10.0}
    spread = dict(zip(Q1.days, like.spread(cost).tolist(), strict=True))
    assert spread[date(2026, 2, 14)] == 10
    assert sum(spread.values()) == pytest.approx(89 + 10)
    assert not like.only_special


def test_without_a_day_of_its_weekday_ordinary_days_stand_for_it():
    like = like_days(Q1, {date(2026, 1, 5): 1.0, date(2026, 1, 6): 1.0}, ())
    assert like.spread({date(2026, 1, 5): 2.0, date(2026, 1, 6): 4.0})[Q1.days.index(date(2026, 1, 7))] == 3


def test_when_only_special_days_are_there_it_says_so():
    assert like_days(Q1, {date(2026, 2, 14): 1.0}, [date(2026, 2, 14)]).only_special


def test_the_rest_of_a_part_of_a_day_is_as_it_or_its_likes():
    like = like_days(Q1, {date(2026, 1, 5): 0.25}, ())
    assert like.spread({date(2026, 1, 5): 1.0}) == pytest.approx(np.full(90, 4.0))
    assert like.days_simulated == 0.25
