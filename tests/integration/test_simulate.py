"""The main job, end to end, on the documented system (a short stretch of it)."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from fvcapacity.cli.main import app

SCENARIO = "scenarios/valentines.yaml"
NASA = Path("../shared/data/traffic/nasa_http_1995_per_minute.csv.gz")
SHORT = ["--start", "2026-02-14T18:00:00", "--duration", "10m", "--scale", "0.05", "--quiet"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def fvcap(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["simulate", SCENARIO, *arguments])


@pytest.fixture(scope="module")
def two_replications(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    out = tmp_path_factory.mktemp("result") / "valentines"
    return fvcap(*SHORT, "--replications", "2", "--jobs", "1", "--format", "json", "--out", str(out)), out


def test_json_validates_against_the_published_schema(two_replications: tuple[Any, Path]) -> None:
    answer, _ = two_replications
    assert answer.exit_code == 0, answer.output
    schema = json.loads(Path("docs/reference/summary.schema.json").read_text())
    jsonschema.validate(json.loads(answer.stdout), schema)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures take longer than these runs: one result of this file has them."""
    monkeypatch.setattr(import_module("fvcapacity.cli.simulate"), "_WORTH_DRAWING_NS", 10**18)


@pytest.mark.usefixtures("undrawn")
def test_bit_for_bit_the_same_on_one_job_and_on_two(two_replications: tuple[Any, Path], tmp_path: Path) -> None:
    answer, out = two_replications
    again = fvcap(*SHORT, "--replications", "2", "--jobs", "2", "--format", "json", "--out", str(tmp_path / "r"))
    assert again.stdout == answer.stdout
    for table in sorted((out / "tables").glob("*.csv")):
        assert (tmp_path / "r" / "tables" / table.name).read_bytes() == table.read_bytes(), table.name


def test_requests_are_conserved(two_replications: tuple[Any, Path]) -> None:
    """Arrived = served + failed by cause + still open, over the window and its borders."""
    from fvcapacity.inputs import load_scenario
    from fvcapacity.program.compile import compile_program
    from fvcapacity.run import run_replication

    overrides = {"window.start": "2026-02-14T18:00:00", "window.duration": "5m", "traffic.scale": 0.25}
    scenario = load_scenario(SCENARIO, overrides=overrides)
    outcome = run_replication(scenario, compile_program(scenario.topology, scenario.cluster), 0)
    counts = outcome.statistics.route_counts.sum(axis=0)
    ended = counts[:, 1:9].sum(axis=1)
    assert counts[:, 0].sum() > 3000
    assert (counts[:, 0] == ended + outcome.statistics.route_open).all()


@pytest.mark.usefixtures("undrawn")
def test_another_seed_gives_another_run(two_replications: tuple[Any, Path], tmp_path: Path) -> None:
    answer, _ = two_replications
    changed = ["--replications", "2", "--jobs", "1", "--seed", "3"]
    other = fvcap(*SHORT, *changed, "--format", "json", "--out", str(tmp_path / "r"))
    assert json.loads(other.stdout)["routes"] != json.loads(answer.stdout)["routes"]


def test_result_comes_back_from_its_directory(two_replications: tuple[Any, Path]) -> None:
    import fvcapacity as fv

    answer, out = two_replications
    result = fv.load_result(out)
    assert result.summary == json.loads(answer.stdout)
    assert (out / "plots" / "overview.png").stat().st_size > 10_000


def test_enforce_exits_1_on_a_missed_objective(tmp_path: Path) -> None:
    busy = ["--start", "2026-02-14T18:00:00", "--duration", "5m", "--quiet", "--out", str(tmp_path / "r")]
    busy += ["--replications", "1"]
    assert fvcap(*busy, "--enforce").exit_code == 1


@pytest.mark.skipif(not NASA.exists(), reason="the real request counts are not beside this checkout")
@pytest.mark.parametrize(("arrivals", "dispersion"), [("poisson", 1.0), ("cluster", 2.5)])
def test_real_counts_are_replayed_minute_by_minute(arrivals: str, dispersion: float) -> None:
    """Arrivals of a whole run against the file: variance = count x E[K^2]/E[K], K the size of a cluster.

    K is 1 for Poisson arrivals. For sizes that are Poisson with mean 1.6 the factor is 2.6 over long intervals; within
    a minute a twentieth of the pairs of a cluster (spread 3 s) fall into different minutes, which leaves 2.5.
    """
    import fvcapacity as fv

    overrides = {
        "traffic.weekly": None,
        "traffic.file": os.path.relpath(NASA, Path(SCENARIO).parent),
        "traffic.read_from": "1995-07-13T08:00:00",
        "traffic.events": [],
        "traffic.arrivals": {"kind": arrivals},
        "window.duration": "40m",
    }
    result = fv.simulate(fv.load_scenario(SCENARIO, overrides=overrides), replications=1)
    minutes = result.tables["route_minutes"]
    simulated = minutes[minutes["route"] != "all"].groupby("time_s")["requests"].sum().to_numpy(float)
    counts = pd.read_csv(NASA, parse_dates=["timestamp_utc"])
    local = counts["timestamp_utc"].dt.tz_convert("America/Santiago").dt.tz_localize(None)
    start = pd.Timestamp("1995-07-13 08:00:00")
    expected = counts.loc[(local >= start) & (local < start + pd.Timedelta("40min")), "requests"].to_numpy(float)
    assert len(simulated) == len(expected) == 40
    chi2 = ((simulated - expected) ** 2 / (expected * dispersion)).sum()
    low, high = stats.chi2.ppf([0.0005, 0.9995], df=40)
    assert low < chi2 < high


def test_single_requests_are_written_down(tmp_path: Path) -> None:
    """Two minutes of a short run: as many rows as the planes count, the same in both, and kept on disk."""
    import fvcapacity as fv

    overrides = {
        "window.start": "2026-02-14T18:00:00", "window.duration": "4m", "window.warm_up": "5m",
        "requests.start": "2026-02-14T18:01:00", "requests.duration": "2m", "traffic.scale": 0.2,
    }  # fmt: skip
    scenario = fv.load_scenario(SCENARIO, overrides=overrides)
    fast, slow = (fv.simulate(scenario, replications=1, plane=plane) for plane in ("fast", "simpy"))
    table = fast.tables["requests"]
    pd.testing.assert_frame_equal(table, slow.tables["requests"])
    minutes = fast.tables["route_minutes"].query("60 <= time_s < 180")
    assert len(table) == minutes["requests"].sum()
    assert table["time_s"].between(60, 180, inclusive="left").all()
    assert table["time_s"].is_monotonic_increasing
    fast.save(tmp_path / "result")
    assert fv.load_result(tmp_path / "result") == fast


def test_a_stretch_outside_of_the_window_is_refused() -> None:
    import fvcapacity as fv

    overrides = {"requests.start": "2026-03-01T00:00:00", "requests.duration": "2m"}
    with pytest.raises(fv.ScenarioError, match="nothing of this stretch of time lies in the window"):
        fv.simulate(fv.load_scenario(SCENARIO, overrides=overrides), replications=1)
