"""Time and memory against the length of a run, its rate, and the size of its cluster."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.bounds import require
from tests.benchmarks.cluster import small_and_big
from tests.benchmarks.growth import (
    growth_with_cluster,
    growth_with_length,
    growth_with_rate,
    growth_with_speed,
    loaded_chain,
    memory_of,
)

pytestmark = pytest.mark.benchmark_run

FEW = {"turns": 5}
"""Enough for bounds with an allowance; the page takes more."""


@pytest.fixture(autouse=True, scope="module")
def _warm() -> None:
    loaded_chain(1_000, 1)


def test_time_grows_with_the_length(benchmark: Any) -> None:
    require("length", benchmark.pedantic(growth_with_length, kwargs=FEW, rounds=1))


def test_time_grows_with_the_rate(benchmark: Any) -> None:
    require("speed", benchmark.pedantic(growth_with_speed, kwargs=FEW, rounds=1))


def test_time_grows_little_more_than_the_rate_with_more_open_requests(benchmark: Any) -> None:
    # More requests are open at ten times the rate: deeper heaps, more misses of the cache. The page tells how it
    # stands against the exact 10; this guards against anything that grows with more than a logarithm.
    assert 9 <= benchmark.pedantic(growth_with_rate, kwargs=FEW, rounds=1) <= 14


def test_time_grows_little_more_than_the_cluster(benchmark: Any) -> None:
    assert 9 <= benchmark.pedantic(growth_with_cluster, kwargs=FEW, rounds=1) <= 16


def test_memory_hardly_grows(benchmark: Any) -> None:
    memory_of(20, 10)  # compiles what is not in the cache yet
    few, rate = memory_of(20, 10), memory_of(20, 100)
    length = benchmark.pedantic(memory_of, args=(200, 100), rounds=1)
    assert rate.requests == pytest.approx(10 * few.requests, rel=0.05)
    assert length.requests == pytest.approx(10 * rate.requests, rel=0.02)
    benchmark.extra_info.update(added_mb=[round(m.added_bytes / 1e6, 1) for m in (few, rate, length)])
    require("memory_rate", rate.peak_bytes / few.peak_bytes)
    require("memory_length", length.peak_bytes / rate.peak_bytes)


def test_a_big_cluster_costs_a_request_little(benchmark: Any) -> None:
    small, big = benchmark.pedantic(small_and_big, kwargs=FEW, rounds=1)
    assert small.requests == big.requests == 180_000
    assert big.probes == pytest.approx(20 * small.probes, rel=0.05)
    benchmark.extra_info.update(each=round(big.each / small.each, 3), visit=round(big.visit / small.visit, 3))
    # The page tells how it stands against what must hold, on a quiet machine. Beside neighbours that use the shared
    # cache it came to 2.1; a search through all pods or nodes at a request or a probe would make it 10 or more.
    assert big.each <= 2.5 * small.each
