"""The command on a small shop, its replay run for real."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from tests.support.shops import MANIFESTS, PATCH, write_shop

runner = CliRunner()


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path)
    Path("other").mkdir()
    Path("other/shop.yaml").write_text(
        MANIFESTS.replace("memory: 128Mi", "memory: 32Mi").replace("cpu: 150m", "cpu: 600m")
    )
    return tmp_path


def diff(*arguments):
    return runner.invoke(app, ["diff", *arguments])


def test_manifests_alone(home):
    done = diff("manifests", "patch.yaml")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "1 field differs; 0 errors and 0 warnings that were not there before"
    assert lines[1:3] == ["A: manifests", "B: patch.yaml"]
    assert any(line.split() == ["deployment/shop.limits.cpu", "150m", "600m"] for line in lines)
    assert "No risk that was not there before." in lines


def test_the_replay_of_a_scenario_and_a_patch(home):
    done = diff("scenario.yaml", "patch.yaml", "--replay", "--replications", "2", "--jobs", "1", "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["replay"]["first"]["status"] == "missed"
    assert found["replay"]["second"]["status"] == "holds"
    p95 = next(item for item in found["replay"]["differences"] if item["measure"] == "p95")
    assert p95["reading"] == "lower"
    assert found["room"]["first"]["minimum"]["nodes"] == {"general": 1}


def test_manifests_are_replayed_on_a_scenario(home):
    done = diff(
        "manifests",
        "patch.yaml",
        "--scenario",
        "scenario.yaml",
        "--duration",
        "5m",
        "--replications",
        "1",
        "--format",
        "markdown",
    )
    assert done.exit_code == 0, done.output
    assert "## Replay: A MISSED, B HOLDS" in done.stdout
    assert "### Differences" in done.stdout
    assert "| deployment/shop.limits.cpu | 150m | 600m |" in done.stdout


def test_no_replay_is_needed(home):
    done = diff("manifests", "patch.yaml", "--scenario", "scenario.yaml", "--no-replay")
    assert done.exit_code == 0, done.output
    assert "Replay:" not in done.stdout
    assert "machines" in done.stdout


def test_enforce(home):
    assert diff("manifests", "patch.yaml", "--enforce").exit_code == 0
    done = diff("manifests", "other", "--enforce")  # a request of 64Mi above the limit of 32Mi
    assert done.exit_code == 1
    assert (
        "error: deployment/shop.requests.memory: the memory request 64Mi of shop is above its limit 32Mi"
        in " ".join(done.stdout.split())
    )
    worse = PATCH.replace("600m", "140m")
    Path("worse.yaml").write_text(worse)
    assert diff("scenario.yaml", "worse.yaml", "--replay", "--replications", "1", "--enforce").exit_code == 1


def test_what_is_asked_wrongly(home):
    assert diff("manifests", "patch.yaml", "--replay").exit_code == 2
    done = diff("manifests", "nowhere")
    assert done.exit_code == 2
    assert "nowhere" in done.output
