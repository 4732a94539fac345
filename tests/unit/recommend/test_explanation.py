"""Every decided field has a sentence: why it changes, and why it stays."""

from __future__ import annotations

from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.recommend.costing import Cost
from fvcapacity.recommend.explanation import CONSTRAINTS, binding, constraint_of, explained, owner_of
from fvcapacity.recommend.reasons import Reasoned
from fvcapacity.recommend.recommend import Recommendation
from fvcapacity.recommend.search import Tried
from tests.support.garden import write_garden
from tests.support.small_systems import small_system

CPU = "deployment/shop/shop.requests.cpu"
MEMORY = "deployment/shop/shop.requests.memory"
REPLICAS = "deployment/shop.replicas"
NODES = "nodes/general.minimum"
FINAL = {CPU: "60m", NODES: 1}


def tried(values, why: str = "") -> Tried:
    return Tried({**FINAL, **values}, why, 0.5, 0.1, Cost(1.0, 1.0))


def of(scenario: fv.Scenario, *candidates: Tried) -> dict[str, str]:
    changes = [Reasoned(path, scenario.value(path), value, f"{path} is sized") for path, value in FINAL.items()]
    found = Recommendation(scenario, "recommended", "", tuple(changes), tried=candidates)
    return {item.path: item.why for item in explained(found)}


def test_what_changes_keeps_its_reason_and_what_stays_has_one(tmp_path: Path):
    why = of(small_system(tmp_path))
    assert why[CPU] == f"{CPU} is sized"
    assert all(why.values())
    assert {MEMORY, REPLICAS, NODES, "deployment/shop/shop.limits.cpu", "nodes/general.maximum"} <= set(why)
    assert "reserves nothing" in why["deployment/shop/shop.limits.cpu"]


def test_a_limit_that_was_mended_does_not_stay_as_well(tmp_path: Path):
    """Mending names a field of the first container without it; both paths are one field."""
    scenario = small_system(tmp_path)
    mended = Reasoned("deployment/shop.limits.cpu", "1", "2", "the p95 was too high")
    fields = explained(Recommendation(scenario, "recommended", "", (mended,)))
    limits = [item for item in fields if item.path.endswith("limits.cpu")]
    assert [(item.path, item.value) for item in limits] == [("deployment/shop.limits.cpu", "2")]


@pytest.mark.parametrize(
    ("candidates", "words"),
    [
        ((), "saves nothing here, so that none was tried"),
        ((tried({REPLICAS: 2}, "the p95 is 620 ms"),), "at 2: the p95 is 620 ms"),
        ((tried({REPLICAS: 2}),), "2 holds too, and costs no less"),
        ((tried({REPLICAS: 1, MEMORY: "64Mi"}, "too slow"),), "at 1, with 1 other fields changed: too slow"),
        ((tried({REPLICAS: 1, MEMORY: "64Mi"}, "too slow"), tried({REPLICAS: 1}, "alone")), "at 1: alone"),
    ],
)
def test_why_a_field_stays(tmp_path: Path, candidates, words):
    assert words in of(small_system(tmp_path), *candidates)[REPLICAS]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (f'{{pins: ["{REPLICAS}"]}}', f"pinned by {REPLICAS}"),
        ('{pins: ["deployment/*"]}', "pinned by deployment/*"),
        (f'{{bounds: {{"{REPLICAS}": {{minimum: 3}}}}}}', "a bound of the policy leaves no cheaper value"),
    ],
)
def test_pins_and_bounds_are_named(tmp_path: Path, policy, words):
    assert words in of(small_system(tmp_path, recommend=policy))[REPLICAS]


@pytest.mark.parametrize(
    ("why", "constraint"),
    [
        ("At 30m: too little: 47m cover what is used in 95 % of a month's minutes", "use of CPU"),
        ("At 64Mi: too little: the largest working set is 60Mi, and 15 % come on top", "use of memory"),
        ("with node general/0 lost, shop finds no place", "room on machines"),
        ("12.0 % of a service's CFS periods are throttled", "throttling"),
        ("There is no cheaper value that may be taken.", "no cheaper value"),
        ("Stays: pinned by nodes/*.", "pin or bound"),
        ("the p95 of checkout is 620 ms (window, first at 19:40): shop waits", "objectives"),
        ("pods 5: 2 pods at most, 2 in roll-outs need 4, with a margin of 10 %, rounded up", ""),
    ],
)
def test_which_constraint_binds(why, constraint):
    assert constraint_of(why) == constraint
    assert constraint in {*CONSTRAINTS, ""}


def test_limits_do_not_bind(tmp_path: Path):
    scenario = small_system(tmp_path)
    fields = explained(Recommendation(scenario, "left alone", ""))
    assert sum(binding(fields).values()) < len(fields)


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("deployment/shop/proxy.requests.cpu", "deployment/shop"),
        ("hpa/shop.min", "deployment/shop"),
        ("topology/shop.threads.main", "deployment/shop"),
        ("nodes/general.minimum", "nodes/general"),
        ('statefulset/"db.main".requests.cpu', "statefulset/db.main"),
    ],
)
def test_whose_a_field_is(tmp_path: Path, path, owner):
    assert owner_of(fv.load_scenario(write_garden(tmp_path)), path) == owner
