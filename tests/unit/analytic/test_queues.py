"""Formulas against the cases in which theory is exact."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fvcapacity.analytic.queues import (
    erlang_c,
    lognormal_quantile,
    poisson_quantile,
    sojourn_ps,
    wait_ggc,
    wait_mmc,
    wait_variance,
)


def erlang_c_by_sum(servers: int, load: float) -> float:
    """Erlang's second formula as textbooks write it."""
    top = load**servers / math.factorial(servers) * servers / (servers - load)
    return top / (sum(load**k / math.factorial(k) for k in range(servers)) + top)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.3), (1, 0.95), (2, 1.0), (4, 3.9), (10, 5.0), (30, 28.5)])
def test_erlang_c(servers: int, load: float) -> None:
    assert erlang_c(servers, load) == pytest.approx(erlang_c_by_sum(servers, load), rel=1e-12)


def test_erlang_c_of_many_servers_neither_overflows_nor_leaves_0_and_1() -> None:
    waiting = erlang_c(1000, np.array([0.0, 900.0, 990.0, 999.9, 1000.0, 5000.0]))
    assert np.all((waiting >= 0) & (waiting <= 1))
    assert list(waiting[-2:]) == [1.0, 1.0]
    assert np.all(np.diff(waiting) >= 0)


@pytest.mark.parametrize("rho", [0.1, 0.5, 0.9])
def test_one_server(rho: float) -> None:
    service = 0.02
    assert wait_mmc(1, rho, service) == pytest.approx(rho * service / (1 - rho))
    assert wait_ggc(1, rho, service, 0.0) == pytest.approx(rho * service / (1 - rho) / 2)  # M/D/1
    scv = 3.0
    pollaczek_khinchine = rho * service * (1 + scv) / (2 * (1 - rho))
    assert wait_ggc(1, rho, service, scv) == pytest.approx(pollaczek_khinchine)
    assert sojourn_ps(1, rho, service) == pytest.approx(service / (1 - rho))


@pytest.mark.parametrize(("servers", "rho"), [(2, 0.5), (2, 0.8), (4, 0.5), (4, 0.9)])
def test_many_servers_with_constant_service(servers: int, rho: float) -> None:
    """M/D/c has no simple form: tables say that it waits a little more than half as long as M/M/c (Seelen, Tijms 1985)."""
    half = wait_mmc(servers, rho * servers, 1.0) / 2
    assert wait_ggc(servers, rho * servers, 1.0, 0.0) == pytest.approx(half)


def test_what_is_not_served_waits_forever() -> None:
    assert list(wait_mmc(2, np.array([1.9, 2.0, 3.0]), 1.0) < math.inf) == [True, False, False]
    assert wait_ggc(1, 1.0, 1.0, 0.0) == math.inf
    assert wait_variance(np.array([math.inf]), np.array([1.0])) == math.inf


def test_the_variance_of_a_wait_in_mm1() -> None:
    rho, service = 0.6, 1.0
    mean = wait_mmc(1, rho, service)
    assert wait_variance(mean, rho) == pytest.approx(rho * (2 - rho) / (1 - rho) ** 2)


def test_nobody_waits_without_load() -> None:
    assert wait_ggc(3, 0.0, 0.0, 0.0) == 0
    assert wait_variance(0.0, 0.0) == 0


def test_quantiles() -> None:
    assert lognormal_quantile(2.0, 0.0, 0.95) == pytest.approx(2.0)
    assert lognormal_quantile(0.0, 0.0, 0.95) == 0.0
    assert lognormal_quantile(math.inf, math.inf, 0.95) == math.inf
    sample = np.random.default_rng(1).lognormal(0.0, 0.5, 200_000)
    assert lognormal_quantile(sample.mean(), sample.var(), 0.95) == pytest.approx(np.quantile(sample, 0.95), rel=0.01)


@pytest.mark.parametrize("mean", [0.0005, 0.01, 0.5, 1.0, 7.3, 120.0])
def test_the_poisson_quantile_is_the_least_number_with_enough_below(mean: float) -> None:
    number, term, total = 0, math.exp(-mean), math.exp(-mean)
    while total < 0.999:
        number += 1
        term *= mean / number
        total += term
    assert poisson_quantile(mean, 0.999) == number


def test_poisson_quantile_at_the_ends() -> None:
    assert poisson_quantile(0.0, 0.999) == 0
    assert poisson_quantile(math.inf, 0.999) == math.inf
