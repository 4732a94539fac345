"""The gate in a repository: the command, and the workflow of the how-to page with its steps run one after the other."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from tests.support.repositories import PRICED, git, shop_repository
from tests.support.shops import MANIFESTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "gate.md"
runner = CliRunner()


@pytest.fixture
def home(tmp_path, monkeypatch):
    shop_repository(tmp_path)
    git(tmp_path, "switch", "--quiet", "--create", "branch")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def gate(*arguments):
    return runner.invoke(
        app, ["gate", "scenario.yaml", "--base", "main", "--replications", "1", "--jobs", "1", *arguments]
    )


@pytest.mark.long
def test_a_branch_that_changes_nothing_passes(home):
    done = gate("--max-cost-increase", "0%")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("# PASSED  scenario.yaml against main (")
    assert "A and B are the same" in done.stdout
    assert "demands of 1 of 1 services are assumed" in done.stdout


@pytest.mark.long
def test_a_dearer_machine_breaks_the_budget(home):
    Path("scenario.yaml").write_text(PRICED.replace("D2s_v5", "D4s_v5"))
    done = gate("--max-cost-increase", "5%", "--format", "json")
    assert done.exit_code == 1, done.output
    document = json.loads(done.stdout)
    assert document["status"] == "broken"
    statuses = {check["check"]: check["status"] for check in document["checks"]}
    assert statuses == {"cost": "broken", "p95": "kept", "errors": "kept", "risks": "kept"}
    assert document["checks"][0]["value"] == pytest.approx(100 * (0.269 - 0.134) / (0.134 + 0.1))


@pytest.mark.long
def test_a_machine_without_a_price_is_no_saving(home):
    Path("scenario.yaml").write_text(PRICED.replace("D2s_v5", "D99s_v9"))
    done = gate("--max-cost-increase", "5%")
    assert done.exit_code == 1, done.output
    assert "has a price on one side only" in done.stdout
    assert "missing price: Without a price, and left out of the cost: nodes general (D99s_v9)." in done.stdout


def test_a_limit_that_is_too_tight_breaks_an_objective(home):
    Path("manifests/shop.yaml").write_text(MANIFESTS.replace("limits: {cpu: 150m", "limits: {cpu: 20m"))
    done = gate("--max-cost-increase", "5%", "--format", "table")
    assert done.exit_code == 1, done.output
    assert "broken: p95 below 2000 ms breaks" in done.stdout


def test_what_is_not_there_is_an_error_of_the_input(home):
    done = runner.invoke(app, ["gate", "scenario.yaml", "--base", "nowhere"])
    assert done.exit_code == 2
    assert "git knows no commit 'nowhere'" in done.stderr


# The workflow: its steps are run as GitHub's runner would, in bash, with the variables that it sets.


def steps_of_the_page():
    workflow = yaml.safe_load(re.search(r"```yaml\n(name: capacity\n.*?)```", PAGE.read_text(), re.DOTALL)[1])
    (job,) = workflow["jobs"].values()
    return workflow["env"], [step for step in job["steps"] if "run" in step]


def command(directory, name, text):
    path = directory / name
    path.write_text(f"#!/usr/bin/env bash\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run_workflow(home, tools):
    """Run the steps; return the status of the job, as GitHub has it: after a failure only steps that ask for it go on."""
    given, steps = steps_of_the_page()
    tools.mkdir()
    command(tools, "fvcap", f'exec {sys.executable} -m fvcapacity "$@"')
    command(tools, "pip", f'printf "%s\\n" "$*" >> {tools}/pip.log')
    command(tools, "gh", f'printf "%s\\n" "$*" >> {tools}/gh.log; cat "${{@: -1}}" >> {tools}/comment.md')
    environment = {
        **os.environ,
        **given,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SCENARIO": "scenario.yaml",
        "REPLICATIONS": "1",
        "GITHUB_BASE_REF": "main",
        "GITHUB_HEAD_REF": "branch",
        "GITHUB_STEP_SUMMARY": str(tools / "summary.md"),
    }
    failed = False
    for step in steps:
        if failed and "cancelled()" not in step.get("if", ""):
            continue
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=home, env=environment, check=False)
        failed = failed or done.returncode != 0
    return 1 if failed else 0


def test_the_workflow_of_the_page(home, tmp_path_factory):
    tools = tmp_path_factory.mktemp("runner") / "tools"
    git(home, "update-ref", "refs/remotes/origin/main", "main")
    Path("scenario.yaml").write_text(PRICED.replace("D2s_v5", "D4s_v5"))
    assert run_workflow(home, tools) == 1
    comment = (tools / "comment.md").read_text()
    assert comment.startswith("# BROKEN  scenario.yaml against origin/main (")
    assert comment == (tools / "summary.md").read_text() == (home / "gate.md").read_text()
    assert "at most +5 % is let pass" in comment
    assert (tools / "pip.log").read_text() == "install --quiet tools/fvcapacity\n"
    assert (tools / "gh.log").read_text().startswith("pr comment branch --edit-last --create-if-none")
