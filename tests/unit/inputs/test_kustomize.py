"""The kustomization builder by itself: its results, its places, and what it refuses (no kubectl needed)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fvcapacity.errors import Problem
from fvcapacity.inputs.manifests import read_manifests
from fvcapacity.inputs.manifests.kustomize import build_kustomization
from fvcapacity.inputs.manifests.located import plain
from tests.support.kustomizations import CASES, REFUSED, write


def build(files: dict[str, str], directory: Path) -> tuple[dict[tuple[str, str], dict[str, Any]], list[Problem]]:
    problems: list[Problem] = []
    objects = [plain(item) for item in build_kustomization(write(files, directory), problems, [])]
    return {(item["kind"], item["metadata"]["name"]): item for item in objects}, problems


def at(data: Any, path: str) -> Any:
    """Return the value at a path; ``containers.web`` finds a list item by its name."""
    for part in path.split("."):
        if isinstance(data, list):
            data = data[int(part)] if part.isdigit() else next(item for item in data if item["name"] == part)
        else:
            data = data.get(part)
    return data


SPEC = "spec.template.spec"
EXPECTED = [
    # case, object, path, value (each is also held against kubectl in the integration tests)
    ("namespace", ("Namespace", "other"), "metadata.name", "other"),
    ("namespace", ("RoleBinding", "reads"), "subjects.web.namespace", "other"),
    ("namespace", ("RoleBinding", "reads"), "subjects.q.namespace", "q"),
    ("namespace", ("ClusterRole", "all"), "metadata.namespace", None),
    ("affixes", ("Deployment", "a-web-z"), f"{SPEC}.serviceAccountName", "a-web-z"),
    ("affixes", ("Deployment", "a-web-z"), f"{SPEC}.volumes.data.persistentVolumeClaim.claimName", "a-data-z"),
    ("affixes", ("HorizontalPodAutoscaler", "a-web-z"), "spec.scaleTargetRef.name", "a-web-z"),
    ("affixes", ("Ingress", "a-shop-z"), "spec.rules.0.http.paths.0.backend.service.name", "a-web-z"),
    ("affixes", ("Namespace", "shop"), "metadata.name", "shop"),
    ("common labels", ("Service", "web"), "spec.selector", {"app": "web", "team": "flowers"}),
    ("labels", ("Service", "web"), "spec.selector", {"app": "web"}),
    ("labels in templates", ("Deployment", "web"), "spec.template.metadata.labels.team", "flowers"),
    ("labels in templates", ("Deployment", "web"), "spec.selector.matchLabels", {"app": "web"}),
    ("images", ("Deployment", "web"), f"{SPEC}.containers.web.image", "registry:5000/shop/web:9"),
    ("images", ("Deployment", "web"), f"{SPEC}.containers.exporter.image", "other/exporter@sha256:0123"),
    ("images", ("StatefulSet", "db"), f"{SPEC}.containers.db.image", "shop/db@sha256:abc"),
    ("replicas", ("Deployment", "web"), "spec.replicas", 4),
    ("limits removed", ("Deployment", "web"), f"{SPEC}.containers.web.resources.limits", {"memory": "256Mi"}),
    ("container by name", ("Deployment", "web"), f"{SPEC}.containers.exporter.resources.limits.cpu", 1),
    ("container by name", ("Deployment", "web"), f"{SPEC}.containers.web.args", ["slow"]),
    ("lists without a key", ("Deployment", "web"), f"{SPEC}.tolerations", [{"key": "other"}]),
    ("map replaced", ("Deployment", "web"), "spec.strategy", {"type": "Recreate"}),
    ("json patch", ("HorizontalPodAutoscaler", "web"), "spec.minReplicas", 9),
    ("component", ("Deployment", "web"), "spec.replicas", 5),
    ("booleans of YAML 1.1", ("Deployment", "web"), f"{SPEC}.containers.web.env.D.value", "on"),
]


@pytest.mark.parametrize(("case", "identity", "path", "value"), EXPECTED)
def test_what_a_kustomization_builds(
    case: str, identity: tuple[str, str], path: str, value: Any, tmp_path: Path
) -> None:
    objects, problems = build(CASES[case], tmp_path)
    assert not problems, [str(problem) for problem in problems]
    assert at(objects[identity], path) == value


def test_containers_keep_their_order_after_those_that_the_patch_names(tmp_path: Path) -> None:
    objects, _ = build(CASES["container by name"], tmp_path)
    containers = at(objects["Deployment", "web"], f"{SPEC}.containers")
    assert [item["name"] for item in containers] == ["exporter", "new", "web"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_built_is_a_problem_with_a_place(name: str, tmp_path: Path) -> None:
    files, message = REFUSED[name]
    _, problems = build(files, tmp_path)
    found = [problem for problem in problems if message in problem.message]
    assert found, [str(problem) for problem in problems]
    assert found[0].severity == "error"
    assert found[0].hint
    assert found[0].location is not None
    assert found[0].location.line is not None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("resources: [https://example.com/x.yaml]", "is remote"),
        ("resources: ['github.com/a/b?ref=v1']", "is remote"),
        ("helmCharts: [{name: x}]", "'helmCharts' is not supported"),
        ("replacements: [{path: x}]", "'replacements' is not supported"),
        ("labels: [{pairs: {a: b}, fields: [{path: x}]}]", "'labels.fields' is not supported"),
    ],
)
def test_what_we_do_not_support_names_the_way_out(line: str, message: str, tmp_path: Path) -> None:
    _, problems = build({"kustomization.yaml": line + "\n"}, tmp_path)
    assert [message in problem.message for problem in problems] == [True]
    assert f"kubectl kustomize {tmp_path} | fvcap" in problems[0].hint


def test_places_follow_the_patch_that_wrote_a_field(tmp_path: Path) -> None:
    directory = write(CASES["container by name"], tmp_path)
    manifests = read_manifests([directory])
    workload = manifests.objects.workload("deployment/web")
    assert workload is not None
    containers = {item.name: item for item in workload.template.containers}
    assert str(containers["exporter"].places["limits.cpu"]) == f"{directory}/patch.yaml:5:72"
    assert str(containers["web"].places["limits.cpu"]) == f"{tmp_path}/base/web.yaml:20:53"
    assert [path.name for path in manifests.files] == [
        "kustomization.yaml",
        "kustomization.yaml",
        "web.yaml",
        "rest.yaml",
        "patch.yaml",
    ]


def test_generated_secrets_count_by_name_and_are_not_read(tmp_path: Path) -> None:
    text = (
        "secretGenerator: [{name: db, literals: [password=hunter2]}]\nconfigMapGenerator: [{name: c, files: [gone]}]\n"
    )
    manifests = read_manifests([write({"kustomization.yaml": text}, tmp_path)])
    assert [item.name for item in manifests.objects.secrets] == ["db"]
    assert [problem.rule for problem in manifests.problems] == ["generated-by-name"] * 2
    assert "hunter2" not in repr(manifests)


def test_an_image_that_nothing_uses_is_a_warning(tmp_path: Path) -> None:
    files = dict(CASES["plain"]) | {
        "over/kustomization.yaml": "resources: [../base]\nimages: [{name: wbe, newTag: '2'}]\n"
    }
    _, problems = build(files, tmp_path)
    assert [(problem.rule, problem.severity) for problem in problems] == [("unused-image", "warning")]
