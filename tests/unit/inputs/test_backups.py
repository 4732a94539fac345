"""Backups in the scenario file, what the result says of them, and what is wrong with others."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import fvcapacity as fv
from fvcapacity.results.recovery import backup_table, recovery_parts
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.scenario.model import ScenarioFile
from tests.unit.inputs.test_scenario_loader import home, load, refused  # noqa: F401  (a fixture)

VALENTINES = Path(__file__).resolve().parents[3] / "scenarios" / "valentines.yaml"


@pytest.fixture(scope="module")
def valentines() -> fv.Scenario:
    return fv.load_scenario(VALENTINES)


def test_the_table_has_every_volume_of_every_backup(valentines: fv.Scenario) -> None:
    table = backup_table(valentines)
    assert table[["service", "time_s", "data_bytes"]].to_numpy().tolist() == [
        ["postgres", 4 * 3600.0, 5 * 2**30],  # 07:00 UTC is four in the morning
        ["mongodb", 4 * 3600.0 + 30, 2 * 2**30],
        ["postgres", 28 * 3600.0, 5 * 2**30],
        ["mongodb", 28 * 3600.0 + 30, 2 * 2**30],
    ]


def test_what_the_documented_strategy_is_good_for(valentines: fv.Scenario) -> None:
    (part,) = recovery_parts(valentines)
    assert (part.runs_in_window, part.data_bytes, part.duration_s) == (2, 7 * 2**30, 60.0)
    assert part.rpo_s == 86_400 + 60
    filled = 7 * 1024 / 60
    assert 900 + filled < part.rto_s < 900 + filled + 60
    assert part.stored_bytes == round(7 * 2**30 * (1 + 0.05 * 29))
    assert "saves 7Gi of postgres and mongodb in 1m" in part.sentence
    assert part.sentence.endswith("estimated from assumed figures")


def test_the_scenario_as_run_is_read_again(valentines: fv.Scenario) -> None:
    faults = [
        {"kind": "node-loss", "at": "2026-02-14T19:00:00", "pool": "general", "duration": "10m"},
        {"kind": "dns-latency", "every": "2h", "add": "200ms", "share": 0.05, "duration": "5m", "services": ["redis"]},
    ]
    file = fv.load_scenario(VALENTINES, overrides={"faults": faults}).file
    again = ScenarioFile.model_validate(yaml.safe_load(scenario_text(file)))
    assert (again.faults, again.backups) == (file.faults, file.backups)


def test_mistakes_are_told_with_their_lines(home: Path) -> None:  # noqa: F811
    text = (home / "scenario.yaml").read_text()
    line = text.count("\n") + 1
    (home / "scenario.yaml").write_text(
        text
        + """\
backups:
  - {name: a, schedule: "0 25 * * *", services: {shop: {}}}
  - {name: b, schedule: "@daily", services: {}}
"""
    )
    told = refused(home)
    for number, words in ((1, "'25' is no hour"), (2, "services")):
        assert any(f"scenario.yaml:{line + number}:" in one and words in one for one in told.splitlines()), told
    (home / "scenario.yaml").write_text(
        text
        + """\
backups:
  - {name: a, schedule: "@daily", services: {shop: {}}}
  - {name: a, schedule: "@daily", services: {shpo: {data: 1Gi}}}
"""
    )
    told = refused(home)
    for number, words in (
        (1, "deployment/shop has no volume to save"),
        (2, "no service 'shpo'"),
        (2, "another backup 'a'"),
    ):
        assert any(f"scenario.yaml:{line + number}:" in one and words in one for one in told.splitlines()), told
