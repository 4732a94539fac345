"""What is learnt from a made history is what it was made of."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from fvcapacity.errors import InputError
from fvcapacity.inputs.traffic_history import TrafficHistory
from fvcapacity.review.back_cast import back_cast
from fvcapacity.review.season import fit_season, scattered
from fvcapacity.review.special_days import occurrences
from fvcapacity.scenario.special_days import SpecialDay
from fvcapacity.scenario.weekly import DailyScatter

pytest.importorskip("statsmodels", reason="statsmodels is not installed (it belongs to the extra review)")

FIRST = date(2024, 1, 1)
WEEK = np.array([1.2, 1.2, 1.25, 1.2, 1.1, 0.6, 0.45])
SCATTER = DailyScatter(day_log_sd=0.05, carried_over=0.5, walk_log_sd=0.01)
LAUNCH = (SpecialDay(name="launch", rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14", before=1),)


def made(days, *, growth=0.0, season=0.0, launch=1.0, seed=7):
    """Daily requests: a week, growth a year, a yearly season, a special day, and chance."""
    at = np.arange(days)
    log = np.log(10_000 * WEEK[at % 7]) + np.log1p(growth) * at / 365.2425
    log += season * np.cos(2 * np.pi * at / 365.2425)
    log += scattered(SCATTER, 1, days, np.random.default_rng(seed))[0]
    for item in occurrences(LAUNCH, FIRST, FIRST + timedelta(days=days)):
        log[(item.day - FIRST).days] += np.log(launch)
    return np.exp(log)


@pytest.fixture(scope="module")
def ten_weeks():
    return fit_season(FIRST, made(70), ())


def test_the_week_is_learnt_and_goes_on(ten_weeks):
    draws = ten_weeks.draw(28, (), 500, np.random.default_rng(1))
    middle = np.median(draws, axis=0)
    by_weekday = middle.reshape(4, 7).mean(axis=0) / middle.mean()
    assert by_weekday == pytest.approx(WEEK / WEEK.mean(), rel=0.12)


def test_a_special_day_is_learnt_and_comes_again_only_where_it_is():
    daily = made(70, launch=3.0)
    special = occurrences(LAUNCH, FIRST, FIRST + timedelta(days=800))
    season = fit_season(FIRST, daily, special)
    assert season.special[("launch", 0)] == pytest.approx(3.0, rel=0.15)
    assert season.special[("launch", -1)] == pytest.approx(3.0, rel=0.15)
    coming = season.draw(14, special, 400, np.random.default_rng(1))
    without = season.draw(14, (), 400, np.random.default_rng(1))
    assert np.array_equal(coming, without)  # none of these days is one


def test_days_without_a_figure_are_left_out():
    daily = made(70)
    daily[20:27] = np.nan
    season = fit_season(FIRST, daily, ())
    assert np.isfinite(season.draw(7, (), 100, np.random.default_rng(1))).all()


def test_ten_weeks_tell_neither_growth_nor_the_time_of_the_year(ten_weeks):
    assert (ten_weeks.growing, ten_weeks.yearly, ten_weeks.growth_per_year) == (False, False, 0.0)


def test_growth_that_is_given_counts_when_none_is_learnt(ten_weeks):
    flat, grown = (ten_weeks.draw(90, (), 200, np.random.default_rng(1), growth=g) for g in (0.0, 0.5))
    assert grown[:, -1] / flat[:, -1] == pytest.approx(1.5 ** (90 / 365.2425))


def test_a_day_that_nobody_told_of_is_named():
    daily = made(70)
    daily[50] *= 4
    season = fit_season(FIRST, daily, ())
    assert max(season.odd_days, key=season.odd_days.get) == FIRST + timedelta(days=50)


def test_the_same_seed_gives_the_same_draws(ten_weeks):
    one, two = (ten_weeks.draw(7, (), 50, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, two)


def test_too_few_days_are_refused():
    with pytest.raises(InputError, match="13 whole days"):
        fit_season(FIRST, made(13), ())


def test_a_back_cast_counts_what_lay_inside():
    history = TrafficHistory(FIRST, made(49), None, (), None, "made")
    found = back_cast(history, horizon=7, least=28, step=7)
    assert [fold.first for fold in found.folds] == [FIRST + timedelta(days=28 + 7 * i) for i in range(3)]
    assert found.days == 21
    assert found.day_coverage(0.95) >= found.day_coverage(0.8) > 0.5
    assert found.day_error < 0.15
    assert back_cast(history, horizon=40, least=28) is None
