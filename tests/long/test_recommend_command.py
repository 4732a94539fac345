"""From a scenario to patches: searched, proven, written, verified, replayed. Small systems, the real thing."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fvcapacity as fv
from fvcapacity.cli.main import app
from fvcapacity.inputs.kubectl import find_kubectl
from fvcapacity.recommend.bounds import amount
from fvcapacity.recommend.companions import refused_pods
from fvcapacity.recommend.document import DOCUMENT, load_recommendation, recommendation_document
from fvcapacity.recommend.overrides import parse_bounds
from tests.support.small_systems import small_system, without_secret

pytestmark = pytest.mark.long
runner = CliRunner()
CPU = "deployment/shop/shop.requests.cpu"
REPLICAS = "deployment/shop.replicas"
NODES = "nodes/general.minimum"
POLICY = "{headroom: none, surge: false, least_history: 5m}"
STRETCHES = """\
history: [{name: before, start: 2026-02-14T18:00:00, duration: 5m}]
holdout: [{name: after, start: 2026-02-14T18:40:00, duration: 5m}]
"""
QUOTA = """\
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: all, namespace: flowers}
spec: {hard: {requests.cpu: "4", pods: "8"}}
"""


def system(directory: Path, *, after_per_minute: int = 700, more: str = "", policy: str = POLICY, **sizes) -> Path:
    """Write a system whose traffic after 18:30 is another one; return its scenario file."""
    small_system(directory, recommend=policy, **sizes)
    path = directory / "scenario.yaml"
    path.write_text(path.read_text() + STRETCHES)
    manifests = without_secret(directory)
    manifests.write_text(manifests.read_text() + more)
    rows = (
        f"2026-02-14T{h}:{m:02d}:00,{after_per_minute if h == 18 and m > 25 else 600}\n"
        for h in (17, 18)
        for m in range(60)
    )
    (directory / "counts.csv").write_text("timestamp,requests\n" + "".join(rows))
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return system(tmp_path_factory.mktemp("shop"), more=QUOTA).parent


@pytest.fixture(scope="module")
def answer(home: Path):
    return fv.recommend_with_evidence(fv.load_scenario(home / "scenario.yaml"), replications=2)


def test_what_is_found_is_proven_and_handed_over(answer, tmp_path: Path):
    assert answer.verdict == "recommended"
    assert answer.evidence.holds
    written = fv.write_recommendation(answer, tmp_path / "out", kubectl=find_kubectl())
    assert written.verification.ok
    assert [check.name for check in written.verification.passed][-2:] == [
        "no pod of it is refused",
        "replayed, it gives what was promised",
    ]
    readme = (written.directory / "README.md").read_text()
    for name in ("recommended", "today", "krr", "vpa", "goldilocks", "hpa-only"):
        assert f"| {name} | history |" in readme
        assert f"| {name} | holdout |" in readme


def test_no_pod_is_ever_refused(answer):
    system = answer.scenario.with_values(answer.handover.values, objects=answer.handover.objects)
    assert [item.name for item in system.cluster.quotas] == ["all"]
    assert refused_pods(system, answer.handover) == []
    assert answer.handover.values["quota/all.hard.pods"]


def test_every_field_has_its_sentence(answer):
    fields = {item.path: item for item in answer.fields}
    assert {CPU, REPLICAS, NODES} <= set(fields)
    assert all(item.why for item in fields.values())
    assert fields[NODES].changes
    uses = {item.path: item for item in answer.containers}["deployment/shop/shop"]
    assert uses.cpu_used_cores <= uses.cpu_request_cores
    assert uses.memory_used_bytes < uses.memory_request_bytes


def test_the_document_does_not_depend_on_jobs_or_on_what_was_kept(answer, home: Path, tmp_path: Path):
    scenario = fv.load_scenario(home / "scenario.yaml")
    expected = recommendation_document(answer)
    for _ in range(2):
        again = fv.recommend_with_evidence(scenario, replications=2, jobs=2, cache=tmp_path)
        assert recommendation_document(again) == expected


def test_pins_and_bounds_of_the_call_are_kept_to(home: Path):
    scenario = fv.load_scenario(home / "scenario.yaml")
    bounds = parse_bounds([f"{CPU}=200m:", f"{NODES}=2:"])
    found = fv.recommend_with_evidence(scenario, pins=[REPLICAS], bounds=bounds, replications=2)
    values = {item.path: item.value for item in found.fields}
    assert values[REPLICAS] == 3
    assert amount(values[CPU]) >= 0.2
    assert values[NODES] >= 2
    assert next(item.why for item in found.fields if item.path == REPLICAS).startswith("Stays: pinned by")


def test_what_does_not_hold_on_the_holdout_is_not_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # one container of one thread and 5 ms a request is full at 12,000 requests a minute
    path = system(tmp_path, after_per_minute=14_000, policy=POLICY.replace("}", ", redundancy: false}"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    done = runner.invoke(app, ["recommend", str(path), "--replications", "2", "--out", str(tmp_path / "out")])
    assert done.exit_code == 1, done.output
    assert done.stdout.startswith("NO CONFIGURATION HOLDS")
    assert "does not hold with fresh seeds on the holdout" in " ".join(done.stdout.split())
    assert {item.name for item in (tmp_path / "out").iterdir()} >= {DOCUMENT, "README.md"}
    assert not (tmp_path / "out" / "kustomization.yaml").exists()
    document = json.loads((tmp_path / "out" / DOCUMENT).read_text())
    assert not any(item["changes"] for item in document["fields"])


def test_the_best_is_left_alone_and_proven(tmp_path: Path):
    path = system(tmp_path, cpu="60m", memory="64Mi", replicas=1, nodes=1)
    found = fv.recommend_with_evidence(fv.load_scenario(path), replications=2)
    assert found.verdict == "left alone"
    assert found.evidence.holds
    assert found.handover is None
    assert found.fields


def test_thirty_percent_missing_is_said_and_widens_the_margins(home: Path, tmp_path: Path):
    path = system(tmp_path, more=QUOTA)
    whole = fv.recommend_with_evidence(fv.load_scenario(path), replications=2)
    counts = tmp_path / "counts.csv"
    head, *rows = counts.read_text().splitlines()
    rows = [row.rpartition(",")[0] + "," if number % 10 < 3 else row for number, row in enumerate(rows)]
    counts.write_text("\n".join([head, *rows]) + "\n")
    path.write_text(path.read_text().replace("  file: counts.csv", "  file: counts.csv\n  fill_gaps: interpolate"))
    gappy = fv.recommend_with_evidence(fv.load_scenario(path), replications=2)
    assert gappy.verdict == "recommended"
    assert gappy.missing.ratio == pytest.approx(0.3)
    assert any("30.0 % of the history's traffic" in note for note in gappy.notes)
    one, two = ({item.path: item.value for item in found.fields} for found in (whole, gappy))
    for path_of_field in (CPU, "deployment/shop/shop.requests.memory"):
        assert amount(two[path_of_field]) >= amount(one[path_of_field])
    assert gappy.scenario.file.recommend.quota_margin_percent == pytest.approx(10 / 0.7)
    text = path.read_text().replace("least_history: 5m", "least_history: 5m, most_missing_percent: 20")
    path.write_text(text)
    refused = fv.recommend_with_evidence(fv.load_scenario(path), replications=2)
    assert refused.verdict == "refused"
    assert "at most 20 % may be missing" in refused.sentence


def test_a_container_without_a_request_is_told_what_would_cover_it(tmp_path: Path):
    path = system(tmp_path)
    manifests = tmp_path / "manifests" / "shop.yaml"
    manifests.write_text(
        manifests.read_text().replace("requests: {cpu: 10m, memory: 16Mi}", "requests: {memory: 16Mi}")
    )
    found = fv.recommend_with_evidence(fv.load_scenario(path), replications=2)
    note = next(note for note in found.notes if "deployment/shop/exporter" in note)
    assert "writes no cpu request" in note


def test_an_interrupted_command_goes_on(home: Path, tmp_path: Path, answer):
    scenario = fv.load_scenario(home / "scenario.yaml")

    def stop(words: str) -> None:
        if words.startswith("proof: today"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fv.recommend_with_evidence(scenario, replications=2, cache=tmp_path, tell=stop)
    kept = len(list(tmp_path.glob("*.json")))
    assert kept > 10
    again = fv.recommend_with_evidence(scenario, replications=2, cache=tmp_path)
    assert again.search.trials == 0
    assert dataclasses.astuple(again.evidence)[1:] == dataclasses.astuple(answer.evidence)[1:]


def test_no_time_is_a_verdict(home: Path):
    found = fv.recommend_with_evidence(fv.load_scenario(home / "scenario.yaml"), time_limit_s=0.0)
    assert found.verdict == "unfinished"
    assert "--time-limit" in found.nearest
    assert found.handover is None


INSTANCES = """\
name: test
provider: aks
instances:
  - {name: D2s_v5, cpu: 2, memory: 8Gi, source: made up}
  - {name: F2s_v2, cpu: 2, memory: 4Gi, source: made up}
"""
CHEAPER = (
    "  - {kind: instance, name: F2s_v2, region: any, unit: per_hour, price: 0.04, source: made up, as_of: 2026-01-01}\n"
)


def test_other_machines_are_handed_over_with_the_rest(tmp_path: Path):
    (tmp_path / "instances.yaml").write_text(INSTANCES)
    path = system(tmp_path, policy=POLICY.replace("}", ", instances: instances.yaml}"))
    with (tmp_path / "prices.yaml").open("a") as prices:
        prices.write(CHEAPER)
    found = fv.recommend_with_evidence(fv.load_scenario(path), replications=2)
    assert found.verdict == "recommended"
    assert found.handover.pools["general"] is None
    written = fv.write_recommendation(found, tmp_path / "out", kubectl=find_kubectl())
    assert written.verification.ok
    document = load_recommendation(tmp_path / "out")
    assert [pool["instance_type"] for pool in document["pools"].values() if pool] == ["F2s_v2"]
    fields = {item["path"]: item for item in document["fields"]}
    assert fields["nodes"]["why"]
    assert not any(name.startswith("nodes/general") for name in fields)
    assert "F2s_v2" in (tmp_path / "out" / "README.md").read_text()
