from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from fvcapacity.errors import InputError, ScenarioError
from fvcapacity.inputs import load_scenario

ROOT = Path(__file__).parents[3]
VALENTINES = ROOT / "scenarios" / "valentines.yaml"
ORDINARY = {"name": "ordinary", "start": "2026-03-04T00:00:00", "duration": "1d"}
BUSIER = {
    "name": "busier",
    "start": "2026-05-10T00:00:00",
    "duration": "1d",
    "traffic": {"weekly": {"file": str(ROOT / "data" / "traffic" / "weekly-shape.yaml"), "mean_rps": 23.4}},
}


def _load(**sections):
    return load_scenario(VALENTINES, overrides={"history": [], "holdout": [], "calendar": [], **sections})


def _problems(**sections) -> list[str]:
    with pytest.raises(InputError) as caught:
        _load(**sections)
    return [problem.rule or problem.field for problem in caught.value.problems]


def test_another_stretch_has_its_own_days_and_the_same_system():
    scenario = _load(history=[ORDINARY])
    other = scenario.during("ordinary")
    assert other.file.window.start == datetime(2026, 3, 4)
    assert other.name == "valentines-ordinary"
    assert other.cluster is scenario.cluster
    assert scenario.during("window") is scenario
    assert len(other.traffic.rps) == 24 * 60 + 10  # a day and the warm-up, by the minute


def test_a_stretch_may_bring_its_own_traffic():
    scenario = _load(history=[ORDINARY], holdout=[BUSIER])
    assert scenario.during("busier").traffic.rps.shape[1] == scenario.traffic.rps.shape[1]
    plain = scenario.during("ordinary").file.model_copy(update={"name": "x"})
    assert plain.traffic == scenario.file.traffic
    assert not np.allclose(scenario.during("busier").traffic.rps.mean(), scenario.during("ordinary").traffic.rps.mean())


def test_a_candidate_walks_through_every_stretch():
    patch = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "auth-service"},
        "spec": {"replicas": 3},
    }
    scenario = _load(history=[ORDINARY]).with_patch(patch)
    assert scenario.during("ordinary").cluster.workload("deployment/auth-service").replicas == 3


def test_an_unknown_stretch_is_an_error():
    with pytest.raises(ScenarioError, match="no stretch 'easter'"):
        _load(history=[ORDINARY]).during("easter")


@pytest.mark.parametrize(
    ("sections", "rule"),
    [
        ({"history": [ORDINARY, ORDINARY]}, "stretch-name"),
        ({"history": [ORDINARY], "holdout": [{**ORDINARY, "name": "again"}]}, "holdout-seen"),
        ({"holdout": [{**ORDINARY, "start": "2026-02-14T00:00:00"}]}, "holdout-seen"),
        ({"history": [{**ORDINARY, "name": "window"}]}, "invalid-field"),
        ({"calendar": [{"like": "ordinry", "days": 30}], "history": [ORDINARY]}, "stretch-name"),
        ({"history": [{**ORDINARY, "start": "2026-09-06T00:30:00"}]}, "time-zone"),
    ],
)
def test_what_is_wrong_is_said_at_the_load(sections, rule):
    assert rule in _problems(**sections)


def test_the_traffic_of_every_stretch_is_read_at_the_load(tmp_path: Path):
    counts = tmp_path / "counts.csv"
    counts.write_text("timestamp,requests\n2026-05-10T00:00:00Z,5\n")
    held = {**BUSIER, "traffic": {"file": str(counts)}}
    with pytest.raises(InputError):
        _load(holdout=[held])


def test_a_calendar_that_is_no_month_is_told():
    scenario = _load(history=[ORDINARY], calendar=[{"like": "ordinary", "days": 5}])
    assert any("the calendar has 5 days" in finding for finding in scenario.findings)
