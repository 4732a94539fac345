"""Closed forms: M/M/1, M/M/c, M/D/1, M/G/1-PS and a tandem, at rho 0.5 on the reference plane.

Twenty replications with seeds fixed beforehand; the 99.9 % interval of the mean must contain theory, and its half-width
be at most 5 % of it. Nothing is compared with a seeded value.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from tests.support.tiny import SECOND, Tiny, chain, cpu, program_of

RHO = 0.5
SERVICE_S = 0.010
REPLICATIONS = 20
WARM_UP = 200


def erlang_c(servers: int, load: float) -> float:
    """Probability of waiting in M/M/c (Erlang's second formula)."""
    top = load**servers / math.factorial(servers) * servers / (servers - load)
    return top / (sum(load**k / math.factorial(k) for k in range(servers)) + top)


def mm_c(servers: int, service_s: float) -> float:
    """Mean response time of M/M/c."""
    load = RHO * servers
    return service_s + erlang_c(servers, load) * service_s / (servers - load)


def run_means(system: Callable[[list[tuple[int, int]]], Tiny], rate: float, requests: int) -> np.ndarray:
    """Mean response times in seconds, one per replication."""
    means = []
    for seed in range(REPLICATIONS):
        gaps = np.random.default_rng([2026, seed]).exponential(SECOND / rate, requests + WARM_UP)
        times = np.cumsum(gaps).astype(np.int64)
        tiny = system([(int(t), 0) for t in times])
        tiny.seed, tiny.duration_ns = seed + 1, int(times[-1]) + 60 * SECOND
        plane = tiny.run()
        assert plane.records is not None
        assert len(plane.records) == requests + WARM_UP
        counted = sorted(plane.records, key=lambda r: r.arrived_ns)[WARM_UP:]
        means.append(np.mean([record.response_ns for record in counted]) / SECOND)
    return np.array(means)


def assert_covers(means: np.ndarray, theory: float) -> None:
    half_width = stats.t.ppf(0.9995, len(means) - 1) * means.std(ddof=1) / math.sqrt(len(means))
    assert half_width <= 0.05 * theory, "too few requests to say anything"
    assert abs(means.mean() - theory) <= half_width, f"{means.mean():.6f} +- {half_width:.6f} against {theory:.6f}"


def station(threads: int, distribution: str, **more: float) -> Callable[[list[tuple[int, int]]], Tiny]:
    services = {"s": {"threads": {"main": {"count": threads, "queue_limit": 100_000}}}}
    step = cpu(SERVICE_S * 1000, distribution, **more)
    program = program_of(services, {"r": {"steps": [{"call": "s", "steps": [step]}], "client_timeout": "1h"}})
    return lambda arrivals: Tiny(program, arrivals, [{"service": "s"}])


@pytest.mark.parametrize("servers", [1, pytest.param(3, marks=pytest.mark.long)])
def test_mm_c(servers: int) -> None:
    means = run_means(station(servers, "exponential"), RHO * servers / SERVICE_S, 4_000)
    assert_covers(means, mm_c(servers, SERVICE_S))


def test_md1() -> None:
    means = run_means(station(1, "constant"), RHO / SERVICE_S, 1_000)
    assert_covers(means, SERVICE_S + RHO * SERVICE_S / (2 * (1 - RHO)))


def test_mg1_processor_sharing() -> None:
    """One core, a thread for everyone: M/G/1-PS, whose mean knows of the service time's mean only."""
    services = {"s": {"threads": {"main": {"count": 500, "queue_limit": 0}}}}
    step = cpu(SERVICE_S * 1000, "lognormal", cv=1.0)
    program = program_of(services, {"r": {"steps": [{"call": "s", "steps": [step]}], "client_timeout": "1h"}})
    means = run_means(lambda rows: Tiny(program, rows, [{"service": "s"}], nodes=[1.0]), RHO / SERVICE_S, 3_000)
    assert_covers(means, SERVICE_S / (1 - RHO))


@pytest.mark.long
def test_tandem_of_mm_c() -> None:
    """Burke: the stations of a tandem are as if alone. A caller works before it calls, so times add up."""
    servers = {"a": 1, "b": 2}
    rate = 60.0
    services = {n: {"threads": {"main": {"count": c, "queue_limit": 100_000}}} for n, c in servers.items()}
    times = {name: RHO * count / rate for name, count in servers.items()}
    first = chain("a", mean_ms=times["a"] * 1000, distribution="exponential")
    first["steps"].append(chain("b", mean_ms=times["b"] * 1000, distribution="exponential"))
    program = program_of(services, {"r": {"steps": [first], "client_timeout": "1h"}})
    means = run_means(lambda rows: Tiny(program, rows, [{"service": "a"}, {"service": "b"}]), rate, 3_000)
    assert_covers(means, sum(mm_c(count, times[name]) for name, count in servers.items()))


def test_littles_law() -> None:
    """L = lambda W holds exactly over a run that starts and ends empty."""
    program = station(1, "exponential")([]).program
    times = np.cumsum(np.random.default_rng(5).exponential(SECOND * SERVICE_S / RHO, 500)).astype(np.int64)
    plane = Tiny(
        program, [(int(t), 0) for t in times], [{"service": "s"}], duration_ns=int(times[-1]) + 60 * SECOND
    ).run()
    assert plane.records is not None
    changes = sorted(
        [(r.arrived_ns, 1) for r in plane.records] + [(r.arrived_ns + r.response_ns, -1) for r in plane.records]
    )
    inside = area = last = 0
    for now, change in changes:
        area += inside * (now - last)
        inside, last = inside + change, now
    assert inside == 0
    assert area == sum(record.response_ns for record in plane.records)
