"""The estimator by itself: it covers the truth as often as it says, also at zero and under noise that grows."""

import numpy as np
import pytest

from fvcapacity.study.calibrate.alignment import Carry, find_carries
from fvcapacity.study.calibrate.identifiability import proportional_groups
from fvcapacity.study.calibrate.regression import fit, near_the_rest


def _sample(rng, truth, rows=1500, cv=0.5):
    x = rng.poisson(np.array([40.0, 12.0, 3.0]), (rows, 3)).astype(float)
    noise = np.sqrt((x * (truth * cv) ** 2).sum(axis=1) + 0.01)
    y = 2.0 + x @ truth + noise * rng.normal(size=rows)
    return np.column_stack([np.ones(rows), x]), y


@pytest.mark.parametrize("truth", [[1.0, 5.0, 20.0], [1.0, 0.0, 3.0]])
def test_intervals_cover_the_truth_as_often_as_they_say(truth):
    rng, truth = np.random.default_rng(7), np.array(truth)
    covered = []
    for _ in range(60):
        x, y = _sample(rng, truth)
        found = fit(x, y, block=60, replicates=200)
        assert (found.estimate >= 0).all()
        assert (found.low <= found.estimate).all()
        assert (found.estimate <= found.high).all()
        covered += list((found.low[1:] <= truth + 1e-12) & (truth <= found.high[1:]))
    assert 0.90 <= np.mean(covered) <= 0.99  # 180 coefficients


def test_weights_make_the_estimate_sharper():
    rng = np.random.default_rng(1)
    rows = 2000
    x = rng.exponential(10.0, rows)
    y = 3 * x + x * rng.normal(size=rows)  # the noise grows faster still than the model's
    found = fit(np.column_stack([np.ones(rows), x]), y, block=50)
    plain = np.linalg.lstsq(np.column_stack([np.ones(rows), x]), y, rcond=None)[0]
    assert found.variance[1] > 0
    assert abs(found.estimate[1] - 3) < abs(plain[1] - 3)


def test_neighbouring_residuals_widen_the_interval():
    rng = np.random.default_rng(3)
    rows = 6000
    slow = np.cumsum(rng.normal(size=rows)) * 0.05
    slow -= np.convolve(slow, np.ones(2000) / 2000, mode="same")
    x = 10 + np.repeat(rng.normal(size=rows // 100), 100)
    design = np.column_stack([np.ones(rows), x])
    y = design @ [1.0, 2.0] + slow
    alone, together = (fit(design, y, block=block).standard_error[1] for block in (1, 200))
    assert together > 2 * alone


def test_what_appears_in_the_next_interval_is_found_and_only_that():
    rng = np.random.default_rng(5)
    x = rng.poisson([30.0, 30.0], (4000, 2)).astype(float)
    late = np.concatenate([x[:1], x[:-1]])
    y = 2 * x[:, 0] + 3 * (0.9 * x[:, 1] + 0.1 * late[:, 1]) + rng.normal(size=4000)
    used = np.ones(4000, bool)
    found = find_carries(x, np.ones(4000), y, np.ones(4000), used)
    assert found == (Carry(1, 1),)


def test_multiples_of_each_other_are_one():
    rng = np.random.default_rng(2)
    x = rng.poisson([30.0, 8.0], (500, 2)).astype(float)
    found = proportional_groups(np.column_stack([x, 3 * x[:, 0]]), np.ones(500))
    assert found.groups == ((0, 2), (1,))
    assert found.inflation[0] > 1e6 > 10 > found.inflation[1]


def test_the_start_of_a_process_is_no_demand_and_chance_is_no_outlier():
    rng = np.random.default_rng(4)
    x, y = _sample(rng, np.array([1.0, 5.0, 20.0]))
    assert near_the_rest(x, y, block=60).all()
    y[[100, 900]] += 3000
    assert np.flatnonzero(~near_the_rest(x, y, block=60)).tolist() == [100, 900]
    assert near_the_rest(x, y, block=60, least=1e6).all()
