"""Karpenter's NodePools: every case breaks one thing of a sound scenario."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fvcapacity.scenario.checks import check_scenario
from fvcapacity.scenario.finding import Finding
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.prices import PriceList
from tests.unit.scenario.test_autoscaling_checks import COST, PRICE
from tests.unit.scenario.test_checks import SCENARIO, at

MACHINE = {
    "name": "D2s_v5",
    "cpu": 2,
    "memory": "8Gi",
    "allocatable_cpu": "1900m",
    "allocatable_memory": "6Gi",
    "usd_per_hour": 0.1,
}
SOUND: dict[str, Any] = {
    **SCENARIO,
    "provisioner": "karpenter",
    "karpenter": {"node_pools": {"default": {"instance_types": [MACHINE]}}},
}
TYPE = "karpenter.node_pools.default.instance_types.0"


def check(scenario: dict[str, Any], prices: list[dict[str, Any]] | None = None) -> list[Finding]:
    listed = None if prices is None else PriceList.model_validate({"name": "l", "currency": "USD", "prices": prices})
    return check_scenario(ScenarioFile.model_validate(scenario), prices=listed)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sound scenario with one field set; a number in the path counts in a list."""
    scenario = copy.deepcopy(SOUND)
    *way, last = path.split(".")
    inner: Any = scenario
    for key in way:
        inner = inner[int(key)] if isinstance(inner, list) else inner.setdefault(key, {})
    inner[last] = value
    return scenario


@pytest.mark.parametrize(
    ("path", "value", "where", "message", "severity"),
    [
        ("karpenter", None, "provisioner", "Karpenter has no node pools", "error"),
        ("provisioner", "cluster-autoscaler", "karpenter", "these node pools have no effect", "warning"),
        ("karpenter.batch_idle", "20s", "karpenter.batch_idle", "longer than batch_max", "error"),
        (
            "karpenter.node_pools.general",
            {"instance_types": [MACHINE]},
            "karpenter.node_pools.general",
            "also the name of a pool of nodes",
            "error",
        ),
        (
            "karpenter.node_pools.default.budget",
            "ten",
            "karpenter.node_pools.default.budget",
            "'ten' is no budget",
            "error",
        ),
        ("karpenter.node_pools.default.budget", "101%", "karpenter.node_pools.default.budget", "'101%' is no", "error"),
        ("karpenter.node_pools.default.budget", -1, "karpenter.node_pools.default.budget", "-1 is no budget", "error"),
        (
            "karpenter.node_pools.default.limits",
            {"cpu": 1},
            "karpenter.node_pools.default.limits.cpu",
            "the limit 1 is less than the cpu of every",
            "error",
        ),
        (
            "karpenter.node_pools.default.instance_types",
            [MACHINE, MACHINE],
            "karpenter.node_pools.default.instance_types.1.name",
            "'D2s_v5' is listed twice",
            "error",
        ),
        (f"{TYPE}.allocatable_cpu", 3, f"{TYPE}.allocatable_cpu", "3 is more than the machine's cpu 2", "error"),
        (f"{TYPE}.zones", [], f"{TYPE}.zones", "D2s_v5 has no zones", "error"),
        (f"{TYPE}.capacity_types", [], f"{TYPE}.capacity_types", "D2s_v5 has no capacity_types", "error"),
        (f"{TYPE}.usd_per_hour", None, TYPE, "no on-demand price, and Karpenter buys by price", "error"),
        (f"{TYPE}.capacity_types", ["on-demand", "spot"], TYPE, "no spot price, and Karpenter", "error"),
    ],
)
def test_what_is_wrong(path: str, value: Any, where: str, message: str, severity: str) -> None:
    found = check(changed(path, value))
    assert [".".join(str(part) for part in finding.path) for finding in found] == [where]
    assert message in found[0].message
    assert (found[0].severity, bool(found[0].hint)) == (severity, True)


def test_a_sound_scenario() -> None:
    assert check(SOUND) == []


def test_prices_may_come_from_the_list() -> None:
    silent = {**changed(f"{TYPE}.usd_per_hour", None), "cost": COST}
    assert check(silent, [PRICE]) == []
    assert [finding.rule for finding in check(silent, [{**PRICE, "name": "other"}])] == ["karpenter"]
    assert check(silent) == []  # the list could not be read: that is said elsewhere


def test_the_cluster_autoscaler_stays_the_default() -> None:
    assert ScenarioFile.model_validate(at(SCENARIO, "name", "small")).provisioner == "cluster-autoscaler"
