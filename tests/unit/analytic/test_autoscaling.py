"""Where an HPA rests: against its own rule, walked step by step."""

from __future__ import annotations

import math

import pytest

from fvcapacity.analytic.autoscaling import resting_replicas


def walk(load: float, own: float, target: float, start: int) -> int:
    """Apply ``ceil(R x metric / target)`` outside of the tolerance until nothing changes."""
    pods = start
    for _ in range(200):
        ratio = (load / pods + own) / target
        wanted = pods if abs(ratio - 1) <= 0.1 else max(1, math.ceil(pods * ratio - 1e-12))
        if wanted == pods:
            return pods
        pods = wanted
    raise AssertionError("it never rests")


@pytest.mark.parametrize(
    ("load", "own", "target"),
    [(0.9, 0.0, 0.07), (0.09, 0.0, 0.07), (2.0, 0.01, 0.14), (0.001, 0.002, 0.07), (3.3, 0.02, 0.35)],
)
def test_it_rests_within_the_range_from_wherever_it_comes(load: float, own: float, target: float) -> None:
    low, exact, high = (float(value) for value in resting_replicas(load, own, target))
    assert low <= exact <= high
    assert load / exact + own <= target * (1 + 1e-9)
    for start in (1, 2, 3, 7, 20, 100):
        assert low <= walk(load, own, target, start) <= high


def test_own_use_beyond_the_target_asks_for_ever_more() -> None:
    assert [float(v) for v in resting_replicas(0.1, 0.2, 0.07)] == [math.inf, math.inf, math.inf]


def test_no_metric_asks_for_nothing() -> None:
    assert [float(v) for v in resting_replicas(5.0, 0.0, math.nan)] == [0.0, 0.0, 0.0]
