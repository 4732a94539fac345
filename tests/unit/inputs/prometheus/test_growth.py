"""Growth of counters: a case is samples, intervals of ten seconds, and what is to come out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fvcapacity.inputs.prometheus.collect import best_of
from fvcapacity.inputs.prometheus.growth import Follower, Grid, Growth, Pace, Tally, Watch, follow

NAN = float("nan")
PACE = Pace(scrape_s=5.0, gap_s=12.5)
GRID = Grid(0, 10, 4)


def grown(times, values, *, watched=None, grid=GRID, follower=None, tally=None, cuts=()):
    """Return growth, seen and unseen seconds by interval, the samples coming in pieces cut at ``cuts``."""
    watch, follower, tally = Watch(grid, PACE.gap_s), follower or Follower(), tally or Tally()
    total = np.zeros((3, grid.count))
    edges = [0, *cuts, len(times)]
    for first, last in itertools.pairwise(edges):
        at, of = np.array(times[first:last], float), np.array(values[first:last], float)
        watch.take(np.unique(np.concatenate((at, np.array(watched or [], float)))) if first == 0 else at)
        growth = follow(follower, at, of, grid, PACE, watch.runs, tally)
        if growth is not None:
            where = slice(growth.first, growth.first + growth.grown.size)
            total[:, where] += growth.grown, growth.seen_s, growth.unseen_s
    return total


@pytest.mark.parametrize(
    ("times", "values", "expected"),
    [
        ([0, 5, 10, 15, 20, 25, 30, 35, 40], [7, 8, 9, 9, 12, 12, 12, 13, 20], [2, 3, 0, 8]),
        ([0, 5, 10, 15, 20, 25, 30, 35, 40], [7, 8, 9, 2, 3, 3, 4, 4, 4], [2, 3, 1, 0]),
        ([0, 5, 10, 15, 20, 25, 30, 35, 40], [7, 8, 9, 9, 0, 3, 4, 4, 4], [2, 0, 4, 0]),
        ([2, 7, 12, 17, 22, 27, 32, 37, 42], [0, 5, 10, 15, 20, 25, 30, 35, 40], [8, 10, 10, 10]),
        ([-3, 2, 7, 12, 42], [0, 5, 5, 15, 45], [8, 12, 10, 10]),
        ([0, 5, 10, 20, 25, 30, 40], [0, 1, 2, 6, 7, 8, 8], [2, 4, 2, 0]),
        ([0, 10, 20, 30, 40], [1, NAN, 5, np.inf, 9], [2, 2, 2, 2]),
    ],
    ids=["on the grid", "a reset", "a reset to zero", "off the grid", "a gap", "a missed scrape", "not numbers"],
)  # fmt: skip
def test_growth_by_interval(times, values, expected):
    for cuts in ((), (1,), (3,), (2, 4)):
        np.testing.assert_allclose(grown(times, values, cuts=cuts)[0], expected, atol=1e-9)


def test_a_series_that_is_scraped_less_often_than_others_has_no_gaps():
    grid = Grid(0, 20, 10)
    times = np.arange(-20, 240, 20) + np.tile([0.0, 0.3], 7)[:13]
    growth, seen, unseen = grown(times, np.arange(13.0), grid=grid, watched=range(-20, 240, 5), cuts=(5, 6))
    assert growth.sum() == pytest.approx(10, abs=0.1)
    assert not unseen.any()
    assert seen.tolist() == pytest.approx([20.0] * 10)


def test_what_nobody_saw_is_told_apart():
    _, seen, unseen = grown([0, 5, 10, 30, 35, 40], [0, 1, 2, 9, 9, 9])
    assert seen.tolist() == [10, 0, 0, 10]
    assert unseen.tolist() == [0, 10, 10, 0]


def test_who_was_away_and_began_again_counts_of_the_time_since():
    growth, seen, unseen = grown([0, 5, 10, 30, 35, 40], [50, 51, 52, 4, 5, 6])
    assert growth.tolist() == [2, 0, 4, 2]
    assert seen.tolist() == [10, 0, 5, 10]
    assert not unseen.any()


@pytest.mark.parametrize(
    ("watched", "expected", "tally"),
    [
        (range(-300, 45, 5), [0, 3, 1, 1], Tally(samples=5, births=1, born=3)),
        ([*range(-900, -600, 5), *range(20, 45, 5)], [0, 0, 1, 1], Tally(samples=5, unborn=3)),
        (range(20, 45, 5), [0, 0, 1, 1], Tally(samples=5)),
    ],
    ids=["others were read before", "it came up with all others after an outage", "it was there when we began to look"],
)
def test_first_values_count_when_somebody_had_been_looking(watched, expected, tally):
    found = Tally()
    growth = grown([20, 25, 30, 35, 40], [3, 3, 4, 5, 5], watched=list(watched), tally=found)[0]
    assert growth.tolist() == expected
    assert found == tally


def test_a_twin_is_no_birth():
    growth = grown([20, 25, 30], [1000, 1001, 1002], watched=range(-300, 45, 5), follower=Follower(twin=True))[0]
    assert growth.tolist() == [0, 0, 2, 0]


def test_of_two_that_tell_the_same_the_better_seen_counts():
    first = Growth(0, np.array([5.0, 5, 20]), np.array([10.0, 0, 7]), np.array([0.0, 10, 0]))
    second = Growth(1, np.array([12.0, 8]), np.array([10.0, 10]), np.array([0.0, 0]))
    assert best_of([first, second], 5.0).grown.tolist() == [5, 12, 20]


@pytest.mark.parametrize("seed", range(8))
def test_the_sum_is_what_the_counter_counted(seed):
    rng = np.random.default_rng(seed)
    grid = Grid(0, 60, 30)
    times = np.arange(-15, 1816, 15) + rng.uniform(0, 10)
    steps = rng.poisson(3, times.size)
    steps[0] = 0
    values, since = np.cumsum(steps).astype(float), 0.0
    for restart in np.sort(rng.choice(np.arange(2, times.size), 3, replace=False)):
        since = values[restart - 1]
        values[restart:] -= since
    cuts = np.sort(rng.choice(np.arange(1, times.size), 4, replace=False)).tolist()
    follower, tally, watch, total = Follower(), Tally(), Watch(grid, 60.0), np.zeros(grid.count)
    pace = Pace(15.0, 60.0)
    for first, last in zip([0, *cuts], [*cuts, times.size], strict=True):
        watch.take(times[first:last])
        growth = follow(follower, times[first:last], values[first:last], grid, pace, watch.runs, tally)
        if growth is not None:
            total[growth.first : growth.first + growth.grown.size] += growth.grown
    truth = np.diff(np.interp(np.arange(31) * 60.0, times, np.cumsum(np.maximum(_increase(values), 0))))
    np.testing.assert_allclose(total, truth, atol=1e-9)
    assert watch.watched_s[1:-1].tolist() == pytest.approx([60.0] * 28)


def _increase(values):
    """A reset-aware difference, one sample at a time."""
    steps = [0.0]
    for before, after in itertools.pairwise(values):
        steps.append(after - before if after >= before else after)
    return np.array(steps)
