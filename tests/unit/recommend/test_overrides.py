"""Pins and bounds from the command line: merged into the scenario's policy, and checked the same way."""

from __future__ import annotations

from pathlib import Path

import pytest

from fvcapacity.errors import ScenarioError
from fvcapacity.inputs import load_scenario
from fvcapacity.recommend.askable import check_askable
from fvcapacity.recommend.overrides import parse_bounds, with_overrides
from fvcapacity.scenario.recommendation import Bound
from tests.support.small_systems import small_system

CPU = "deployment/shop.requests.cpu"
REPLICAS = "deployment/shop.replicas"


@pytest.mark.parametrize(
    ("text", "path", "bound"),
    [
        (f"{CPU}=100m:500m", CPU, Bound(minimum="100m", maximum="500m")),
        (f"{CPU}=1:", CPU, Bound(minimum="1")),
        (f"{REPLICAS}=:4", REPLICAS, Bound(maximum=4)),
        ("hpa/*.target.cpu=60:80", "hpa/*.target.cpu", Bound(minimum=60, maximum=80)),
    ],
)
def test_a_bound_as_it_is_written(text, path, bound):
    assert parse_bounds([text]) == {path: bound}


def test_everything_that_is_no_bound_is_said_at_once():
    with pytest.raises(ScenarioError) as caught:
        parse_bounds([CPU, f"{CPU}=100m", f"{CPU}=:", f"{CPU}=1:2", f"{CPU}=2:3"])
    messages = [problem.message for problem in caught.value.problems]
    assert len(messages) == 4
    assert "bounded twice" in messages[-1]


def test_what_is_given_joins_the_policy_of_the_file(tmp_path: Path):
    policy = f'{{pins: ["nodes/*"], bounds: {{"{CPU}": {{minimum: 200m}}, "{REPLICAS}": {{maximum: 3}}}}}}'
    scenario = small_system(tmp_path, recommend=policy)
    found = with_overrides(scenario, ["nodes/*", REPLICAS], {CPU: Bound(maximum="1")}).file.recommend
    assert found.pins == ("nodes/*", REPLICAS)
    assert found.bounds == {CPU: Bound(maximum="1"), REPLICAS: Bound(maximum=3)}


def test_prices_pins_and_bounds_are_all_said_at_once(tmp_path: Path):
    small_system(tmp_path)
    path = tmp_path / "scenario.yaml"
    path.write_text(path.read_text().replace("instance_type: D2s_v5", "instance_type: D4s_v5"))
    given = with_overrides(load_scenario(path), ["deployment/shpo*"], {CPU: Bound(minimum="2", maximum="1")})
    with pytest.raises(ScenarioError) as caught:
        check_askable(given)
    problems = {problem.field: problem for problem in caught.value.problems}
    assert "no price in region any" in problems["nodes.general.instance_type"].message
    assert "priced there: D2s_v5" in problems["nodes.general.instance_type"].hint
    assert "matches no field" in problems["recommend.pins"].message
    assert "above the maximum" in problems[f"recommend.bounds.{CPU}"].message
