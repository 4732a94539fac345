"""Rates out of counts: chance is taken off, what the rate does itself stays."""

import numpy as np
import pytest

from fvcapacity.scenario.traffic import ClusteredArrivals, GammaArrivals, PoissonArrivals
from fvcapacity.study.rates import index_of, rates_without_noise


def _spread(values: np.ndarray) -> float:
    """Variance of the differences of neighbours per mean, halved: the index of dispersion where the rate is steady."""
    return float(np.diff(values[:, 0]).var() / 2 / values.mean())


def test_counts_of_a_steady_rate_become_steady():
    counts = np.random.default_rng(1).poisson(50.0, (3000, 1)).astype(float)
    rates = rates_without_noise(counts, 1.0)
    assert _spread(counts) == pytest.approx(1.0, abs=0.1)
    assert _spread(rates) < 0.25
    assert rates.mean() == pytest.approx(50, rel=0.01)


def test_arrivals_of_these_rates_vary_as_the_counts_did():
    rng = np.random.default_rng(2)
    true = 100 * rng.gamma(8.0, 1 / 8.0, (4000, 1))  # a rate that changes with every minute
    counts = rng.poisson(true).astype(float)
    rates = rates_without_noise(counts, 1.0)
    again, twice = rng.poisson(rates).astype(float), rng.poisson(counts).astype(float)
    assert again.var() == pytest.approx(counts.var(), rel=0.1)
    assert twice.var() > counts.var() + 0.8 * counts.mean()  # counts taken for rates have the chance twice


def test_a_minute_that_was_not_measured_stays_so():
    counts = np.full((100, 2), 10.0)
    counts[40, 0] = np.nan
    rates = rates_without_noise(counts, 1.0)
    assert np.isnan(rates[40, 0])
    assert np.isnan(rates).sum() == 1
    assert rates[41, 0] == pytest.approx(10)


@pytest.mark.parametrize(
    ("arrivals", "index"),
    [
        (PoissonArrivals(), 1.0),
        (GammaArrivals(dispersion=2.1), 2.1),
        (ClusteredArrivals(mean_size=1.6, spread="3s"), 2.52),  # 1 + 1.6 (1 - (1 - exp(-20)) / 20)
    ],
)
def test_the_index_over_a_minute(arrivals, index):
    assert index_of(arrivals) == pytest.approx(index)
