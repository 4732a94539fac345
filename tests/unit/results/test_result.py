import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
import yaml

from fvcapacity.errors import InputError
from fvcapacity.results.build import build_result
from fvcapacity.results.result import load_result
from fvcapacity.results.scenario_text import portable_path, scenario_text
from fvcapacity.results.summary import summary_schema
from fvcapacity.scenario.model import ScenarioFile, Window
from fvcapacity.scenario.monitoring import Monitoring
from fvcapacity.scenario.traffic import ClosedLoop, Traffic, TrafficEvent, UserStage
from tests.unit.results import synthetic


def make(*outcomes, bill=None, **file):
    outcomes = outcomes or (synthetic.make_outcome(0), synthetic.make_outcome(1))
    return build_result(synthetic.make_scenario(**file), synthetic.make_program(), outcomes, bill)


@pytest.fixture(scope="module")
def result():
    return make(bill=synthetic.make_bill())


def files_of(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def test_a_result_is_read_back_equal(result, tmp_path):
    result.save(tmp_path / "r")
    assert load_result(tmp_path / "r") == result


def test_a_result_is_not_equal_to_another(result):
    assert result != make(synthetic.make_outcome(0), synthetic.make_outcome(2))
    assert result != "result"


def test_a_long_window_has_no_samples_of_pods_and_says_so():
    month = {"start": datetime(2026, 2, 1), "duration": "28d"}
    outcome = replace(synthetic.make_outcome(0), duration_ns=28 * 86_400 * 10**9)
    silent, asked, refused = (
        make(outcome, window=Window(**month), monitoring=Monitoring(pods=pods)) for pods in (None, True, False)
    )
    remark = "No samples of pods: the window is longer than eight days; `monitoring: {pods: true}` keeps them."
    assert [remark in result.summary["notes"] for result in (silent, asked, refused)] == [True, False, False]
    assert ["pod_samples" in result.tables for result in (silent, asked, refused)] == [False, True, False]
    assert remark not in make().summary["notes"]


def test_two_runs_leave_the_same_bytes(result, tmp_path):
    result.save(tmp_path / "first" / "a")
    again = make(synthetic.make_outcome(1), synthetic.make_outcome(0), bill=synthetic.make_bill())
    again.save(tmp_path / "second" / "b")
    assert files_of(tmp_path / "first" / "a") == files_of(tmp_path / "second" / "b")


def test_nothing_tells_where_or_when_it_was_made(result, tmp_path):
    import socket

    result.save(tmp_path / "r")
    for name, content in files_of(tmp_path / "r").items():
        for secret in (str(tmp_path), str(Path.home()), f"//{socket.gethostname()}"):
            assert secret.encode() not in content, (name, secret)


def test_a_result_of_ours_is_replaced_whole(result, tmp_path):
    target = tmp_path / "r"
    result.save(target)
    (target / "left-over.txt").write_text("old")
    result.save(target)
    assert not (target / "left-over.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["r"]  # no temporary names stay


@pytest.mark.parametrize("content", [None, "{}", '{"schema_version": "other/1"}', "no json", "[]"])
def test_what_is_not_ours_is_left_alone(result, tmp_path, content):
    target = tmp_path / "r"
    target.mkdir()
    (target / "diary.txt").write_text("dear diary")
    if content is not None:
        (target / "summary.json").write_text(content)
    with pytest.raises(InputError, match="something else than a result"):
        result.save(target)
    assert (target / "diary.txt").read_text() == "dear diary"


def test_an_empty_directory_is_taken(result, tmp_path):
    (tmp_path / "r").mkdir()
    result.save(tmp_path / "r")
    assert (tmp_path / "r" / "summary.json").exists()


def test_a_file_in_the_way_is_an_input_error(result, tmp_path):
    (tmp_path / "r").write_text("mine")
    with pytest.raises(InputError, match="something else"):
        result.save(tmp_path / "r")
    with pytest.raises(InputError, match="cannot be written"):
        result.save(tmp_path / "r" / "inside")


def test_a_failure_leaves_the_old_result(result, tmp_path, monkeypatch):
    target = tmp_path / "r"
    result.save(target)
    before = files_of(target)
    monkeypatch.setattr("fvcapacity.results.result.write_table", _full_disk)
    with pytest.raises(InputError, match="No space left"):
        result.save(target)
    assert files_of(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def _full_disk(*_args):
    raise OSError(28, "No space left on device")


def without_column(path: Path, name: str) -> None:
    """Write a table again as an earlier release had it."""
    pd.read_parquet(path).drop(columns=name).to_parquet(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: (root / "summary.json").unlink(), "cannot be read"),
        (lambda root: (root / "summary.json").write_text("{"), "no JSON"),
        (lambda root: (root / "summary.json").write_text('{"schema_version": "fvcapacity/summary/99"}'), "99"),
        (lambda root: (root / "tables" / "pods.parquet").unlink(), "table pods"),
        (lambda root: (root / "tables" / "pods.parquet").write_bytes(b"PAR"), "table pods"),
        (lambda root: without_column(root / "tables" / "hpa.parquet", "minimum"), "no column minimum: another release"),
        (lambda root: (root / "scenario.yaml").unlink(), "cannot be read"),
    ],
)
def test_a_damaged_result_is_an_input_error(result, tmp_path, damage, message):
    root = result.save(tmp_path / "r")
    damage(root)
    with pytest.raises(InputError, match=message):
        load_result(root)


def test_the_summary_fits_its_schema(result):
    validator = jsonschema.Draft202012Validator(summary_schema())
    validator.check_schema(summary_schema())
    validator.validate(json.loads(result.to_json()))
    validator.validate(make(synthetic.make_outcome(0), replications=1).summary)


def test_the_schema_is_strict(result):
    document = json.loads(result.to_json())
    document["routes"][0]["colour"] = "red"
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate(document, summary_schema())


def test_one_replication_has_no_interval_and_says_so():
    summary = make(synthetic.make_outcome(0), replications=1).summary
    assert summary["routes"][0]["p95_s"]["low_95"] is None
    assert summary["notes"] == ["One replication: the figures carry no confidence interval."]


def test_replications_have_intervals_around_the_mean(result):
    for route in result.summary["routes"]:
        figure = route["requests"]
        assert figure["low_95"] <= figure["mean"] <= figure["high_95"]
    checkout = next(route for route in result.summary["routes"] if route["route"] == "checkout")
    rows = result.tables["routes"].query("route == 'checkout'")
    assert checkout["requests"]["mean"] == rows["requests"].mean()


def test_money_is_the_bill(result):
    cost = result.summary["cost"]
    bill = result.tables["bill"]
    assert cost["total_usd"]["mean"] == pytest.approx(bill["cost_usd"].sum() / 2)
    assert sum(part["mean"] for part in cost["by_category_usd"].values()) == pytest.approx(cost["total_usd"]["mean"])
    assert make().summary["cost"] is None


def test_an_interrupted_replication_is_kept_and_marked():
    result = make(synthetic.make_outcome(0), synthetic.make_outcome(1, stop_minute=73), replications=4)
    assert not result.complete
    assert result.summary["run"]["simulated_s"] == [10800.0, 63 * 60]
    assert result.summary["notes"] == [
        "One replication: the figures carry no confidence interval.",
        "Interrupted: 2 of 4 replications are here.",
        "Interrupted: replication 1 reached 1h3m of 3h.",
        "The figures leave the interrupted replications out; the tables and the verdict have them.",
    ]
    whole = result.tables["routes"].query("replication == 0 and route == 'all'").iloc[0]
    assert result.summary["routes"][-1]["requests"]["mean"] == whole["requests"]
    windows = result.tables["route_windows"].query("replication == 1 and route == 'all'")
    assert list(windows["judged"]) == [True] * 12 + [False]


def test_an_interruption_in_the_warm_up_leaves_a_readable_result(tmp_path):
    result = make(synthetic.make_outcome(0, stop_minute=5), replications=1)
    assert result.status == "nothing to judge"
    result.save(tmp_path / "r", plots=True)
    assert load_result(tmp_path / "r") == result


def test_findings_lose_the_folders_they_were_found_in():
    scenario = synthetic.make_scenario()
    object.__setattr__(scenario, "findings", ("/home/me/shop/base.yaml:3:1: image: no tag",))
    outcome = synthetic.make_outcome(0)
    result = build_result(scenario, synthetic.make_program(), [outcome])
    assert result.summary["scenario"]["findings"] == ["base.yaml:3:1: image: no tag"]


def test_the_scenario_as_run_reads_back():
    traffics = [
        Traffic(file="counts.csv", events=(TrafficEvent(start="2026-02-14T18:00", duration="2h", multiply=2.5),)),
        Traffic(users=ClosedLoop(journey=("front-page",), stages=(UserStage(at="90s", users=20),))),
    ]
    for traffic in traffics:
        file = synthetic.make_scenario(traffic=traffic).file
        assert ScenarioFile.model_validate(yaml.safe_load(scenario_text(file))) == file


def test_the_scenario_as_run_tells_no_absolute_path():
    file = synthetic.make_scenario(traffic=Traffic(file="/home/me/counts.csv"), topology="/srv/topology.yaml").file
    assert "/home" not in scenario_text(file)
    assert "/srv" not in scenario_text(file)
    assert portable_path("../data/x.csv") == "../data/x.csv"
