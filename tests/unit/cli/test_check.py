"""The command alone: reading manifests and finding what is wrong in them have their own tests."""

import json

import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.errors import Location, Problem

runner = CliRunner()

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: "shop:1"}]}
"""
WARNING = Problem("no limit", Location("a.yaml", 8, 5), "limits", "set one", "warning", "missing-limits")
ERROR = Problem("no requests", Location("a.yaml", 8, 5), "", "", "error", "hpa-without-requests")


@pytest.fixture
def check(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(DEPLOYMENT)

    def run(*arguments, findings=(), stdin=None):
        answer = list(findings)
        monkeypatch.setattr(
            "fvcapacity.scenario.findings.check_cluster", lambda objects: answer if objects.workloads else []
        )
        return runner.invoke(app, ["check", *(arguments or ["a.yaml"])], input=stdin)

    return run


@pytest.mark.parametrize(("findings", "code"), [((), 0), ((WARNING,), 0), ((WARNING, ERROR), 1)])
def test_findings_of_severity_error_are_the_exit_status(check, findings, code):
    assert check(findings=findings).exit_code == code


def test_the_table_has_place_rule_and_remedy_the_gravest_first(check):
    assert check(findings=(WARNING, ERROR)).stdout == (
        "a.yaml:8:5: error: no requests [hpa-without-requests]\n"
        "a.yaml:8:5: warning: limits: no limit [missing-limits]\n"
        "    set one\n"
        "1 error, 1 warning, 0 notes.\n"
    )


def test_json_has_every_field(check):
    (finding,) = json.loads(check("a.yaml", "--format", "json", findings=(WARNING,)).stdout)
    assert finding == {
        "severity": "warning",
        "rule": "missing-limits",
        "message": "no limit",
        "file": "a.yaml",
        "line": 8,
        "column": 5,
        "field": "limits",
        "hint": "set one",
    }


def test_sarif(check):
    log = json.loads(check("a.yaml", "--format", "sarif", findings=(WARNING,)).stdout)
    assert log["version"] == "2.1.0"
    assert log["runs"][0]["results"][0]["ruleId"] == "missing-limits"


def test_standard_input(check):
    done = check("-", stdin=DEPLOYMENT, findings=(ERROR,))
    assert done.exit_code == 1


@pytest.mark.parametrize("text", ["kind: [", "apiVersion: apps/v1\nkind: Deployment\nspec: 3\n"])
def test_what_cannot_be_read_is_status_two(check, tmp_path, text):
    (tmp_path / "b.yaml").write_text(text)
    done = check("a.yaml", "b.yaml", findings=(ERROR,))
    assert done.exit_code == 2
    assert "b.yaml:" in done.stdout
    assert "hpa-without-requests" in done.stdout  # what could be read is told as well


def test_a_missing_path_is_status_two(check):
    assert check("gone").exit_code == 2
