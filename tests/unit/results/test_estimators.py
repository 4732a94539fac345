import math

import numpy as np
import pytest

from fvcapacity.results.estimators import estimate_mean, estimate_paired


def test_one_replication_has_no_interval():
    estimate = estimate_mean([3.0])
    assert (estimate.mean, estimate.low, estimate.high, estimate.half_width) == (3.0, None, None, None)


def test_nothing_to_measure_is_nan():
    assert math.isnan(estimate_mean([math.nan]).mean)


def test_interval_of_a_textbook_sample():
    # t(0.975, 4) = 2.776445; s = sqrt(2.5), n = 5
    estimate = estimate_mean([1, 2, 3, 4, 5])
    assert estimate.mean == 3
    assert estimate.half_width == pytest.approx(2.776445 * math.sqrt(2.5 / 5), rel=1e-6)


def test_replications_without_a_figure_are_left_out():
    assert estimate_mean([1.0, math.nan, 3.0]).samples == 2


def test_the_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(1000):
        estimate = estimate_mean(rng.normal(10, 2, size=5).tolist())
        covered += estimate.low <= 10 <= estimate.high
    assert 930 <= covered <= 970


def test_pairing_narrows_when_the_pairs_go_together():
    rng = np.random.default_rng(3)
    common = rng.normal(100, 20, size=10)
    paired = estimate_paired(common.tolist(), (common + 5 + rng.normal(0, 0.5, size=10)).tolist())
    assert paired.difference.low < 5 < paired.difference.high
    assert paired.narrowing > 10


def test_pairing_does_not_narrow_what_is_independent():
    rng = np.random.default_rng(3)
    paired = estimate_paired(rng.normal(0, 1, 200).tolist(), rng.normal(0, 1, 200).tolist())
    assert paired.narrowing == pytest.approx(1, abs=0.2)


def test_pairs_need_equal_lengths():
    with pytest.raises(ValueError, match="equal lengths"):
        estimate_paired([1.0], [1.0, 2.0])


def test_equal_pairs_have_no_narrowing():
    assert estimate_paired([1.0, 2.0], [1.0, 2.0]).narrowing is None
