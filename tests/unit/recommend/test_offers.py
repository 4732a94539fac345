"""Which machines can be had, and why others cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.inputs.instances import load_instance_list
from fvcapacity.inputs.prices import load_price_list
from fvcapacity.recommend.node_pools import choose_node_pools
from fvcapacity.recommend.offers import SPOT_TAINT, offers_of
from fvcapacity.recommend.pod_groups import pod_groups
from fvcapacity.recommend.pool_program import Rules

MIB = 2**20
CLOUDS = ("azure", "aws", "gcp")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_size_is_of_a_type_with_a_price(cloud: str) -> None:
    sizes = load_instance_list(f"data/instances/{cloud}.yaml")
    priced = {price.name for price in load_price_list(f"data/prices/{cloud}.yaml").prices if price.kind == "instance"}
    assert {item.name for item in sizes.instances} <= priced
    assert all(item.source for item in sizes.instances)
    assert {item.memory / item.cpu / 2**30 for item in sizes.instances} <= {2.0, 4.0, 8.0}


def test_the_scenarios_own_machine_is_what_the_formula_says() -> None:
    sizes = load_instance_list("data/instances/azure.yaml")
    prices = load_price_list("data/prices/azure.yaml")
    offers = {o.pool.instance_type: o for o in offers_of(sizes, prices, "chilecentral").offers}
    d2s = offers["Standard_D2s_v5"]
    assert d2s.pool.allocatable_cpu == 1.9
    assert d2s.pool.allocatable_memory == 6044 * MIB
    assert d2s.usd_per_hour == 0.134
    assert d2s.name == "d2s-v5"


def test_what_is_left_out_is_named() -> None:
    sizes = load_instance_list("data/instances/gcp.yaml")
    prices = load_price_list("data/prices/gcp.yaml")
    found = offers_of(sizes, prices, "us-central1")
    assert found.left_out == {"e2-medium": "its size is not known"}
    elsewhere = offers_of(sizes, prices, "southamerica-west1")
    assert elsewhere.offers == ()
    assert elsewhere.left_out["n2-standard-4"] == "no price in region southamerica-west1"


def test_burstable_and_arm_machines_are_offered_on_demand_of_the_user_only() -> None:
    sizes, prices = load_instance_list("data/instances/aws.yaml"), load_price_list("data/prices/aws.yaml")
    found = offers_of(sizes, prices, "us-east-1")
    assert "burstable" in found.left_out["t3.large"]
    assert found.left_out["m7g.large"] == "its architecture is arm64"
    every = offers_of(sizes, prices, "us-east-1", burstable=True, architectures=("amd64", "arm64"))
    assert every.left_out == {}
    assert len(every.offers) == len(sizes.instances)
    assert {o.name: o.pool.max_pods for o in every.offers}["m5-large"] == 29


def test_spot_machines_have_a_price_of_their_own_a_taint_and_a_label() -> None:
    sizes, prices = load_instance_list("data/instances/gcp.yaml"), load_price_list("data/prices/gcp.yaml")
    found = {o.name: o for o in offers_of(sizes, prices, "us-central1", spot=True).offers}
    assert found["e2-standard-4-spot"].usd_per_hour == 0.04021
    assert found["e2-standard-4-spot"].pool.taints == (SPOT_TAINT,)
    assert found["e2-standard-4-spot"].pool.labels[SPOT_TAINT["key"]] == "true"
    assert "e2-standard-2-spot" not in found


def test_a_size_that_stands_twice(tmp_path: Path) -> None:
    path = tmp_path / "sizes.yaml"
    row = "  - {name: m, cpu: 2, memory: 8Gi, source: a page}\n"
    path.write_text(f"name: x\nprovider: eks\ninstances:\n{row}{row}")
    with pytest.raises(fv.PriceError, match="m has a second size"):
        load_instance_list(path)


def test_pools_for_the_documented_system() -> None:
    """Its own pool is among the offers; what is chosen takes every pod, and costs no more than three to eight of it."""
    scenario = fv.load_scenario("scenarios/valentines.yaml")
    assert scenario.prices is not None
    sizes = load_instance_list("data/instances/azure.yaml")
    offers = offers_of(sizes, scenario.prices, "chilecentral", own=scenario.file.nodes, maximum=8)
    groups, daemons = pod_groups(scenario, {"peak": {"deployment/product-service": 10}})
    assert [pod.name for pod in daemons] == ["fluentd", "kube-proxy", "csi-node"]
    assert {g.name for g in groups if g.stateful} >= {"statefulset/postgres", "statefulset/mongodb"}
    found = choose_node_pools(offers.offers, groups, daemons, Rules({"peak": 1.0}), left_out=offers.left_out)
    assert found.pools
    assert "Standard_D2ps_v5" in found.left_out
    nodes = found.as_nodes("peak")
    changed = scenario.with_values({}, pools={**dict.fromkeys(scenario.file.nodes), **nodes})
    assert set(changed.file.nodes) == set(nodes)
