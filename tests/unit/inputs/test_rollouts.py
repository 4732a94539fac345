"""New versions in a scenario: what is made of them, and everything that can be wrong with them, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fvcapacity.errors import ManifestError, ScenarioError
from fvcapacity.inputs import load_scenario
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.scenario.model import Scenario, ScenarioFile
from tests.support.shops import COUNTS, MANIFESTS, SCENARIO, TOPOLOGY

DATABASE = """\
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: flowers}
spec:
  replicas: 3
  minReadySeconds: 5
  updateStrategy: {rollingUpdate: {partition: 2}}
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "db:1"}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: flowers}
spec:
  updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: lonely, namespace: flowers}
spec: {containers: [{name: lonely, image: lonely}]}
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      containers: [{name: shop, image: "shop:2", resources: {limits: {cpu: 300m}}}]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "manifests").mkdir()
    for name, text in {
        "topology.yaml": TOPOLOGY,
        "manifests/shop.yaml": MANIFESTS + DATABASE,
        "counts.csv": COUNTS,
        "v2.yaml": PATCH,
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def load(home: Path, *rollouts: str) -> Scenario:
    listed = "".join(f"  - {rollout}\n" for rollout in rollouts)
    (home / "scenario.yaml").write_text(f"{SCENARIO}rollouts:\n{listed}")
    return load_scenario(home / "scenario.yaml")


def refused(home: Path, *rollouts: str) -> str:
    with pytest.raises(ScenarioError) as error:
        load(home, *rollouts)
    return str(error.value).replace(f"{home}/", "")


SHOP = "deploy: deployment/shop, at: 2026-02-14T18:01:00"


def limit(scenario: Scenario, version: int) -> float | None:
    return scenario.versions[version].workload.template.containers[0].cpu_limit_cores


def image(scenario: Scenario, version: int = 0) -> str:
    return scenario.versions[version].workload.template.containers[0].image


def test_a_patch_may_be_a_file_or_stand_in_the_scenario_without_saying_its_object_again(home: Path) -> None:
    inline = (
        "{spec: {template: {spec: {containers: [{name: shop, image: 'shop:2', resources: {limits: {cpu: 300m}}}]}}}}"
    )
    of_file, of_scenario = load(home, f"{{{SHOP}, patch: v2.yaml}}"), load(home, f"{{{SHOP}, patch: {inline}}}")
    assert limit(of_file, 0) == limit(of_scenario, 0) == 0.3
    assert of_file.versions[0].template_hash == of_scenario.versions[0].template_hash
    assert of_file.cluster.workload("deployment/shop").template.containers[0].cpu_limit_cores == 0.15
    assert "v2.yaml" in of_file.input_hashes
    assert of_file.input_hashes["manifests"] == of_scenario.input_hashes["manifests"]


def test_each_version_builds_on_the_one_before_it_in_time(home: Path) -> None:
    more = "{spec: {template: {spec: {containers: [{name: shop, resources: {limits: {memory: 1Gi}}}]}}}}"
    later = f"{{deploy: deployment/shop, at: 2026-02-14T18:02:00, patch: {more}}}"
    scenario = load(home, later, f"{{{SHOP}, patch: v2.yaml}}")
    assert [version.revision for version in scenario.versions] == [2, 3]
    assert (limit(scenario, 1), scenario.versions[1].workload.template.containers[0].memory_limit_bytes) == (0.3, 2**30)


@pytest.mark.parametrize(
    ("rest", "want"),
    [
        ("", "shop"),
        (", demand: 1.2", "shop-r2"),
        (", error_percent: 3", "shop-r2"),
        (", demand: 1.2, patch: v2.yaml", "shop:2"),
    ],
    ids=["a restart", "other software", "other software too", "the patch names it"],
)
def test_other_software_is_another_image(home: Path, rest: str, want: str) -> None:
    assert image(load(home, f"{{{SHOP}{rest}}}")) == want


def test_versions_that_differ_have_other_hashes(home: Path) -> None:
    texts = [f"{{{SHOP}}}", f"{{{SHOP}, demand: 1.2}}", f"{{{SHOP}, demand: 1.3}}", f"{{{SHOP}, patch: v2.yaml}}"]
    hashes = [load(home, text).versions[0].template_hash for text in texts]
    assert len({*hashes}) == 4
    assert all(len(text) == 10 for text in hashes)


def test_a_candidate_is_patched_and_its_new_version_with_it(home: Path) -> None:
    scenario = load(home, f"{{{SHOP}, patch: v2.yaml}}")
    memory = "{name: shop, resources: {requests: {cpu: 111m}, limits: {cpu: 222m}}}"
    base = f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: shop}}, spec: {{template: {{spec: {{containers: [{memory}]}}}}}}}}"
    candidate = scenario.with_patch(base)
    container = candidate.versions[0].workload.template.containers[0]
    assert (container.cpu_request_cores, container.cpu_limit_cores) == (0.111, 0.3)


def test_the_update_strategy_is_read_from_the_manifest(home: Path) -> None:
    scenario = load(home, "{deploy: statefulset/db, at: 2026-02-14T18:01:00}")
    workload = scenario.versions[0].workload
    assert (workload.partition, workload.min_ready_s, workload.progress_deadline_s) == (2, 5, 600)


def test_the_scenario_as_it_was_run_can_be_read_again(home: Path) -> None:
    canary = "strategy: canary, canary: {steps: [{weight: 5, pause: 10m}], abort: {p95_ms: 500}}"
    blue = "strategy: blue-green, blue_green: {switch: 5m}, at: 2026-02-14T18:02:00"
    scenario = load(home, f"{{{SHOP}, {canary}}}", f"{{deploy: deployment/shop, {blue}, patch: {{spec: {{}}}}}}")
    text = scenario_text(scenario.file)
    assert ScenarioFile.model_validate(yaml.safe_load(text)).rollouts == scenario.file.rollouts
    assert "switch: 5m" in text


def test_outside_of_the_window_is_worth_a_note_and_no_more(home: Path) -> None:
    assert load(home, "{deploy: deployment/shop, at: 2026-02-15T18:01:00}").versions


@pytest.mark.parametrize(
    ("rollout", "want"),
    [
        ("{deploy: deployment/shpo, at: 2026-02-14T18:01:00}", "scenario.yaml:23:14: rollouts[0].deploy: the manifests have no 'deployment/shpo'\n    hint: did you mean 'deployment/shop'?"),
        ("{deploy: pod/lonely, at: 2026-02-14T18:01:00}", "a Pod has no roll-outs"),
        ("{deploy: statefulset/db, at: 2026-02-14T18:01:00, strategy: recreate}", "a StatefulSet replaces its pods in place; it knows no 'recreate'"),
        ("{deploy: daemonset/agent, at: 2026-02-14T18:01:00}", "daemonset/agent rolls out with maxSurge 1, which is not modelled"),
        ("{deploy: statefulset/db, at: 2026-02-14T18:01:00, demand: 2}", "rollouts[0].demand: statefulset/db serves no request of the topology, so that demand means nothing"),
        (f"{{{SHOP}, strategy: canary}}", "a canary needs its steps"),
        (f"{{{SHOP}, strategy: canary, canary: {{steps: []}}}}", "rollouts[0].canary.steps"),
        (f"{{{SHOP}, strategy: canary, canary: {{steps: [{{weight: 101}}]}}}}", "101 is out of range"),
        (f"{{{SHOP}, strategy: canary, canary: {{steps: [{{weight: 5}}], abort: {{}}}}}}", "an abort rule needs error_percent, p95_ms or both"),
        (f"{{{SHOP}, canary: {{steps: [{{weight: 5}}]}}}}", "canary is given, but the strategy is the one of the manifest"),
        (f"{{{SHOP}, strategy: rolling, blue_green: {{}}}}", "blue_green is given, but the strategy is rolling"),
        (f"{{{SHOP}, strategy: blue-green, blue_green: {{switch: soon}}}}", "rollouts[0].blue_green.switch"),
        (f"{{{SHOP}, stratgy: canary}}", "unknown key 'stratgy'\n    hint: did you mean 'strategy'?"),
        (f"{{{SHOP}, demand: 0}}", "0 is out of range"),
        (f"{{{SHOP}, patch: v3.yaml}}", "v3.yaml: the file does not exist"),
        (f"{{{SHOP}, patch: {{kind: StatefulSet, metadata: {{name: db}}}}}}", "the patch changes statefulset/db, the roll-out deploys deployment/shop"),
        (f"{{{SHOP}, patch: {{spec: {{replicas: 7}}}}}}", "the patch of a roll-out changes replicas of deployment/shop"),
        (f"{{{SHOP}, patch: {{spec: {{template: {{spec: {{containers: [{{name: shpo}}]}}}}}}}}}}", "there is no container 'shpo'"),
        (f"{{{SHOP}, patch: {{spec: {{template: {{spec: {{containers: [{{name: shop, resources: {{limits: {{cpu: many}}}}}}]}}}}}}}}}}", "limits.cpu"),
        (f"{{{SHOP}, patch: {{spec: {{template: {{spec: {{containers: [{{name: shop, $patch: delete}}]}}}}}}}}}}", "with the new version of deployment/shop: deployment/shop has no container 'shop'"),
        (f"{{{SHOP}, patch: {{$patch: delete}}}}", "the patch deletes deployment/shop"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(home: Path, rollout: str, want: str) -> None:
    assert want in refused(home, rollout)


def test_all_that_is_wrong_is_said_at_once(home: Path) -> None:
    text = refused(
        home,
        "{deploy: deployment/shpo, at: 2026-02-14T18:01:00}",
        f"{{{SHOP}, patch: {{spec: {{replicas: 7}}}}}}",
        f"{{{SHOP}, strategy: canary}}",
        "{deploy: deployment/shop, at: 2026-09-06T00:30:00}",
    )
    for line, part in (
        (23, "deployment/shpo"),
        (24, "changes replicas"),
        (25, "needs its steps"),
        (25, "deployed twice"),
    ):
        assert any(f"scenario.yaml:{line}:" in row and part in row for row in text.splitlines()), part
    assert "2026-09-06 00:30:00 does not exist in America/Santiago" in text


def test_a_candidate_that_its_new_version_does_not_fit_is_refused(home: Path) -> None:
    scenario = load(home, f"{{{SHOP}, patch: v2.yaml}}")
    gone = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop}, $patch: delete}"
    with pytest.raises((ScenarioError, ManifestError)):
        scenario.with_patch(gone)
