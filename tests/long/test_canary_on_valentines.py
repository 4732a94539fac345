"""The story of ``docs/explanation/canary-on-valentines.md``: the canary is taken back, the rolling update goes through."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import fvcapacity as fv

pytestmark = pytest.mark.long

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def evening(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the routes and the events of one replication."""
    result = fv.simulate(fv.load_scenario(SCENARIOS / f"{name}-on-valentines.yaml"), replications=1)
    return result.tables["routes"].set_index("route"), result.tables["events"]


def test_the_abort_rule_saves_the_evening_that_a_rolling_update_loses() -> None:
    rolled, its_events = evening("rolling")
    canary, her_events = evening("canary")
    assert "NewReplicaSetAvailable" in set(its_events["reason"])
    aborted = her_events[her_events["reason"] == "RolloutAborted"]
    assert len(aborted) == 1
    assert 1800 < aborted["time_s"].iloc[0] < 3000
    assert "RolloutCompleted" not in set(her_events["reason"])
    assert rolled.loc["login", "error_ratio"] > 0.4
    assert canary.loc["login", "error_ratio"] < 0.01
    assert rolled.loc["all", "failed"] > 50 * canary.loc["all", "failed"]
    assert (rolled["requests"] == canary["requests"]).all()
