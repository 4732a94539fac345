"""What a CPU quota does, against enumeration and simulation of the same rule."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fvcapacity.analytic.throttling import (
    PERIOD_S,
    burst_throttled_ratio,
    burst_wall_s,
    leftover,
    limit_for_burst,
)


def stopped_by_hand(demand: float, quota: float, cores: float, left: float) -> tuple[bool, float]:
    """Walk through the periods: was the burst stopped, and how long did it take?"""
    wall, stopped = 0.0, False
    while True:
        used = min(demand, quota, cores * left)
        demand -= used
        if demand <= 1e-12:
            return stopped, wall + used / cores
        if used < cores * left - 1e-12:
            stopped = True
        wall, left = wall + left, PERIOD_S


@pytest.mark.parametrize(
    ("demand", "limit", "cores"),
    [
        (0.005, 0.25, 1.0),  # fits into one quota
        (0.030, 0.25, 1.0),  # now and then two periods' quotas together
        (0.062, 0.20, 1.0),  # bcrypt under 200m
        (0.062, 0.50, 1.0),
        (0.120, 0.90, 1.0),
        (0.500, 1.00, 1.0),  # never stopped: the limit is all that it can use
        (0.080, 0.50, 4.0),
    ],
)
def test_a_lone_burst(demand: float, limit: float, cores: float) -> None:
    quota = min(limit, cores) * PERIOD_S
    phases = (np.arange(4096) + 0.5) / 4096 * PERIOD_S
    by_hand = [stopped_by_hand(demand, quota, cores, left) for left in phases]
    assert burst_throttled_ratio(demand, limit, cores) == pytest.approx(np.mean([s for s, _ in by_hand]), abs=2e-3)
    mean, variance = burst_wall_s(demand, limit, cores)
    assert mean == pytest.approx(np.mean([wall for _, wall in by_hand]), rel=5e-3)
    assert math.sqrt(variance) == pytest.approx(np.std([wall for _, wall in by_hand]), rel=0.03, abs=1e-4)


def test_more_limit_never_takes_longer() -> None:
    limits = np.arange(0.05, 1.2, 0.01)
    mean, _ = burst_wall_s(0.062, limits)
    assert np.all(np.diff(mean) <= 1e-12)
    assert mean[-1] == pytest.approx(0.062)


@pytest.mark.parametrize(("demand", "cores"), [(0.004, 1.0), (0.062, 1.0), (0.062, 4.0), (0.3, 2.0)])
@pytest.mark.parametrize("allowed", [0.0, 0.05, 0.5])
def test_the_limit_for_a_burst_is_the_least_one(demand: float, cores: float, allowed: float) -> None:
    limit = limit_for_burst(demand, cores, allowed)
    assert burst_throttled_ratio(demand, limit + 1e-9, cores) <= allowed + 1e-6
    assert burst_throttled_ratio(demand, limit - 1e-4, cores) > allowed


def test_a_limit_for_every_allowance() -> None:
    assert limit_for_burst(0.062, 1.0, 1.0) == 0
    with pytest.raises(ValueError, match=r"1\.5 is no share"):
        limit_for_burst(0.062, 1.0, 1.5)


def simulated_leftover(rate: float, burst: float, limit: float, periods: int = 200_000) -> tuple[float, float]:
    """Lindley's recursion with compound Poisson demand of exponential bursts."""
    rng = np.random.default_rng(5)
    counts = rng.poisson(rate * PERIOD_S, periods)
    work = rng.gamma(np.maximum(counts, 1e-9), burst) * (counts > 0)
    left, all_left = 0.0, np.empty(periods)
    for number, step in enumerate(work - limit * PERIOD_S):
        left = all_left[number] = max(0.0, left + step)
    return float((all_left > 0).mean()), float(all_left.mean())


@pytest.mark.parametrize(
    ("rate", "burst", "limit"), [(50.0, 0.004, 0.3), (50.0, 0.004, 0.22), (8.0, 0.02, 0.4), (3.0, 0.05, 0.3)]
)
def test_what_is_left_over_at_the_end_of_a_period(rate: float, burst: float, limit: float) -> None:
    share, work = leftover(rate * burst, 2 * burst, limit)
    simulated_share, simulated_work = simulated_leftover(rate, burst, limit)
    # the demand of a period is taken as a gamma variable, which has no mass at 0
    assert share == pytest.approx(simulated_share, rel=0.2)
    assert work == pytest.approx(simulated_work, rel=0.1)


def test_the_ends_of_what_is_left_over() -> None:
    share, work = leftover(np.array([0.2, 0.2, 0.5, 0.0]), 0.008, np.array([math.inf, 1.0, 0.4, 0.4]), 1.0)
    assert list(share) == [0.0, 0.0, 1.0, 0.0]
    assert list(work) == [0.0, 0.0, math.inf, 0.0]
