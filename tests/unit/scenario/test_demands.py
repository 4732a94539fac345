"""Who calls whom, and what the called service spends on it."""

from __future__ import annotations

import pytest

from fvcapacity.scenario.demands import expected_demands
from fvcapacity.scenario.topology import Topology

TOPOLOGY = Topology.model_validate(
    {
        "services": {
            "web": {},
            "shop": {
                "operations": {
                    "buy": {
                        "steps": [
                            {"cpu": {"mean_ms": 2}},
                            {"call": "auth.check", "timeout": "1s"},
                            {"branch": {"probability": 0.75, "then": [], "otherwise": [{"call": "db.read"}]}},
                            {"wait": {"mean_ms": 120}},
                        ]
                    }
                }
            },
            "auth": {"operations": {"check": {"steps": [{"cpu": {"mean_ms": 1}}, {"call": "db.read"}]}}},
            "db": {"operations": {"read": {"steps": [{"cpu": {"mean_ms": 4}}]}}},
        },
        "routes": {"buy": {"path": "/buy", "steps": [{"call": "web", "steps": [{"call": "shop.buy"}]}]}},
    }
)


def test_calls_are_told_by_who_calls():
    demands = expected_demands(TOPOLOGY)
    assert dict(demands.calls) == {
        ("buy", "", "web"): 1.0,
        ("buy", "web", "shop"): 1.0,
        ("buy", "shop", "auth"): 1.0,
        ("buy", "auth", "db"): 1.0,
        ("buy", "shop", "db"): 0.25,
    }


def test_what_a_called_service_spends_belongs_to_its_caller():
    demands = expected_demands(TOPOLOGY)
    assert demands.call_cpu_s["buy", "auth", "db"] == pytest.approx(0.004)
    assert demands.call_cpu_s["buy", "shop", "db"] == pytest.approx(0.001)
    assert demands.call_wait_s["buy", "web", "shop"] == pytest.approx(0.12)


def test_the_calls_of_a_service_add_up_to_what_it_gets():
    demands = expected_demands(TOPOLOGY)
    to_db = [call for call in demands.calls if call[2] == "db"]
    assert sum(demands.calls[call] for call in to_db) == pytest.approx(demands.visits["buy", "db"])
    assert sum(demands.call_cpu_s[call] for call in to_db) == pytest.approx(demands.cpu_s["buy", "db"])
