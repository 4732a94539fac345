"""The chain of queues on both planes beside SimPy as it is usually written and Ciw, in the same run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fvcapacity.dataplane.fast.plane import FastPlane
from tests.benchmarks.bounds import require
from tests.benchmarks.chain import (
    ciw_chain,
    fast_chain,
    mean_of,
    mean_response_ms,
    plane_chain,
    reference_chain,
    simpy_chain,
)
from tests.benchmarks.clocks import Timed, best_of

pytestmark = pytest.mark.benchmark_run


@pytest.fixture(scope="module")
def idiomatic() -> Timed:
    return best_of(simpy_chain)


def measured(benchmark: Any, function: Callable[[], Timed], warm_up: Callable[[], object], other: Timed) -> float:
    """Return by how much a function is faster than another tool."""
    warm_up()
    results = [benchmark.pedantic(function, rounds=1), function(), function()]
    best = min(results, key=lambda result: result.seconds)
    benchmark.extra_info.update(requests=best.work, a_second=round(best.rate), ratio=round(best.rate / other.rate, 3))
    return best.rate / other.rate


def test_the_fast_plane_is_many_times_as_fast_as_simpy(benchmark: Any, idiomatic: Timed) -> None:
    require("chain", measured(benchmark, fast_chain, lambda: fast_chain(1_000), idiomatic))


def test_the_reference_plane_has_a_fifth_of_simpys_speed(benchmark: Any, idiomatic: Timed) -> None:
    least = 0.8 * 0.2  # on a machine where other work may run beside it
    assert measured(benchmark, reference_chain, lambda: reference_chain(10), idiomatic) >= least


def test_the_fast_plane_is_faster_than_ciw(benchmark: Any) -> None:
    ciw = best_of(ciw_chain)
    assert measured(benchmark, fast_chain, lambda: fast_chain(1_000), ciw) >= 20


def test_the_chain_takes_as_long_as_queueing_theory_says() -> None:
    requests = 300_000
    spent, statistics = plane_chain(FastPlane, requests)
    assert spent.work == requests
    # The histogram is off by at most 0.8 %; the rest is the scatter of 300,000 correlated response times.
    assert mean_of(statistics) == pytest.approx(mean_response_ms(), rel=0.03)
