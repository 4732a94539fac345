"""The run of the closed loop itself: its truth must be what it has simulated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fvcapacity.scenario.model import Scenario
from tests.support.closed_loop import closed_loop, closed_loop_scenario, true_demands


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return closed_loop_scenario("30m", start="2026-03-04T15:00:00")


def test_the_cpu_of_every_service_is_what_its_routes_cost(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "fvcapacity" / "closed-loop"
    monkeypatch.setattr("tests.support.closed_loop.user_cache", lambda: tmp_path / "fvcapacity")
    result = closed_loop(scenario)
    (directory,) = kept.iterdir()
    written = (directory / "summary.json").stat().st_mtime_ns
    assert closed_loop(scenario) == result
    assert (directory / "summary.json").stat().st_mtime_ns == written, "it was not simulated again"

    truth = true_demands(scenario).merge(result.tables["routes"][["route", "requests"]], on="route")
    truth["cost"] = truth["cpu_s"] * truth["requests"]
    expected = truth.groupby("service")["cost"].sum()
    used = result.tables["services"].set_index("service")["cpu_core_s"][expected.index]
    busy = expected > 15
    assert busy.sum() >= 4
    assert np.allclose(used[busy], expected[busy], rtol=0.05), (used - expected)[busy]
    assert (used > 0.8 * expected).all()
