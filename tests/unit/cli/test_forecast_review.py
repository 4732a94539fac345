"""`fvcap forecast` and `fvcap review`: what is printed, what is written, what is refused."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.cli.render_calibration import markdown_grids, render_grids
from fvcapacity.cli.view_forecast import forecast_grids, forecast_headline, forecast_lines
from tests.support.quarters import books, finished
from tests.support.reviews import FORECAST

runner = CliRunner()


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    """Three weeks of counts by day."""
    path = tmp_path_factory.mktemp("counts") / "counts.csv"
    times = pd.date_range("2026-05-11", periods=21, freq="D", tz="UTC")
    pd.DataFrame({"timestamp": times, "requests": [1000 + 50 * (i % 7) for i in range(21)]}).to_csv(path, index=False)
    return path


def forecast(*arguments):
    return runner.invoke(app, ["forecast", *map(str, arguments)])


def test_counts_alone_as_a_table(counts):
    done = forecast(counts, "--quarter", "2026Q3", "--no-back-cast", "--draws", "100")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Forecast of 2026Q3: ")
    assert "USD" not in done.stdout.splitlines()[0]
    assert "Learnt from counts.csv, 2026-05-11 to 2026-05-31 (21 whole days)." in " ".join(done.stdout.split())


def test_what_is_asked_wrongly_is_said_with_its_remedy(counts, tmp_path):
    cases = [
        ((counts, "--quarter", "summer"), "write it like 2026Q2", 2),
        ((counts, "--quarter", "2026Q1"), "ask for a later quarter", 2),
        ((tmp_path / "none.csv", "--quarter", "2026Q3"), "none.csv", 2),
        ((counts, "--quarter", "2026Q3", "--growth", "much"), "write it like 8%", 2),
    ]
    for arguments, words, code in cases:
        done = forecast(*arguments)
        assert done.exit_code == code
        assert words in " ".join(done.output.split()), arguments


def test_everything_of_a_forecast_is_shown():
    view = forecast_headline(FORECAST), forecast_grids(FORECAST), forecast_lines(FORECAST)
    table, markdown = render_grids(*view), markdown_grids(*view)
    for words in (
        "1,020.00 (918.00 to 1,122.00) USD",
        "4.0 % of the draws cost more",
        "2026-05-10",
        "volume data of db",
    ):
        assert words in " ".join(table.split()), words
        assert words in markdown, words
    assert markdown.startswith("# Forecast of 2026Q2 of shop: ")
    assert "## What if" in markdown


@pytest.fixture
def result(monkeypatch, tmp_path):
    """A directory that stands for a saved result."""
    made = finished(books("2026-01-05", 1))
    monkeypatch.setattr("fvcapacity.results.result.load_result", lambda _: made)
    return tmp_path / "result"


def test_a_review_is_written_and_its_place_is_said(result, tmp_path):
    (tmp_path / "forecast.json").write_text(json.dumps(FORECAST))
    out = tmp_path / "out"
    more = ["--forecast", str(tmp_path / "forecast.json"), "--lang", "es", "--out", str(out)]
    done = runner.invoke(app, ["review", str(result), "--quarter", "2026Q1", *more])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"Review of 2026Q1: {out / 'review.html'}\n"
    assert sorted(path.name for path in out.iterdir()) == ["review.html", "review.json", "review.md"]
    assert "Revisión trimestral" in (out / "review.md").read_text(encoding="utf-8")


def test_what_cannot_be_reviewed_leaves_nothing_behind(result, tmp_path):
    (tmp_path / "list.json").write_text("[]")
    out = tmp_path / "out"
    cases = [
        (["--quarter", "2026Q2"], "no day of 2026Q2 was simulated"),
        (
            ["--quarter", "2026Q1", "--recommendation", str(tmp_path / "none.json")],
            "cannot be read: the file does not exist",
        ),
        (["--quarter", "2026Q1", "--recommendation", str(tmp_path / "list.json")], "give a JSON object"),
    ]
    for options, words in cases:
        done = runner.invoke(app, ["review", str(result), *options, "--out", str(out)])
        assert done.exit_code == 2
        assert words in done.output
        assert not out.exists()
