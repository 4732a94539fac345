"""``fvcap sweep`` on a shop that runs in a moment."""

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from tests.support.shops import write_shop

ROOT = Path(__file__).resolve().parents[3]
runner = CliRunner()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(tmp_path_factory.mktemp("shop"))


def _sweep(*arguments: str):
    return runner.invoke(app, ["sweep", *arguments])


def test_it_prints_writes_and_goes_on(shop, tmp_path):
    out = tmp_path / "out"
    common = [str(shop), "--vary", "traffic.scale=1,2", "--replications", "1", "--jobs", "1", "--out", str(out)]
    done = _sweep(*common)
    assert done.exit_code == 0, done.output
    assert "Sweep of small" in done.stdout
    assert {"sweep.json", "runs.parquet", "points.csv", "plots"} <= {path.name for path in out.iterdir()}
    again = _sweep(*common, "--format", "json")
    assert again.exit_code == 0
    schema = json.loads((ROOT / "docs" / "reference" / "sweep.schema.json").read_text())
    jsonschema.validate(json.loads(again.stdout), schema)
    assert "2 of 2 runs were there already" in again.stderr
    assert _sweep(*common, "--format", "markdown").stdout.startswith("# Sweep of small")


def test_options_of_the_window_hold_for_all_points(shop, tmp_path):
    done = _sweep(
        str(shop), "--vary", "traffic.scale=1", "--duration", "2m", "--replications", "1", "--jobs", "1",
        "--out", str(tmp_path / "out"), "--format", "json", "--quiet",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["duration_s"] == 120.0


def test_every_mistake_is_told_with_status_2(shop, tmp_path):
    done = _sweep(
        str(shop), "--vary", "traffic.scale=-1", "--vary", "deployment/shp.replicas=1", "--out", str(tmp_path / "out")
    )
    assert done.exit_code == 2
    assert "2 problems." in done.stderr
    assert "did you mean 'shop'?" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_interruption_says_how_to_go_on(shop, tmp_path, monkeypatch):
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fvcapacity.study.sweep.sweep", interrupted)
    done = _sweep(str(shop), "--vary", "traffic.scale=1", "--out", str(tmp_path / "out"))
    assert done.exit_code == 130
    assert "the same command goes on" in done.stderr
