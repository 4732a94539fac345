"""The command on a small shop, run for real but for the checks that come before a run."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from tests.support.shops import PATCH, SCENARIO, write_shop

runner = CliRunner()


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path)
    Path("worse.yaml").write_text(PATCH.replace("600m", "60m"))
    return tmp_path


def compare(*arguments):
    return runner.invoke(app, ["compare", "scenario.yaml", *arguments])


def document(*arguments):
    done = compare(*arguments, "--format", "json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_patch_and_what_it_is_worth(home):
    done = compare("--patch", "patch.yaml", "--replications", "2")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "A MISSED, B HOLDS  Sat 14 Feb 2026 18:00 America/Santiago, 5m"
    assert lines[1:3] == ["A: small", "B: small with patch.yaml (deployment/shop)"]
    assert lines[3].startswith("P95 over all user requests falls from ")
    assert done.stderr == ""
    assert not Path("results").exists()


def test_patches_add_up_and_json_is_the_document(home):
    found = document("--patch", "worse.yaml", "--patch", "patch.yaml", "--replications", "1")
    assert found["second"]["changes"] == ["worse.yaml (deployment/shop)", "patch.yaml (deployment/shop)"]
    assert found["second"]["status"] == "holds"  # the last one counts
    assert found["run"]["replications"] == 1


def test_two_scenarios(home):
    Path("b.yaml").write_text(SCENARIO.replace("name: small", "name: other").replace("count: 1", "count: 2"))
    found = document("b.yaml", "--replications", "1")
    assert (found["first"]["name"], found["second"]["name"]) == ("small", "other")
    hours = next(item for item in found["differences"] if item["measure"] == "node_hours")
    assert hours["second"]["mean"] > hours["first"]["mean"]


def test_options_hold_for_both(home):
    found = document(
        "--patch", "patch.yaml", "--replications", "1", "--seed", "9", "--duration", "10m", "--scale", "0.5",
        "--start", "2026-02-14T18:10",
    )  # fmt: skip
    assert (found["run"]["seed"], found["run"]["duration_s"]) == (9, 600.0)
    assert found["run"]["start_utc"] == "2026-02-14T21:10:00Z"
    assert found["notes"][1:] == []  # nothing but the system differs


def test_a_precision_is_aimed_at(home):
    stopping = document("--patch", "patch.yaml", "--precision", "30%", "--max-replications", "10")["run"]["stopping"]
    assert (stopping["precision_percent"], stopping["reason"], stopping["replications"]) == (30.0, "precise", 5)


def test_markdown(home):
    text = compare("--patch", "patch.yaml", "--replications", "1", "--format", "markdown").stdout
    assert text.startswith("# A MISSED, B HOLDS")
    assert "One replication: the differences carry no interval" in text


@pytest.mark.parametrize(("patch", "code"), [("patch.yaml", 0), ("worse.yaml", 1)])
def test_enforce_judges_b(home, patch, code):
    assert compare("--patch", patch, "--replications", "1", "--enforce").exit_code == code
    assert compare("--patch", patch, "--replications", "1").exit_code == 0


def test_a_directory_of_everything(home):
    done = compare("--patch", "patch.yaml", "--replications", "1", "--out", "out/c")
    assert done.stderr == "Comparison: out/c\n"
    assert sorted(path.name for path in Path("out/c").iterdir()) == ["comparison.json", "first", "pairs.csv", "second"]
    assert compare("--patch", "patch.yaml", "--replications", "1", "--out", "out/c", "--quiet").stderr == ""


def test_a_directory_that_is_not_ours_is_refused_before_the_run(home, monkeypatch):
    Path("mine").mkdir()
    Path("mine/diary.txt").write_text("dear diary")
    monkeypatch.setattr("fvcapacity.study.compare.compare", lambda *a, **b: pytest.fail("it was run"))
    done = compare("--patch", "patch.yaml", "--out", "mine")
    assert done.exit_code == 2
    assert "something else than a comparison" in done.stderr


def test_a_patch_that_misses_is_told_with_its_line(home):
    Path("patch.yaml").write_text(PATCH.replace("- name: shop", "- name: shp"))
    done = compare("--patch", "patch.yaml")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr == (
        "patch.yaml:9:17: error: deployment/shop.spec.template.spec.containers: there is no container 'shp' "
        "[patch-target]\n"
        "  9 |         - name: shp\n"
        "    |                 ^^^\n"
        "  = did you mean 'shop'? There are: shop, exporter\n"
        "\n"
        "1 problem.\n"
    )


def test_other_windows_are_refused(home):
    Path("b.yaml").write_text(SCENARIO.replace("duration: 5m", "duration: 10m"))
    done = compare("b.yaml")
    assert done.exit_code == 2
    assert "the windows differ: A is 5m from 2026-02-14 18:00, B is 10m" in done.stderr
    assert compare("b.yaml", "--duration", "5m", "--replications", "1").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a second scenario, or a change with --patch"),
        (["--patch", "patch.yaml", "--precision", "5"], "is not between 0 % and 100 %"),
        (["--patch", "patch.yaml", "--precision", "much"], "is no percentage"),
        (["--patch", "patch.yaml", "--precision", "5%", "--replications", "7"], "--max-replications"),
        (["--patch", "patch.yaml", "--precision", "5%", "--max-replications", "4"], "--max-replications"),
        (["--patch", "patch.yaml", "--measure", "cheer"], "--measure"),
    ],
)
def test_options_that_cannot_be_are_refused(home, arguments, message):
    done = compare(*arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
