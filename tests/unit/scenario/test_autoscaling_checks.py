"""Settings of scheduler and cluster autoscaler that cannot do what they say."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.scenario.checks import check_scenario
from fvcapacity.scenario.finding import Finding
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.prices import PriceList
from tests.unit.scenario.test_checks import SCENARIO, at

COST = {"prices": "p.yaml", "region": "here"}
PRICE = {
    "kind": "instance",
    "name": "D2s_v5",
    "region": "here",
    "unit": "per_hour",
    "price": 0.1,
    "source": "s",
    "as_of": "unknown",
}


def check(settings: dict[str, Any], prices: list[dict[str, Any]] | None = None, cost: Any = COST) -> list[Finding]:
    scenario = {**at(SCENARIO, "cluster", settings), **({"cost": cost} if cost else {})}
    listed = None if prices is None else PriceList.model_validate({"name": "l", "currency": "USD", "prices": prices})
    return check_scenario(ScenarioFile.model_validate(scenario), prices=listed)


@pytest.mark.parametrize(
    ("settings", "where", "message", "severity"),
    [
        ({"scheduler": {"scoring": "RequestedToCapacityRatio"}}, "cluster.scheduler.scoring", "needs a shape", "error"),
        (
            {"scheduler": {"shape": [{"utilization": 50, "score": 1}, {"utilization": 50, "score": 2}]}},
            "cluster.scheduler.shape",
            "do not rise: 50, 50",
            "error",
        ),
        ({"scheduler": {"resources": {"cpu": 0}}}, "cluster.scheduler.resources.cpu", "the weight 0 of cpu", "error"),
        ({"autoscaler": {"expander": "priority"}}, "cluster.autoscaler.expander", "has no priorities", "error"),
        (
            {"autoscaler": {"expander": "priority", "priorities": {10: ["gen", "("]}}},
            "cluster.autoscaler.priorities.10.1",
            "'(' is no regular expression",
            "error",
        ),
        (
            {"autoscaler": {"expander": "priority", "priorities": {10: ["spot"]}}},
            "cluster.autoscaler.priorities.10.0",
            "'spot' matches no node pool",
            "warning",
        ),
        (
            {"autoscaler": {"expander": ["price"]}},
            "nodes.general.instance_type",
            "no price for the machine D2s_v5",
            "warning",
        ),
    ],
)
def test_settings(settings: dict[str, Any], where: str, message: str, severity: str) -> None:
    found = check(settings, prices=[])
    assert len(found) == 1
    assert ".".join(str(part) for part in found[0].path) == where
    assert message in found[0].message
    assert (found[0].severity, bool(found[0].hint)) == (severity, True)


@pytest.mark.parametrize(
    "settings",
    [
        {"autoscaler": {"expander": "price"}},
        {"autoscaler": {"expander": ["priority", "price"], "priorities": {1: [".*"]}}},
        {"scheduler": {"scoring": "RequestedToCapacityRatio", "shape": [{"utilization": 0, "score": 0}, {"utilization": 100, "score": 10}]}},
    ],
)  # fmt: skip
def test_sound_settings(settings: dict[str, Any]) -> None:
    assert check(settings, prices=[PRICE]) == []


def test_the_expander_price_needs_prices() -> None:
    found = check({"autoscaler": {"expander": "price"}}, cost=None)
    assert [f.message for f in found] == ["the expander price needs a price list"]
    assert check({"autoscaler": {"expander": "price"}}) == []  # they could not be read: that is said elsewhere


def test_one_expander_or_several() -> None:
    one = ScenarioFile.model_validate(at(SCENARIO, "cluster", {"autoscaler": {"expander": "random"}}))
    two = ScenarioFile.model_validate(at(SCENARIO, "cluster", {"autoscaler": {"expander": ["priority", "random"]}}))
    assert one.cluster.autoscaler.expander == ("random",)
    assert two.cluster.autoscaler.expander == ("priority", "random")
