"""Slack: how much is requested and not used, and what asks for it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from fvcapacity.recommend.floors import Floors
from fvcapacity.recommend.slack import slack_of
from fvcapacity.recommend.usage import use_of
from fvcapacity.scenario.recommendation import Policy
from tests.support.small_systems import small_system

OWNER = "deployment/shop/shop"


def found(directory: Path, cpu: str, cores: float, floor: float):
    scenario = small_system(directory, cpu=cpu, limit="2")
    floors = Floors(Policy())
    floors.cpu_cores[OWNER] = floor
    use = {OWNER: use_of(np.array([cores, cores]), np.array([60.0, 60.0]))}
    return slack_of(scenario, use, floors, 0.05)


def test_slack_is_what_lies_idle_over_what_is_requested(tmp_path: Path):
    slack = found(tmp_path, "900m", 0.3, 0.3)
    assert slack.ratio == pytest.approx(2 / 3, rel=0.02)
    assert slack.covered_ratio == 1
    assert slack.parts[0].usd == pytest.approx(0.6 * 120 / 3600 * 0.05, rel=0.02)
    assert "above that" in slack.sentence


@pytest.mark.parametrize(
    ("cpu", "floor", "cause"), [("900m", 0.3, "more"), ("900m", 0.89, "cover"), ("10m", 0.002, "least")]
)
def test_what_asks_for_it(tmp_path: Path, cpu, floor, cause):
    assert found(tmp_path, cpu, 0.001, floor).parts[0].cause == cause


def test_what_uses_more_than_it_requests_has_none(tmp_path: Path):
    slack = found(tmp_path, "100m", 0.3, 0.3)
    assert slack.ratio == 0
    assert slack.covered_ratio == 0


def test_nothing_known_is_no_slack(tmp_path: Path):
    slack = slack_of(small_system(tmp_path), {}, Floors(Policy()), 0.05)
    assert math.isnan(slack.ratio)
    assert slack.sentence == ""
