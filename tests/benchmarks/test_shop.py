"""The whole shop: the evening's peak on both planes, and an hour at 100 requests a second."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.bounds import BOUNDS, require
from tests.benchmarks.clocks import best_of
from tests.benchmarks.shop import (
    QUARTER,
    evening,
    replay,
    replay_in_parts,
    require_equal,
    require_served,
    require_whole,
    steady,
)

pytestmark = pytest.mark.benchmark_run

LEAST_REQUESTS = 180_000
"""In the evening's hour."""
QUARTERS_SHARE = 0.63
"""A quarter of an hour has the same fixed costs as an hour: its ratio is this part of the hour's (99.6 of 157, see
docs/explanation/performance.md, whose table measures both)."""


def test_a_quarter_of_the_evening_is_many_times_as_fast_as_on_the_reference_plane(benchmark: Any) -> None:
    _, fast = replay(evening(QUARTER))
    slow_time, slow = benchmark.pedantic(replay, args=(evening(QUARTER, "simpy"),), rounds=1)
    require_equal(fast, slow)
    require_whole(fast)
    best = best_of(lambda: replay(evening(QUARTER))[0], 9)
    assert best.work == slow_time.work >= LEAST_REQUESTS / 4
    ratio = slow_time.seconds / best.seconds
    benchmark.extra_info.update(requests=best.work, ratio=round(ratio, 1))
    require("shop_ratio", ratio / QUARTERS_SHARE)


def test_the_evening_runs_at_so_many_requests_and_events_a_second(benchmark: Any) -> None:
    replay(evening())
    best = benchmark.pedantic(best_of, args=(lambda: replay(evening())[0], 3), rounds=1)
    parts = min((replay_in_parts(evening()) for _ in range(3)), key=lambda parts: parts.advance.seconds)
    assert parts.total.work == best.work >= LEAST_REQUESTS
    assert parts.events >= 5 * best.work
    benchmark.extra_info.update(requests_a_second=round(best.rate), events_a_second=round(parts.events_a_second))
    require("shop_requests", best.rate)
    require("shop_events", parts.events_a_second)


def test_an_hour_at_100_requests_a_second_takes_its_part_of_a_day(benchmark: Any) -> None:
    replay(steady(1))
    spent, statistics = benchmark.pedantic(replay, args=(steady(60),), rounds=1)
    require_whole(statistics)
    require_served(statistics)
    assert spent.work == pytest.approx(360_000, rel=0.02)
    benchmark.extra_info.update(requests=spent.work, a_second=round(spent.rate))
    assert 24 * spent.seconds <= BOUNDS["day"].must
