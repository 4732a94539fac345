"""Headroom of a shop whose limit is known: one thread, a demand, a CPU limit that does not bind."""

import math
from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.errors import ScenarioError
from fvcapacity.study.headroom import headroom
from fvcapacity.study.headroom_summary import headroom_summary
from fvcapacity.study.mending import mends
from fvcapacity.study.peaks import Peak
from fvcapacity.study.trial import try_out
from tests.support.shops import MANIFESTS, SCENARIO, TOPOLOGY, write_shop

FAST = SCENARIO.replace("plane: simpy", "plane: fast")
LIGHT = TOPOLOGY.replace("mean_ms: 20", "mean_ms: 5").replace("mean_ms: 40", "mean_ms: 5")
COARSE = 1.15
"""A bisection that stops early, for the sake of time."""


def _shop(directory: Path, **files: str) -> fv.Scenario:
    return fv.load_scenario(write_shop(directory, **{"scenario": FAST, "topology": LIGHT, **files}))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory):
    # 1.5 requests a second of 5 ms under a limit of 150m: the quota of 15 ms in 100 ms is 30 requests a second
    return headroom(_shop(tmp_path_factory.mktemp("shop")), replications=2, resolution=COARSE)


def test_the_multiple_is_where_the_quota_is_spent(found):
    stage = found.stages[0]
    assert stage.limit == "found"
    assert 8 < stage.multiple.mean < 20  # 30 requests a second are 20 times the traffic, and the p95 is lost before
    for item in stage.bisections:
        assert 1 < item.breaks / item.holds <= COARSE
    assert "shop is throttled" in stage.first.bottleneck


def test_what_breaks_is_mended_and_more_is_borne(found):
    first, second = found.stages
    assert second.mended
    assert "CPU limit of shop 150m" in second.mended[0]
    assert second.multiple.mean > first.multiple.mean * 1.2


def test_trials_of_one_replication_are_of_the_same_customers(found):
    rows = found.trials[found.trials["replication"] == 0]
    held = rows[rows["stage"] == 0].groupby("holds")["multiple"]
    assert held.max()[True] < held.min()[False]  # on common customers more traffic never helped here


@pytest.mark.long
def test_jobs_do_not_change_what_is_found(tmp_path: Path):
    scenario = _shop(tmp_path)
    one, two = (headroom(scenario, replications=2, jobs=jobs, next_breaks=0, resolution=2.0) for jobs in (1, 2))
    assert [item.holds for item in one.stages[0].bisections] == [item.holds for item in two.stages[0].bisections]


def test_a_system_that_misses_everywhere_is_told_so(tmp_path: Path):
    slow = TOPOLOGY.replace("mean_ms: 20", "mean_ms: 700").replace("mean_ms: 40", "mean_ms: 700")
    many = "timestamp,requests\n" + "".join(f"2026-02-14T{h}:{m:02d}:00,6000\n" for h in (17, 18) for m in range(60))
    unlimited = MANIFESTS.replace("limits: {cpu: 150m, ", "limits: {")
    assert unlimited != MANIFESTS
    found = headroom(_shop(tmp_path, topology=slow, counts=many), replications=1, next_breaks=0, resolution=2.0)
    summary = headroom_summary(found)
    assert summary["stages"][0]["limit"] == "never holds"
    assert "at no multiple" in summary["stages"][0]["sentence"]


def test_users_of_a_closed_loop_have_no_multiple(tmp_path: Path):
    users = FAST.replace(
        "  file: counts.csv\n  arrivals: {kind: poisson}", "  users: {journey: [list], stages: [{at: 0s, users: 2}]}"
    )
    with pytest.raises(ScenarioError, match="no multiple"):
        headroom(_shop(tmp_path, scenario=users))


def test_a_mend_is_one_step_of_the_field_that_binds(tmp_path: Path):
    scenario = _shop(tmp_path, topology=TOPOLOGY)
    trial = try_out(scenario, Peak(0, scenario.file.window.duration, "all"))
    assert not trial.holds
    assert trial.excess > 1 or math.isinf(trial.excess)
    first = next(mends(scenario, trial.result))
    assert first.values == {"deployment/shop/shop.limits.cpu": "250m"}
    assert scenario.with_values(first.values).value("deployment/shop/shop.limits.cpu") == "250m"
