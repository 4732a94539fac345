import json

import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.cli.render_table import drawn, grid_table
from fvcapacity.cli.view import Grid
from tests.support.shops import write_shop
from tests.unit.study.calibrate.synthetic import Made


@pytest.fixture
def measured(tmp_path):
    return Made(intervals=960).measurements().save(tmp_path / "measured")


def _run(*arguments):
    return CliRunner().invoke(app, [str(item) for item in arguments])


def test_it_prints_quality_and_demands_and_writes_a_directory(tmp_path, measured):
    out = tmp_path / "out"
    done = _run("calibrate", measured, write_shop(tmp_path), "--out", out, "--no-plots")
    assert done.exit_code == 0, done.output
    assert "1 of 1 services calibrated from 960 intervals of 15 s" in done.output
    assert "shop" in done.output
    assert "buy" in done.output
    assert (out / "topology.yaml").exists()
    document = json.loads((out / "calibration.json").read_text())
    assert document["schema_version"] == "fvcapacity.calibration/1"
    again = _run("calibrate", measured, tmp_path / "scenario.yaml", "--out", out, "--no-plots", "--format", "markdown")
    assert again.exit_code == 0, again.output  # what is ours is replaced
    assert "| Service | Route |" in again.output


def test_a_reason_is_wrapped_and_leaves_room_for_the_figures():
    grid = Grid(
        "", ("Service", ">Explained", "Why"), (("shop", "98.7 %", "one route is known to 38 % " * 8),), wrapped=2
    )
    lines = drawn(lambda console: console.print(grid_table(grid)), 80, False).splitlines()
    assert "Explained" in lines[0]
    assert "98.7 %" in lines[2]
    assert "\N{HORIZONTAL ELLIPSIS}" not in "".join(lines)
    assert sum(line.count("38") for line in lines) == 8


def test_nothing_of_another_is_replaced(tmp_path, measured):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    done = _run("calibrate", measured, write_shop(tmp_path), "--out", tmp_path / "mine")
    assert done.exit_code == 2
    assert "something else than a calibration stands here" in done.output


def test_no_measurements_are_an_input_error(tmp_path):
    done = _run("calibrate", tmp_path / "nowhere", write_shop(tmp_path), "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "fvcap pull writes" in done.output


def test_a_stretch_that_cannot_be_read_is_named(tmp_path, measured):
    done = _run("backtest", measured, write_shop(tmp_path), "--train", "soon", "--out", tmp_path / "out", "--quiet")
    assert done.exit_code == 2
    assert "'soon' is no stretch of time" in done.output
