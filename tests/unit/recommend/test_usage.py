"""Histograms of use: quantiles by weight, what a request leaves idle, and floors that only rise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvcapacity.recommend.floors import Floors, month_use
from fvcapacity.recommend.usage import covering_cores, idle_core_s, seconds, together, use_of
from fvcapacity.scenario.recommendation import Policy
from tests.unit.recommend.outcomes import outcome

OWNER = "deployment/shop/shop"


def use(*pairs: tuple[float, float]) -> dict[str, float]:
    return use_of(np.array([cores for cores, _ in pairs]), np.array([length for _, length in pairs]))


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 30), st.integers(1, 600)), min_size=1, max_size=60), st.floats(0.05, 1))
def test_a_quantile_is_at_most_two_per_cent_too_high(pairs, share):
    lengths = np.array([length for _, length in pairs], float)
    cores = np.array([value for value, _ in pairs])
    order = np.argsort(cores, kind="stable")
    reached = np.cumsum(lengths[order]) / lengths.sum()
    exact = cores[order][np.searchsorted(reached, share - 1e-9)]
    assert exact * (1 - 1e-9) <= covering_cores(use(*pairs), share) <= exact * 1.0201


def test_days_are_weighted_by_the_calendar():
    busy, calm = use((1.0, 3600)), use((0.1, 3600))
    month = together([(busy, 2), (calm, 26)])
    assert seconds(month) == 28 * 3600
    assert covering_cores(month, 0.9) == pytest.approx(0.1, rel=0.021)
    assert covering_cores(month, 0.95) == pytest.approx(1.0, rel=0.021)


def test_idle_is_what_lies_below_the_request_alone():
    assert idle_core_s(use((0.5, 60), (2.0, 60)), 1.0) == pytest.approx(30, rel=0.03)


def test_a_replay_of_half_a_day_counts_for_its_days():
    parts = [(10.0, outcome(hours=12, cpu_use={OWNER: use((0.2, 60))}))]
    assert seconds(month_use(parts)[OWNER]) == 60 * 10 * 24 / 12


def test_floors_only_rise():
    floors = Floors(Policy(memory_margin_percent=10))
    assert not floors.measured
    assert floors.of(f"{OWNER}.requests.cpu") is None
    floors.add_month({OWNER: use((0.2, 60))})
    floors.add_memory([outcome(memory_bytes={OWNER: 100.0})])
    floors.add_month({OWNER: use((0.1, 60))})
    floors.add_memory([outcome(memory_bytes={OWNER: 50.0})])
    assert floors.of(f"{OWNER}.requests.cpu") == pytest.approx(0.2, rel=0.021)
    assert floors.of(f"{OWNER}.requests.memory") == pytest.approx(110)
    assert "95 %" in floors.said(f"{OWNER}.requests.cpu")
    assert "nothing is known" in floors.said("deployment/other/other.requests.cpu")


def test_nothing_used_is_the_lowest_edge():
    assert covering_cores(use((0.0, 60)), 0.95) == pytest.approx(1e-4)
    assert not math.isnan(idle_core_s(use((0.0, 60)), 0.0))
