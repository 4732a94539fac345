"""A schedule in a scenario: what it may say, and everything that can be wrong with it, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from fvcapacity.errors import ScenarioError
from fvcapacity.inputs import load_scenario
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.scenario.model import Scenario, ScenarioFile
from tests.support.shops import COUNTS, MANIFESTS, SCENARIO, TOPOLOGY
from tests.support.shops import HPA as SHOP_HPA

SCHEDULE = """\
schedule:
  - name: before the wave
    at: 2026-02-14T18:01:00
    values: {hpa/shop.min: 3, nodes/general.minimum: 2}
  - at: 2026-02-14T18:04:00
    values: {hpa/shop.min: 1}
"""


def load(home: Path, schedule: str, scenario: str = SCENARIO, **overrides: str) -> Scenario:
    (home / "manifests").mkdir(exist_ok=True)
    for name, text in {
        "topology.yaml": TOPOLOGY,
        "manifests/shop.yaml": MANIFESTS + SHOP_HPA,
        "counts.csv": COUNTS,
        "scenario.yaml": scenario + schedule,
    }.items():
        (home / name).write_text(text)
    given = {name.replace("_", "."): value for name, value in overrides.items()}
    return load_scenario(home / "scenario.yaml", overrides=given)


def refused(home: Path, schedule: str, scenario: str = SCENARIO) -> str:
    with pytest.raises(ScenarioError) as error:
        load(home, schedule, scenario)
    return str(error.value).replace(f"{home}/", "")


def test_a_schedule_is_read_and_written_again(tmp_path: Path) -> None:
    import yaml

    file = load(tmp_path, SCHEDULE).file
    assert [dict(change.values) for change in file.schedule] == [
        {"hpa/shop.min": 3, "nodes/general.minimum": 2},
        {"hpa/shop.min": 1},
    ]
    assert ScenarioFile.model_validate(yaml.safe_load(scenario_text(file))).schedule == file.schedule


def test_everything_that_is_wrong_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    text = refused(
        tmp_path,
        """\
schedule:
  - at: 2026-02-14T18:01:00
    values:
      hpa/shpo.min: 3
      hpa/shop.max: 9
      hpa/shop.min: 7
      nodes/general.minimum: 3
      nodes/genral.minimum: 1
      hpaa/shop.min: 1
  - at: 2026-02-14T18:10:00
    values: {hpa/shop.min: 0}
  - at: 2026-02-14T17:30:00
    values: {deployment/shop.replicas: 2}
""",
    )
    first = SCENARIO.count("\n") + 1
    for line, words in (
        (3, "the manifests have no HPA 'shpo'"),
        (4, "hpa/shop.max cannot be scheduled"),
        (5, "7 pods are more than maxReplicas 6 of hpa/shop"),
        (6, "3 machines are more than the maximum 2 of the pool 'general'"),
        (7, "no node pool is named 'genral'"),
        (8, "'hpaa' is no kind of object"),
        (9, "after the window has ended"),
        (10, "0 is not at least 1"),
        (11, "before the warm-up begins"),
        (12, "deployment/shop.replicas cannot be scheduled"),
    ):
        assert any(f"scenario.yaml:{first + line}:" in said and words in said for said in text.splitlines()), (
            line,
            words,
            text,
        )
    assert "did you mean 'shop'?" in text
    assert "did you mean 'general'?" in text


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("schedule: [{at: 2026-02-14T18:01:00, values: {}}]\n", "a mapping with 0 keys"),
        (
            "schedule: [{at: 2026-02-14T18:01:00, values: {hpa/shop.min: three}}]\n",
            "expected a whole number, found 'three'",
        ),
        ("schedule: [{at: 2026-02-14T18:01:00, values: {hpa/shop.min: -1}}]\n", "-1"),
        (
            "schedule:\n"
            "  - {at: 2026-02-14T18:01:00, values: {hpa/shop.min: 2}}\n"
            "  - {at: '2026-02-14T18:01:00-03:00', values: {'hpa/\"shop\".min': 3}}\n",
            "is set twice at this time",
        ),
    ],
    ids=["nothing", "no number", "negative", "twice"],
)
def test_what_else_is_refused(tmp_path: Path, schedule: str, said: str) -> None:
    assert said in refused(tmp_path, schedule)


def test_with_karpenter_pools_keep_their_count(tmp_path: Path) -> None:
    machine = "{name: D2s_v5, cpu: 2, memory: 8Gi, allocatable_cpu: 1900m, allocatable_memory: 6Gi, usd_per_hour: 0.1}"
    karpenter = f"provisioner: karpenter\nkarpenter: {{node_pools: {{default: {{instance_types: [{machine}]}}}}}}\n"
    assert "keeps its count" in refused(tmp_path, SCHEDULE, SCENARIO + karpenter)


def test_who_looks_at_a_part_of_the_window_need_not_cut_the_schedule(tmp_path: Path) -> None:
    scenario = load(tmp_path, SCHEDULE, window_start="2026-02-14T18:02:00", window_duration="1m")
    assert len(scenario.file.schedule) == 2
