"""Loading a scenario whole: what comes out, and what bad files are told, all at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

import fvcapacity
from fvcapacity.errors import InputError, ScenarioError
from fvcapacity.inputs import load_scenario
from fvcapacity.scenario.model import Scenario

SCENARIO = """\
name: small
manifests: [manifests]
topology: topology.yaml
traffic:
  file: counts.csv
  arrivals: {kind: cluster, mean_size: 2.5}
window:
  start: 2026-02-14T18:00:00
  duration: 2m
  warm_up: 1m
nodes:
  general:
    instance_type: D2s_v5
    cpu: 2
    memory: 8Gi
    allocatable_cpu: 1900m
    allocatable_memory: 6Gi
    count: 1
    maximum: 2
cost:
  prices: prices.yaml
"""
TOPOLOGY = """\
services:
  shop:
    operations:
      list:
        steps:
          - cpu: {mean_ms: 2}
routes:
  list:
    path: /
    share: 1
    steps:
      - call: shop.list
"""
MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - {name: shop, image: shop, ports: [{containerPort: 3000}]}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: shop}
spec:
  selector: {app: shop}
  ports: [{port: 80, targetPort: 3000}]
"""
COUNTS = "timestamp,requests\n" + "".join(f"2026-02-14T{h}:{m:02d}:00,60\n" for h in (17, 18) for m in range(60))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "manifests").mkdir()
    for name, text in {
        "scenario.yaml": SCENARIO,
        "topology.yaml": TOPOLOGY,
        "manifests/shop.yaml": MANIFESTS,
        "counts.csv": COUNTS,
        "prices.yaml": "name: free\ncurrency: USD\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def load(home: Path, **overrides) -> Scenario:
    return load_scenario(home / "scenario.yaml", overrides={k.replace("__", "."): v for k, v in overrides.items()})


def change(home: Path, name: str, old: str, new: str) -> None:
    text = (home / name).read_text()
    assert old in text
    (home / name).write_text(text.replace(old, new))


def refused(home: Path, **overrides) -> str:
    with pytest.raises(ScenarioError) as error:
        load(home, **overrides)
    assert error.value.code == 2
    return str(error.value).replace(f"{home}/", "")


def test_a_scenario_comes_whole(home):
    scenario = load(home)
    assert scenario.name == "small"
    assert scenario.start_ns == 1771102800 * 10**9
    assert scenario.traffic is not None
    assert scenario.traffic.start_ns == scenario.start_ns - 300 * 10**9  # the warm-up, in whole windows
    np.testing.assert_allclose(scenario.traffic.rps, np.ones((7, 1)))
    assert scenario.cluster.workload("deployment/shop") is not None
    assert "timestamps without offset are read as local time of America/Santiago" in scenario.findings
    assert scenario.prices is not None
    assert scenario.prices.name == "free"
    assert fvcapacity.load_scenario is load_scenario


def test_every_input_is_hashed_by_its_content(home):
    hashes = load(home).input_hashes
    assert list(hashes) == ["counts.csv", "manifests", "prices.yaml", "scenario.yaml", "topology.yaml"]
    assert hashes["counts.csv"] == hashlib.sha256(COUNTS.encode()).hexdigest()


def test_the_hash_of_the_manifests_knows_no_secret_and_no_place(home, tmp_path_factory):
    before = load(home).input_hashes["manifests"]
    secret = (
        "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: shop}}\nstringData: {{password: {}}}\n"
    )
    (home / "manifests" / "secret.yaml").write_text(secret.format("one"))
    with_secret = load(home).input_hashes["manifests"]
    (home / "manifests" / "secret.yaml").write_text(secret.format("two"))
    assert load(home).input_hashes["manifests"] == with_secret != before
    (home / "manifests" / "secret.yaml").unlink()
    change(home, "manifests/shop.yaml", "---\n", "---\n# a comment\n\n")
    assert load(home).input_hashes["manifests"] == before
    change(home, "manifests/shop.yaml", "image: shop", "image: shop:2")
    assert load(home).input_hashes["manifests"] != before


class TestOverrides:
    def test_values_take_the_place_of_the_file(self, home):
        scenario = load(
            home,
            traffic__scale=2.5,
            seed=9,
            window__start="2026-02-14T18:05:00",
            window__duration="4m",
            replications=3,
        )
        assert scenario.file.traffic.scale == 2.5
        assert (scenario.file.seed, scenario.file.replications) == (9, 3)
        assert scenario.file.window.duration == 240 * 10**9
        assert scenario.start_ns == (1771102800 + 300) * 10**9
        assert len(scenario.traffic.rps) == 5 + 4  # minutes of warm-up and window

    def test_another_source_of_traffic(self, home):
        (home / "other.csv").write_text("epoch_s,requests\n804744000,30\n804744060,60\n804744120,30\n")
        scenario = load(home, traffic__file="other.csv", traffic__read_from="1995-07-03T04:00:00Z")
        np.testing.assert_allclose(scenario.traffic.rps.ravel(), [0.5] * 6 + [1.0])
        assert "other.csv" in scenario.input_hashes
        assert "counts.csv" not in scenario.input_hashes

    def test_none_takes_a_field_out(self, home):
        change(home, "scenario.yaml", "file: counts.csv", "users: {journey: [list], stages: [{at: 0, users: 5}]}")
        assert load(home).traffic is None
        assert load(home, traffic__file="counts.csv", traffic__users=None).traffic is not None

    def test_the_same_kind_of_arrivals_keeps_its_parameters(self, home):
        assert load(home, traffic__arrivals={"kind": "cluster"}).file.traffic.arrivals.mean_size == 2.5
        assert load(home, traffic__arrivals={"kind": "gamma"}).file.traffic.arrivals.dispersion == 2.1

    def test_a_wrong_value_is_not_looked_for_in_the_file(self, home):
        message = refused(home, traffic__scale=-1)
        assert message.startswith("traffic.scale: -1 is out of range")
        assert "given as an option" in message

    def test_the_file_itself_is_hashed_as_it_stands(self, home):
        assert load(home).input_hashes["scenario.yaml"] == load(home, seed=4).input_hashes["scenario.yaml"]


class TestProblems:
    def test_all_files_are_told_at_once(self, home):
        change(home, "scenario.yaml", "maximum: 2", "maximum: 0")
        change(home, "scenario.yaml", "prices: prices.yaml", "prices: price.yaml")
        change(home, "topology.yaml", "call: shop.list", "call: shop.lst")
        change(
            home,
            "manifests/shop.yaml",
            "name: shop, namespace: shop}\nspec:\n  selector: {app",
            "name: shp, namespace: shop}\nspec:\n  selector: {app",
        )
        change(home, "counts.csv", "18:01:00,60", "18:01:00,-60")
        message = refused(home)
        assert "scenario.yaml:18:12: nodes.general.count: count 1 is not between minimum 0 and maximum 0" in message
        assert "scenario.yaml:21:11: cost.prices: there is no price file" in message
        assert "topology.yaml:12:15: routes.list.steps[0].call: the service 'shop' has no operation 'lst'" in message
        assert "topology.yaml:2:3: services.shop: no manifest defines a Service 'shop'" in message
        assert "hint: did you mean 'shp'?" in message
        assert "counts.csv:63: '-60': a number of requests is not negative" in message

    def test_models_of_both_files_are_told_at_once(self, home):
        change(home, "topology.yaml", "mean_ms: 2", "mean: 2")
        change(home, "manifests/shop.yaml", "kind: Service", "kind: Service\nspecs: [")
        change(home, "prices.yaml", "USD", "CLP")
        message = refused(home)
        assert "topology.yaml:6" in message
        assert "unknown key 'mean'" in message
        assert "manifests/shop.yaml" in message
        assert "prices.yaml:2:11: currency" in message

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("duration: 2m", "duration: 2", "scenario.yaml:9:13: window.duration: 2 has no unit"),
            ("duration: 2m", "durations: 2m", "unknown key 'durations'"),
            ("duration: 2m", "duration: 0200", "scenario.yaml:9:13"),
            ("duration: 2m", "duration: 5h", "which covers 2026-02-14T17:00:00-03:00"),
            ("scenario", "scenario", ""),
            ("file: counts.csv", "file: count.csv", "did you mean"),
            ("topology: topology.yaml", "topology: topologies.yaml", "topologies.yaml: the file does not exist"),
            (
                "start: 2026-02-14T18:00:00",
                "start: 2026-09-06T00:30:00",
                "scenario.yaml:8:10: window.start: 2026-09-06",
            ),
            ("manifests: [manifests]", "manifests: [nowhere]", "nowhere"),
        ],
    )
    def test_the_scenario_file(self, home, old, new, expected):
        if old == new:
            (home / "scenario.yaml").unlink()
            expected = "scenario.yaml: the file does not exist"
        else:
            change(home, "scenario.yaml", old, new)
        assert expected in refused(home)

    @pytest.mark.parametrize(("text", "expected"), [("", "has 0 documents"), ("a: 1\n---\nb: 2\n", "has 2 documents")])
    def test_one_document_is_expected(self, home, text, expected):
        (home / "topology.yaml").write_text(text)
        assert expected in refused(home)

    def test_problems_are_records_too(self, home):
        change(home, "topology.yaml", "call: shop.list", "call: shop.lst")
        with pytest.raises(InputError) as error:
            load(home)
        (problem,) = error.value.problems
        assert (problem.location.line, problem.location.column, problem.rule) == (12, 15, "unknown-operation")


def test_warnings_do_not_stop_a_load(home):
    (home / "topology.yaml").write_text(TOPOLOGY + "background:\n  deployment/none: {cpu: 10m}\n")
    assert any("no manifest defines deployment/none" in finding for finding in load(home).findings)


ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_shipped_scenarios_load_without_a_warning(path):
    scenario = load_scenario(path)
    assert scenario.findings == ()
    assert set(scenario.topology.services) >= {"api-gateway", "auth-service", "postgres", "mongodb", "redis"}
    assert len(scenario.topology.routes) == 14
