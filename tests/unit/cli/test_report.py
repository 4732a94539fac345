"""`fvcap report` and `fvcap simulate --report`: what is written, and what is refused."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from tests.support.pages import evening
from tests.unit.cli.fakes import FakeRun, install

runner = CliRunner()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return evening().save(tmp_path_factory.mktemp("results") / "today")


def test_a_page_is_written_into_the_result(saved):
    done = runner.invoke(app, ["report", str(saved), "--lang", "es", "--quiet"])
    assert done.exit_code == 0, done.output
    assert f"Report: {saved / 'report.html'}" in done.stdout
    assert '<html lang="es">' in (saved / "report.html").read_text(encoding="utf-8")


def test_two_results_are_called_by_their_directories(saved, tmp_path):
    other = evening(calm=True).save(tmp_path / "candidate")
    page = tmp_path / "page.html"
    done = runner.invoke(app, ["report", str(saved), "--against", str(other), "--out", str(page)])
    assert done.exit_code == 0, done.output
    assert "candidate keeps the objectives that today misses." in page.read_text(encoding="utf-8")


def test_what_is_no_result_is_said(tmp_path):
    done = runner.invoke(app, ["report", str(tmp_path)])
    assert done.exit_code == 2
    assert "summary.json" in done.output


@pytest.mark.parametrize("command", [["report", "RESULT"], ["simulate", "scenario.yaml", "--report"]])
def test_a_missing_library_is_said_before_anything_is_run(command, monkeypatch, saved):
    fake = install(monkeypatch, FakeRun(result=evening()))
    monkeypatch.setitem(sys.modules, "bokeh", None)
    done = runner.invoke(app, [str(saved) if part == "RESULT" else part for part in command])
    assert done.exit_code == 2
    assert "pip install 'fvcapacity[report]'" in done.output
    assert fake.calls == []


def test_a_run_writes_its_page(monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules["fvcapacity.cli.simulate"], "_WORTH_DRAWING_NS", 10**18)  # no figures beside it
    install(monkeypatch, FakeRun(result=evening()))
    done = runner.invoke(app, ["simulate", "scenario.yaml", "--report", "--out", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "run" / "report.html").exists()
