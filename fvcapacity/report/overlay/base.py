"""What an overlay stands on: the scenario's kustomizations, by a relative path, or a copy of its plain files.

A kustomization takes files from its own directory alone, so that plain manifests are copied beside the patches, with a
kustomization that names them. Files with the values of Secrets are never copied.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fvcapacity.errors import Location, Problem, ScenarioError
from fvcapacity.inputs.manifests.sources import kustomizations_and_files
from fvcapacity.report.overlay.yaml_text import yaml_text
from fvcapacity.scenario.model import Scenario

COPY = "base"
"""Directory of the copied files."""


def check_base(scenario: Scenario) -> None:
    """Check that an overlay can stand on a scenario's manifests; callers do so before a long search.

    Raises
    ------
    ScenarioError
        When the manifests are patched already, are not at hand, or lie in files together with a Secret.
    """
    _layout(scenario)


def write_base(scenario: Scenario, directory: Path, target: Path) -> list[str]:
    """Write what of the base has to be copied, and return the ``resources`` of the overlay.

    Parameters
    ----------
    directory
        Where it is written now.
    target
        Where it will stand: paths are relative to it.
    """
    kustomizations, files = _layout(scenario)
    resources = [Path(os.path.relpath(path.resolve(), target.resolve())).as_posix() for path in kustomizations]
    if files:
        copied = directory / COPY
        copied.mkdir()
        names = []
        for number, path in enumerate(files):
            name = path.name if path.name not in names else f"{number}-{path.name}"
            shutil.copyfile(path, copied / name)
            names.append(name)
        head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": names}
        (copied / "kustomization.yaml").write_text(yaml_text(head, {}), encoding="utf-8")
        resources.append(COPY)
    return resources


def _layout(scenario: Scenario) -> tuple[list[Path], list[Path]]:
    if scenario.patcher is None:
        raise ScenarioError("the manifests are not at hand", hint="use what load_scenario returned")
    if scenario.changes:
        message = f"the manifests are changed already ({', '.join(scenario.changes[:3])}): an overlay stands on files"
        raise ScenarioError(message, hint="give the scenario as it was loaded, and all changes together")
    kustomizations: list[Path] = []
    files: list[Path] = []
    for source in scenario.patcher.sources:
        below, plain = kustomizations_and_files(Path(source))
        kustomizations += below
        files += plain
    secret = {str(item.location.file) for item in scenario.cluster.secrets if item.has_data and item.location}
    problems = [
        Problem(
            "the file holds a Secret, and is in no kustomization: it cannot be copied beside the patches",
            Location(str(path)),
            hint=f"add a kustomization.yaml to {path.parent} that names its files, or move the Secret to another file",
            rule="overlay-base",
        )
        for path in files
        if str(path) in secret
    ]
    if problems:
        raise ScenarioError(problems)
    return kustomizations, files
