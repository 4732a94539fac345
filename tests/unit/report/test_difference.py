"""The difference of two configurations: what is told, and what is not."""

from __future__ import annotations

import json

import pytest
import yaml

from fvcapacity.cost.room import room_of
from fvcapacity.errors import InputError
from fvcapacity.inputs import load_scenario
from fvcapacity.inputs.sides import load_sides
from fvcapacity.report.difference import difference_of
from fvcapacity.report.difference.risks import Seen, risks
from fvcapacity.report.overlay import Proposal, write_overlay
from tests.support.garden import MANIFESTS, write_garden
from tests.support.overlays import PROPOSAL

PRICES = """\
name: machines
currency: USD
prices:
  - {kind: instance, name: D2s_v5, region: any, unit: per_hour, price: 0.1, source: a test, as_of: 2026-01-01}
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_garden(tmp_path)
    return tmp_path


def edited(home, name, *changes):
    text = MANIFESTS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    directory = home / name
    directory.mkdir()
    (directory / "garden.yaml").write_text(text)
    return name


def between(*arguments):
    found = difference_of(*load_sides(*arguments))
    json.dumps(found, allow_nan=False)
    return found


def rules(found):
    return {(item["rule"], item["field"]) for item in found["risks"]}


def test_nothing_differs_from_itself(home):
    found = between("scenario.yaml", "scenario.yaml")
    assert (found["fields"], found["others"], found["workloads"], found["risks"]) == ([], [], [], [])
    assert found["room"]["first"] == found["room"]["second"]


def test_two_trees(home):
    other = edited(
        home,
        "other",
        ("averageUtilization: 70", "averageUtilization: 50"),
        ("image: envoy", "image: envoy:1.31"),
        ("cpu: 150m, memory: 128Mi", "cpu: 150m, memory: 256Mi"),
        ("storage: 2Gi", "storage: 3Gi"),
        ("--max-old-space-size=96", "--max-old-space-size=80"),
        ('pods: "40"', 'pods: "50"'),
    )
    found = between("manifests", other)
    assert {row["path"]: (row["before"], row["after"]) for row in found["fields"]} == {
        "hpa/shop.target.cpu": (70, 50),
        "deployment/shop/shop.limits.memory": ("128Mi", "256Mi"),
        "deployment/shop/shop.heap": ("96Mi", "80Mi"),
        "pvc/pictures.size": ("2Gi", "3Gi"),
        "quota/flowers.hard.pods": ("40", "50"),
    }
    assert found["others"] == ["deployment/shop: spec.template.spec.containers[proxy].image: 'envoy' -> 'envoy:1.31'"]
    assert found["room"] == {"first": None, "second": None}
    assert "name a scenario" in found["notes"][0]


@pytest.mark.parametrize("base", ["manifests", "scenario.yaml"])
def test_a_tree_and_an_overlay_of_ours(home, base):
    write_overlay(load_scenario("scenario.yaml"), PROPOSAL, "out", kubectl=None)
    found = between(base, "out")
    fields = {row["path"]: (row["before"], row["after"]) for row in found["fields"]}
    assert fields["deployment/shop/shop.requests.cpu"] == ("100m", "250m")
    assert fields["hpa/shop.max"] == (6, 8)
    assert fields['statefulset/"db.main".limits.cpu'] == ("500m", "750m")
    assert found["added"] == ["resourcequota/pods"]
    assert found["others"] == []
    row = next(row for row in found["workloads"] if row["workload"] == "deployment/shop")
    assert (row["first"]["replicas_max"], row["second"]["replicas_max"]) == (6, 8)
    assert (row["first"]["pod_cpu_request_cores"], row["second"]["pod_cpu_request_cores"]) == (0.11, 0.26)
    if base == "scenario.yaml":  # what stands in no manifest is known of our overlays
        assert fields["nodes/general.maximum"] == (40, 6)


@pytest.mark.parametrize("base", ["manifests", "scenario.yaml"])
def test_a_patch_and_a_component(home, base):
    write_overlay(load_scenario("scenario.yaml"), Proposal({"hpa/shop.max": 9}), "out", kubectl=None)
    patch = home / "out" / "patches" / "horizontalpodautoscaler-shop.yaml"
    found = between(base, patch)
    assert [(row["path"], row["after"]) for row in found["fields"]] == [("hpa/shop.max", 9)]
    assert found["notes"][0].startswith("B is A with the patch")
    (home / "component").mkdir()
    (home / "component" / "p.yaml").write_text(patch.read_text())
    text = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: p.yaml}]\n"
    (home / "component" / "kustomization.yaml").write_text(text)
    assert between(base, "component")["fields"] == found["fields"]


def test_manifests_under_a_scenario(home):
    other = edited(home, "other", ("maxReplicas: 6", "maxReplicas: 30"))
    found = between("manifests", other, "scenario.yaml")
    most = [found["room"][side]["maximum"] for side in ("first", "second")]
    assert [room["pods"] for room in most] == [7, 31]
    assert [room["cpu_request_cores"] for room in most] == [pytest.approx(0.76), pytest.approx(3.4)]
    assert [room["nodes"] for room in most] == [{"general": 1}, {"general": 2}]  # 1.9 cores each
    assert most[0]["month_usd"] is None


def test_a_month_of_machines_has_its_price(home):
    (home / "prices.yaml").write_text(PRICES)
    text = (home / "scenario.yaml").read_text()
    (home / "scenario.yaml").write_text(text + "cost: {prices: prices.yaml}\n")
    found = between("scenario.yaml", edited(home, "other", ("maxReplicas: 6", "maxReplicas: 30")))
    least, most = found["room"]["second"]["minimum"], found["room"]["second"]["maximum"]
    assert (least["month_usd"], most["month_usd"]) == (pytest.approx(73.0), pytest.approx(146.0))
    assert "volume pictures" in most["unpriced"]


def test_pods_that_find_no_machine_are_counted(home):
    garden = load_scenario("scenario.yaml").with_values({"nodes/general.maximum": 1, "hpa/shop.max": 30})
    room = room_of(garden, most=True)
    assert room.nodes == {"general": 1}
    assert room.unplaced == 31 - 17  # the database's 100 millicores and 16 times 110 fit into 1900
    assert room_of(garden, most=False).unplaced == 0


def test_what_a_change_risks(home):
    other = edited(
        home,
        "other",
        ("requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 150m, memory: 128Mi}", "requests: {cpu: 200m, memory: 64Mi}, limits: {memory: 100Mi}"),
        ("minReplicas: 2", "minReplicas: 1"),
        ("storage: 5Gi", "storage: 6Gi"),
        ("requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 256Mi}", "requests: {cpu: 500m, memory: 256Mi}, limits: {cpu: 500m, memory: 256Mi}"),
    )  # fmt: skip
    found = between("manifests", other)
    assert rules(found) >= {
        ("missing-cpu-limit", "deployment/shop/shop.limits.cpu"),
        ("no-resize-in-place", "deployment/shop"),
        ("single-replica", "deployment/shop"),
        ("pdb-allows-nothing", "pdb/shop"),
        ("heap-near-limit", "deployment/shop/shop.heap"),
        ("hpa-threshold-moved", "hpa/shop.target.cpu"),
        ("claim-template-changed", "statefulset/db.main.claims.data"),
        ("qos-class-changed", "statefulset/db.main"),
    }
    assert [item["severity"] for item in found["risks"]] == sorted(
        (item["severity"] for item in found["risks"]), key=["error", "warning", "note"].index
    )
    moved = next(item for item in found["risks"] if item["rule"] == "hpa-threshold-moved")
    assert moved["message"] == "it acts at 147m of CPU a pod, before at 77m: the request times the target"


def test_less_than_what_the_replay_saw_is_a_risk(home):
    lower = ("requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 150m, memory: 128Mi}", "requests: {cpu: 40m, memory: 48Mi}, limits: {cpu: 150m, memory: 100Mi}")  # fmt: skip
    sides = load_sides("manifests", edited(home, "other", lower))
    found = {
        (item.field, item.severity, item.message)
        for item in risks(*sides, None, {"deployment/shop": Seen("shop", 110 * 2**20, 0.05)})
        if item.rule == "below-seen-usage"
    }
    assert found == {
        ("deployment/shop/shop.limits.memory", "error", "100Mi is below the 110Mi that were seen in use: it is OOM-killed at that load"),
        ("deployment/shop/shop.requests.memory", "warning", "48Mi is below the 110Mi that were seen in use: its node may run out of memory"),
        ("deployment/shop/shop.requests.cpu", "warning", "40m is below the mean of 50m a pod that was seen in use"),
    }  # fmt: skip
    enough = {"deployment/shop": Seen("shop", 40 * 2**20, 0.03)}
    assert "below-seen-usage" not in {item.rule for item in risks(*sides, None, enough)}


def test_what_was_wrong_before_is_no_risk_of_the_change(home):
    write_garden(home)
    bad = ("maxReplicas: 6", "maxReplicas: 60")  # more pods than the quota allows
    one = edited(home, "one", bad)
    two = edited(home, "two", bad, ("averageUtilization: 70", "averageUtilization: 60"))
    assert "quota-too-small" not in {rule for rule, _ in rules(between(one, two))}
    assert ("quota-too-small", "quota/flowers.hard.pods") in rules(between("manifests", two))


def test_no_secret_is_shown(home):
    literal = ('name: PORT, value: "3000"', "name: API_TOKEN, value: hunter1")
    one = edited(
        home,
        "one",
        literal,
        ("image: shop\n          ports", "image: shop\n          args: [--pass=hunter3]\n          ports"),
    )
    two = edited(
        home,
        "two",
        (literal[0], "name: API_TOKEN, value: hunter2"),
        ("image: shop\n          ports", "image: shop\n          args: [--pass=hunter4]\n          ports"),
    )
    found = between(one, two)
    assert "hunter" not in json.dumps(found)
    assert sorted(found["others"], reverse=True) == [
        "deployment/shop: spec.template.spec.containers[shop].env[API_TOKEN].value: another value",
        "deployment/shop: spec.template.spec.containers[shop].args[0]: another value",
    ]


@pytest.mark.parametrize(
    ("base", "other", "said"),
    [
        ("patch.yaml", "manifests", "it is a patch: it stands on nothing"),
        ("manifests", "nowhere", "nowhere"),
        ("manifests", "patch.yaml", "no Deployment is named 'shpo'"),
        ("scenario.yaml", "patch.yaml", "no Deployment is named 'shpo'"),
    ],
)
def test_what_cannot_be_compared(home, base, other, said):
    patch = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shpo"}, "spec": {"replicas": 2}}
    (home / "patch.yaml").write_text(yaml.safe_dump(patch))
    with pytest.raises(InputError, match=said):
        load_sides(base, other)
