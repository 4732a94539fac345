"""The overlay writer and its verification, with our own builder."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml

from fvcapacity.errors import InputError, ScenarioError
from fvcapacity.inputs import load_scenario
from fvcapacity.inputs.sides import load_sides
from fvcapacity.report.overlay import Proposal, check_base, complete_values, verify, verify_overlay, write_overlay
from fvcapacity.report.overlay.yaml_text import yaml_text
from fvcapacity.run import simulate
from tests.support.garden import MANIFESTS, write_garden
from tests.support.overlays import PROPOSAL, QUOTA, SABOTAGE, VALUES
from tests.support.shops import write_shop


@pytest.fixture
def garden(tmp_path):
    return load_scenario(write_garden(tmp_path))


@pytest.fixture(autouse=True)
def without_schema(monkeypatch, request):
    """The schema takes longer than all the rest; its own test has it."""
    if "schema" not in request.node.name:
        monkeypatch.setattr(verify, "check_schema", lambda objects: None)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    home = tmp_path_factory.mktemp("written")
    scenario = load_scenario(write_garden(home))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "check_schema", lambda objects: None)
        return scenario, write(scenario, home / "out").directory


def write(scenario, directory, proposal=PROPOSAL, **more):
    return write_overlay(scenario, proposal, directory, kubectl=None, **more)


@pytest.mark.parametrize("patch_format", ["strategic", "json6902"])
def test_what_is_written_is_what_was_promised(garden, tmp_path, patch_format):
    overlay = write(garden, tmp_path / "out", patch_format=patch_format, helm=True)
    assert overlay.verification.ok
    assert {check.name for check in overlay.verification.checks if check.status == "failed"} == set()
    again = garden.with_patch(overlay.directory)
    for path, value in complete_values(garden, VALUES).items():
        if not path.startswith("nodes"):
            assert again.value(path) == value, path
    (quota,) = [item for item in again.cluster.quotas if item.name == "pods"]
    assert quota.hard == {"pods": "30"}
    assert again.cluster.workload("deployment/shop").replicas is None
    changes = json.loads((overlay.directory / "changes.json").read_text())["changes"]
    assert {item["path"]: item["in_overlay"] for item in changes}["nodes/general.maximum"] is False


@pytest.mark.parametrize("name", SABOTAGE)
def test_a_silent_mistake_is_found(written, tmp_path, name):
    garden, directory = written
    sabotage, said = SABOTAGE[name]
    sabotage(shutil.copytree(directory, tmp_path / "out"))
    verification = verify_overlay(garden, tmp_path / "out", VALUES, [QUOTA], kubectl=None)
    assert not verification.ok
    assert said in "\n".join(str(problem) for problem in verification.problems)
    assert any(check.status == "failed" for check in verification.checks)


def test_the_schema_is_asked_where_it_is_installed(garden, tmp_path):
    pytest.importorskip("kubernetes_validate", reason="pip install 'fvcapacity[validate]' provides the schema")
    overlay = write(garden, tmp_path / "out")
    assert [check.detail for check in overlay.verification.checks if "schema" in check.name] == [
        "Kubernetes 1.36, strict"
    ]
    sabotage, _ = SABOTAGE["a field that the API does not know"]
    sabotage(overlay.directory)
    verification = verify_overlay(garden, overlay.directory, VALUES, [QUOTA], kubectl=None)
    said = [str(item) for item in verification.problems if item.rule == "kubernetes-schema"]
    assert len(said) == 1
    assert "deployment/shop.spec.template.spec.containers.1.resources" in said[0]
    assert "'limit' was unexpected" in said[0]


def test_a_locked_patch_fails_on_another_base(garden, tmp_path):
    overlay = write(garden, tmp_path / "out", patch_format="json6902")
    copied = overlay.directory / "base" / "garden.yaml"
    copied.write_text(copied.read_text().replace("cpu: 100m, memory: 64Mi", "cpu: 120m, memory: 64Mi"))
    verification = verify_overlay(garden, overlay.directory, VALUES, [QUOTA], kubectl=None)
    assert "the value there is another" in str(verification.problems[0])
    assert [check.status for check in verification.checks] == ["failed"]


def test_a_strategic_patch_over_another_base_is_not_what_was_promised(garden, tmp_path):
    overlay = write(garden, tmp_path / "out")
    copied = overlay.directory / "base" / "garden.yaml"
    copied.write_text(copied.read_text().replace("image: envoy", "image: nginx"))
    verification = verify_overlay(garden, overlay.directory, VALUES, [QUOTA], kubectl=None)
    assert "containers[proxy].image is 'nginx', and should be 'envoy'" in str(verification.problems[0])


def test_an_overlay_of_ours_is_replaced_and_nothing_else(garden, tmp_path):
    out = tmp_path / "out"
    write(garden, out)
    (out / "patches" / "left-over.yaml").write_text("x: 1\n")
    write(garden, out, Proposal({"hpa/shop.max": 7}))
    assert sorted(path.name for path in (out / "patches").iterdir()) == [
        "deployment-shop.yaml",
        "horizontalpodautoscaler-shop.yaml",
    ]
    other = tmp_path / "other"
    other.mkdir()
    (other / "kustomization.yaml").write_text("resources: []\n")
    with pytest.raises(InputError, match="something else than a Kustomize overlay of ours stands here"):
        write(garden, other)
    assert [path.name for path in other.iterdir()] == ["kustomization.yaml"]


def test_nothing_is_left_of_an_overlay_that_cannot_be(garden, tmp_path):
    with pytest.raises(ScenarioError, match="the minimum 9 is above the maximum 6"):
        write(garden, tmp_path / "out", Proposal({"hpa/shop.min": 9}))
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="there already"):
        write(
            garden,
            tmp_path / "out",
            Proposal({}, objects=[{**QUOTA, "metadata": {"name": "flowers", "namespace": "flowers"}}]),
        )
    assert {path.name for path in tmp_path.iterdir()} == {"counts.csv", "manifests", "scenario.yaml", "topology.yaml"}


def test_an_overlay_stands_on_a_kustomization_by_a_relative_path(tmp_path):
    path = write_garden(tmp_path)
    (tmp_path / "manifests" / "kustomization.yaml").write_text("resources: [garden.yaml]\n")
    overlay = write(load_scenario(path), tmp_path / "k8s" / "recommended")
    body = yaml.safe_load((overlay.directory / "kustomization.yaml").read_text())
    assert body["resources"] == ["../../manifests", "objects/resourcequota-pods.yaml"]
    assert all("target" not in patch for patch in body["patches"])
    assert not (overlay.directory / "base").exists()


def test_secrets_are_not_copied(tmp_path):
    shop = load_scenario(write_shop(tmp_path))
    with pytest.raises(ScenarioError, match="the file holds a Secret, and is in no kustomization") as raised:
        write(shop, tmp_path / "out", Proposal({"deployment/shop.limits.cpu": "600m"}))
    assert "hunter2" not in str(raised.value)
    (tmp_path / "manifests" / "kustomization.yaml").write_text("resources: [shop.yaml]\n")
    shop = load_scenario(tmp_path / "scenario.yaml")
    overlay = write(shop, tmp_path / "out", Proposal({"deployment/shop.limits.cpu": "600m"}))
    assert overlay.verification.ok
    assert all("hunter2" not in path.read_text() for path in overlay.directory.rglob("*") if path.is_file())


def test_files_that_hold_no_objects_are_not_part_of_the_base(tmp_path):
    path = write_garden(tmp_path)
    (tmp_path / "manifests" / "notes.yaml").write_text("owner: catalogue\n")
    (tmp_path / "manifests" / "more").mkdir()
    quota = yaml.safe_dump({**QUOTA, "metadata": {"name": "more", "namespace": "flowers"}})
    (tmp_path / "manifests" / "more" / "garden.yaml").write_text(quota)
    overlay = write(load_scenario(path), tmp_path / "out")
    body = yaml.safe_load((overlay.directory / "base" / "kustomization.yaml").read_text())
    assert sorted(body["resources"]) == ["1-garden.yaml", "garden.yaml"]


def test_a_changed_scenario_carries_no_overlay(garden):
    with pytest.raises(ScenarioError, match="changed already"):
        check_base(garden.with_values({"hpa/shop.max": 7}))


def test_an_hpa_that_is_switched_off_keeps_its_zero(tmp_path):
    path = write_garden(tmp_path)
    (tmp_path / "manifests" / "garden.yaml").write_text(
        MANIFESTS.replace("replicas: 2\n  strategy", "replicas: 0\n  strategy")
    )
    assert "deployment/shop.replicas" not in complete_values(load_scenario(path), {"hpa/shop.max": 7})


def test_yaml_is_read_as_it_was_meant():
    body = {
        "a": {"on": "yes", "number": "1", "empty": {}, "none": None, "list": []},
        "text": "two\nlines: #1",
        "lists": [["x", "y"], {"deep": [{"k": "v", "w": "0x1"}]}, "- dash", ":", "", " padded"],
        "long": "word " * 60,
    }
    text = yaml_text(body, {("a", "number"): ["why"], ("lists", 1, "deep", 0, "k"): ["first", "second"]})
    assert yaml.safe_load(text) == body
    assert "  # why\n  number: '1'" in text
    assert "# second" in text


def test_node_pools_are_told_and_read_again(garden, tmp_path):
    general = garden.file.nodes["general"]
    data = general.model_copy(update={"instance_type": "E2s_v5", "count": 2, "zones": ("a", "b"), "boot": 60 * 10**9})
    proposal = Proposal(
        {"nodes/general.count": 2}, pools={"data": data, "gone": None}, reasons={"nodes/general.count": "two\nzones"}
    )
    overlay = write(garden, tmp_path / "out", proposal)
    text = (overlay.directory / "README.md").read_text()
    assert "| `nodes/general.count` | 1 | 2 | two zones |" in text
    assert "| `nodes/data` | (not written) | 2 E2s_v5 (0 to 40) in a, b |  |" in text
    _, side = load_sides(tmp_path / "scenario.yaml", overlay.directory)
    assert side.scenario.file.nodes["data"] == data
    assert side.scenario.file.nodes["general"].count == 2


def test_a_reason_of_several_lines_is_one_comment(garden, tmp_path):
    overlay = write(
        garden, tmp_path / "out", Proposal({"hpa/shop.max": 7}, reasons={"hpa/shop.max": "one\nkind: Evil\n# two"})
    )
    text = (overlay.directory / "patches" / "horizontalpodautoscaler-shop.yaml").read_text()
    assert "# was 6: one kind: Evil # two" in text
    assert yaml.safe_load(text)["kind"] == "HorizontalPodAutoscaler"


def test_what_is_read_again_runs_as_what_was_promised(garden, tmp_path):
    overlay = write(garden, tmp_path / "out")
    (check,) = [item for item in overlay.verification.checks if item.name.startswith("read again")]
    assert "order" not in check.detail
    values = {path: value for path, value in complete_values(garden, VALUES).items() if not path.startswith("nodes")}
    promised, again = garden.with_values(values, objects=[QUOTA]), garden.with_patch(overlay.directory)
    one, two = (simulate(scenario).summary for scenario in (promised, again))
    same = {key for key in one if one[key] == two[key]}
    assert set(one) - same <= {"scenario"}  # its hash knows of the annotation


def test_patches_leave_the_objects_that_they_are_given(garden):
    before = json.dumps(garden.patcher.objects)
    garden.with_values({"hpa/shop.max": 9, "deployment/shop/shop.limits.cpu": None}, objects=[QUOTA])
    assert json.dumps(garden.patcher.objects) == before
