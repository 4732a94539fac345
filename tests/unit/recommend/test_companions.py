"""What goes along with a configuration: nothing of it is ever refused, and what is there already is not doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.inputs import load_scenario
from fvcapacity.recommend.companions import Handover, alone_words, handover_of, namespaces, refused_pods
from tests.support.garden import write_garden
from tests.support.small_systems import small_system

CPU = "deployment/shop/shop.requests.cpu"
QUOTA = """\
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: all, namespace: flowers}
spec: {hard: {cpu: "1", limits.cpu: "2", pods: "3", services: "5"}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: all, namespace: flowers}
spec:
  limits:
    - {type: Container, min: {cpu: 50m}, max: {memory: 128Mi}, default: {memory: 128Mi}, defaultRequest: {cpu: 60m}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: shop, namespace: flowers}
spec: {minAvailable: 100%, selector: {matchLabels: {app: shop}}}
"""


def system(directory: Path, more: str = "") -> fv.Scenario:
    small_system(directory, cpu="100m", memory="64Mi", limit="200m", memory_limit="96Mi")
    path = directory / "manifests" / "shop.yaml"
    path.write_text(path.read_text() + more)
    return load_scenario(directory / "scenario.yaml")


def made(scenario: fv.Scenario, handover: Handover) -> fv.Scenario:
    return scenario.with_values(handover.values, objects=handover.objects)


def test_new_objects_where_there_are_none(tmp_path: Path):
    scenario = system(tmp_path)
    found = handover_of(scenario, {CPU: "80m"}, {CPU: "because"}, {})
    assert [item["kind"] for item in found.objects] == ["PodDisruptionBudget", "ResourceQuota", "LimitRange"]
    assert found.values == {CPU: "80m"}
    assert all(found.reasons[f"{item['kind'].lower()}/{item['metadata']['name']}"] for item in found.objects)
    assert refused_pods(made(scenario, found), found) == []


def test_one_pod_alone_gets_no_budget_that_forbids_nothing(tmp_path: Path):
    found = handover_of(system(tmp_path), {"deployment/shop.replicas": 1}, {}, {})
    assert [item["kind"] for item in found.objects] == ["ResourceQuota", "LimitRange"]
    assert "deployment/shop. Two pods" in alone_words(found)


def test_a_quota_that_is_there_is_changed_and_not_doubled(tmp_path: Path):
    scenario = system(tmp_path, QUOTA)
    found = handover_of(scenario, {CPU: "80m"}, {}, {})
    assert found.objects == []
    assert found.values["quota/all.hard.cpu"] == "500m"
    assert found.values["quota/all.hard.pods"] == "6"
    assert found.values["quota/all.hard.limits.cpu"] is None  # the exporter names no limit, and would be refused
    assert "quota/all.hard.services" not in found.values
    assert found.values["pdb/shop.minAvailable"] is None
    assert found.values["pdb/shop.maxUnavailable"] == 1
    assert found.values["limitrange/all.container.min.cpu"] == "10m"
    assert set(found.values) <= set(found.reasons) | {CPU}
    after = made(scenario, found)
    assert len(after.cluster.quotas) == 1
    assert refused_pods(after, found) == []


def test_what_would_be_refused_is_seen(tmp_path: Path):
    scenario = system(tmp_path, QUOTA)
    found = handover_of(scenario, {}, {}, {})
    said = refused_pods(scenario, found)  # under the quota and the limit range of today
    assert any("exceeded quota: all" in text or "failed quota: all" in text for text in said)
    assert any("minimum cpu usage per Container is 50m" in text for text in said)


def test_replicas_of_hpas_and_the_heap_go_along(tmp_path: Path):
    scenario = load_scenario(write_garden(tmp_path))
    path = "deployment/shop/shop.limits.memory"
    found = handover_of(scenario, {path: "120Mi"}, {}, {})
    assert found.values["deployment/shop.replicas"] is None
    assert "hpa/shop decides" in found.reasons["deployment/shop.replicas"]
    assert found.values["deployment/shop/shop.heap"] == "90Mi"
    assert "75 % of the limit" in found.reasons["deployment/shop/shop.heap"]
    more = handover_of(scenario, {path: "256Mi"}, {}, {})
    assert "deployment/shop/shop.heap" not in more.values  # 96 of 256 MiB: V8 gives up first anyway


def test_the_cluster_itself_gets_no_quota():
    assert namespaces(load_scenario("scenarios/valentines.yaml")) == ["flores-victoria"]


@pytest.mark.parametrize("margin", [0, 10])
def test_nothing_of_the_documented_shop_is_refused(margin: int):
    scenario = load_scenario(
        "scenarios/valentines.yaml", overrides={"recommend.quota_margin_percent": margin, "recommend.headroom": "none"}
    )
    values = {"deployment/order-service.requests.cpu": "60m", "hpa/product-service.max": 14}
    found = handover_of(scenario, values, {}, {"deployment/product-service": 14})
    assert refused_pods(made(scenario, found), found) == []
    assert "quota/flores-victoria.hard.requests.cpu" in found.values
    assert {item["metadata"]["namespace"] for item in found.objects} == {"flores-victoria"}
