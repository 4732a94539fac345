"""Quota, limit range and budgets of the documented system: nothing recommended is ever refused."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import fvcapacity as fv
from fvcapacity.decisions.disruption import allowed_disruptions
from fvcapacity.recommend.disruption import advise_budgets
from fvcapacity.recommend.quotas import advise_quota, all_pods, refusals
from fvcapacity.scenario.findings.view import View
from tests.support.shops import write_shop

VALENTINES = "scenarios/valentines.yaml"
NAMESPACE = "flores-victoria"
STEPS = {"cpu": Fraction(1, 10), "memory": Fraction(64 * 2**20), "storage": Fraction(2**30)}


@pytest.fixture(scope="module")
def shop() -> fv.Scenario:
    return fv.load_scenario(VALENTINES)


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.5])
def test_nothing_that_may_be_there_at_once_is_refused(shop: fv.Scenario, margin: float) -> None:
    advice = advise_quota(shop, NAMESPACE, margin=margin)
    pods = all_pods(shop, advice)
    assert len(pods) == sum(count.total for count in advice.counts)
    assert refusals(advice, pods) == []


def test_and_there_is_no_more_room_than_the_margin(shop: fv.Scenario) -> None:
    advice = advise_quota(shop, NAMESPACE, margin=0.1)
    for name, hard in advice.hard.items():
        step = next((size for key, size in STEPS.items() if name.endswith(key)), Fraction(1))
        assert advice.needed[name].exact * Fraction(11, 10) <= hard.exact
        assert hard.exact < advice.needed[name].exact * Fraction(11, 10) + step
    pods = all_pods(shop, advice)
    tight = advise_quota(shop, NAMESPACE, margin=0.0)
    largest = max(
        pods, key=lambda item: sum(c.requests["cpu"].exact for c in item[1].containers if "cpu" in c.requests)
    )
    assert refusals(tight, [*pods, *[largest] * 3])  # a quota that refuses nothing would be none


def test_an_hpa_at_its_maximum_and_its_roll_out_count(shop: fv.Scenario) -> None:
    advice = advise_quota(shop, NAMESPACE)
    counts = {count.workload: count for count in advice.counts}
    product = counts["deployment/product-service"]
    assert product.running == 10
    assert product.rolling >= 3  # 25 % of 10, rounded up, before the old ones are gone
    assert counts["statefulset/postgres"].rolling == 0
    more = advise_quota(shop, NAMESPACE, peaks={"deployment/product-service": 14})
    assert {count.workload: count for count in more.counts}["deployment/product-service"].running == 14
    assert more.hard["requests.cpu"].exact > advice.hard["requests.cpu"].exact


def test_the_objects_are_those_of_the_api_with_canonical_amounts(shop: fv.Scenario) -> None:
    advice = advise_quota(shop, NAMESPACE)
    assert advice.quota["kind"] == "ResourceQuota"
    assert advice.quota["metadata"] == {"name": "flores-victoria", "namespace": NAMESPACE}
    assert all(isinstance(value, str) for value in advice.quota["spec"]["hard"].values())
    entry = advice.limit_range["spec"]["limits"][0]
    assert entry["type"] == "Container"
    assert set(entry) <= {"type", "min", "max", "defaultRequest"}
    for name, why in advice.why.items():
        assert str(advice.hard[name]) in why
        assert "margin of 10 %" in why


def test_a_bound_that_would_refuse_silent_containers_is_left_out(tmp_path: Path) -> None:
    """The exporter names no limit: a quota on limits would keep its pod from ever being created."""
    small = fv.load_scenario(write_shop(tmp_path))
    advice = advise_quota(small, "flowers")
    assert set(advice.hard) == {"requests.cpu", "requests.memory", "pods"}
    assert "max" not in advice.limit_range["spec"]["limits"][0]
    assert refusals(advice, all_pods(small, advice)) == []


def test_no_negative_margin(shop: fv.Scenario) -> None:
    with pytest.raises(ValueError, match="is no margin"):
        advise_quota(shop, NAMESPACE, margin=-0.1)


def test_no_quota_for_a_namespace_where_nothing_runs(shop: fv.Scenario) -> None:
    with pytest.raises(fv.ScenarioError, match="no workload is in namespace 'flowers'"):
        advise_quota(shop, "flowers")


def test_budgets_neither_block_a_drain_nor_allow_an_outage(shop: fv.Scenario) -> None:
    fewest = {item.key: View(shop.cluster).replicas(item)[0] for item in shop.cluster.workloads}
    advice = advise_budgets(shop)
    assert advice
    for item in advice:
        pods = fewest[item.workload]
        allowed, _ = allowed_disruptions(None, item.max_unavailable, pods, pods)
        assert allowed >= 1, "a drain would wait for ever"
        assert pods == 1 or pods - allowed >= 1, "all pods may go at once"
        assert bool(item.path) != bool(item.object)
        assert "two pods at least" in item.why if pods == 1 else str(pods) in item.why


def test_a_budget_leaves_what_is_needed(shop: fv.Scenario) -> None:
    (frontend,) = [
        item for item in advise_budgets(shop, {"deployment/frontend": 1}) if item.workload.endswith("frontend")
    ]
    assert frontend.max_unavailable == 1
    known: dict[str, Any] = {item.workload: item for item in advise_budgets(shop)}
    assert known["deployment/frontend"].max_unavailable == 1
