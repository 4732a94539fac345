"""Pins and bounds: which values a field may have."""

import pytest

from fvcapacity.errors import ScenarioError
from fvcapacity.recommend.bounds import Bounds
from fvcapacity.scenario.recommendation import Policy

CPU = "deployment/shop/shop.requests.cpu"
KNOWN = [CPU, "deployment/shop.replicas", "hpa/shop.target.cpu"]


def bounds(**policy):
    return Bounds(Policy.model_validate(policy), {"deployment/shop": "shop"})


@pytest.mark.parametrize(
    ("bound", "value", "allowed"),
    [
        ({"minimum": "200m"}, "0.2", True),
        ({"minimum": "200m"}, "199m", False),
        ({"maximum": "1"}, "1000m", True),
        ({"maximum": "1"}, "1100m", False),
        ({"maximum": "1"}, None, False),
        ({"minimum": "1"}, None, True),
    ],
)
def test_a_value_within_and_beyond(bound, value, allowed):
    assert bounds(bounds={CPU: bound}).allows(CPU, value) is allowed


def test_the_first_container_need_not_be_named():
    assert bounds(pins=["deployment/shop.requests.*"]).pinned(CPU)
    assert not bounds(pins=["deployment/shop.limits.*"]).pinned(CPU)


def test_the_nearest_allowed_value():
    held = bounds(bounds={CPU: {"minimum": "200m", "maximum": "400m"}})
    assert [held.clamped(CPU, value) for value in ("100m", "300m", "1", None)] == ["200m", "300m", "400m", "400m"]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"bounds": {CPU: {"minimum": "2", "maximum": "1"}}}, "above the maximum"),
        ({"bounds": {CPU: {"minimum": "2"}, "deployment/*.requests.cpu": {"maximum": "1"}}}, "leave no value"),
        ({"bounds": {CPU: {"minimum": "lots"}, "x": {"minimum": 1, "maximum": "lots"}}}, "lots"),
        ({"pins": ["deployment/shpo*"]}, "matches no field"),
        ({"pins": ["deployment/shop.replicsa"]}, "replicsa"),
    ],
)
def test_what_contradicts_itself_or_names_nothing_is_refused(policy, words):
    with pytest.raises(ScenarioError, match=words):
        bounds(**policy).check(KNOWN)


def test_targets_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="above target_maximum"):
        Policy(target_minimum=80, target_maximum=70)
