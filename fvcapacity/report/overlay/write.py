"""Write an overlay: patches, new objects, ``kustomization.yaml`` and documents, verified before it gets its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fvcapacity.errors import Problem, ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.sides import CHANGES
from fvcapacity.recommend.document import DOCUMENT, RECOMMENDATION_SCHEMA
from fvcapacity.report.overlay.base import check_base, write_base
from fvcapacity.report.overlay.documents import OVERLAY_SCHEMA, changes_json, pull_request, readme
from fvcapacity.report.overlay.helm import helm_values
from fvcapacity.report.overlay.patch_files import file_name, json_file, json_target, strategic_file
from fvcapacity.report.overlay.proposal import PatchFormat, PlannedOverlay, Proposal, plan_overlay
from fvcapacity.report.overlay.verification import Check, Verification
from fvcapacity.report.overlay.verify import verify_overlay
from fvcapacity.report.overlay.yaml_text import yaml_text
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.directory import check_replaceable, write_directory


class Overlay(Frozen):
    """An overlay that was written, and how it was verified."""

    directory: Path
    verification: Verification


def check_overlay_replaceable(directory: str | Path) -> None:
    """Check that an overlay may be written here: nothing, an empty directory, an overlay or a recommendation of ours.

    Raises
    ------
    InputError
        When something else stands there. Callers check before a long search, not after it.
    """
    if (Path(directory) / CHANGES).exists() or not (Path(directory) / DOCUMENT).exists():
        check_replaceable(Path(directory), CHANGES, OVERLAY_SCHEMA, "Kustomize overlay of ours")
    else:
        check_replaceable(Path(directory), DOCUMENT, RECOMMENDATION_SCHEMA, "recommendation of ours")


def write_overlay(
    scenario: Scenario,
    proposal: Proposal,
    directory: str | Path,
    *,
    patch_format: PatchFormat = "strategic",
    helm: bool = False,
    kubectl: str | None = "auto",
    checks: Sequence[Callable[[Path], tuple[Check, Sequence[Problem]]]] = (),
    extras: Callable[[Path], None] | None = None,
) -> Overlay:
    """Write a Kustomize overlay over a scenario's manifests, and verify it before it gets its name.

    Parameters
    ----------
    scenario
        The base, as it was loaded.
    proposal
        What changes, why, and on what evidence.
    directory
        Where to; an overlay of ours that stands there is replaced.
    patch_format
        ``strategic``, or ``json6902``: operations that test every old value first, so that they fail on another base.
    helm
        Write the changes as Helm values too.
    kubectl
        Path of kubectl to verify with; default: the one that is found. None: our own builder.
    checks
        More checks, made when all others hold; each is given the directory as it is written now.
    extras
        Writes more files into it.

    Returns
    -------
    Overlay
        Where it is, and how it was verified.

    Raises
    ------
    ScenarioError
        When a path or a value is none, the base cannot carry an overlay, or what was written does not hold: then
        nothing is left.
    InputError
        When something else stands in the directory, or it cannot be written.
    SourceError
        When kubectl cannot be run.
    """
    target = Path(directory)
    check_overlay_replaceable(target)
    check_base(scenario)
    planned = plan_overlay(scenario, proposal)
    verified: list[Verification] = []

    def write(work: Path) -> None:
        _write_files(scenario, planned, work, target, patch_format, helm)
        verification = verify_overlay(scenario, work, planned.values, proposal.objects, kubectl=kubectl)
        for check in checks if verification.ok else ():
            verification = verification.and_(*check(work))
        if not verification.ok:
            raise ScenarioError(verification.problems, hint="the overlay was not written")
        (work / "README.md").write_text(readme(planned, verification, target.name), encoding="utf-8")
        (work / "pull-request.md").write_text(pull_request(planned, verification), encoding="utf-8")
        if extras is not None:
            extras(work)
        verified.append(verification)

    write_directory(target, write)
    return Overlay(target, verified[0])


def _write_files(
    scenario: Scenario, planned: PlannedOverlay, work: Path, target: Path, patch_format: PatchFormat, helm: bool
) -> None:
    resources = write_base(scenario, work, target)
    patches: list[dict[str, Any]] = []
    for data in planned.proposal.objects:
        path = work / "objects" / file_name(data)
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml_text(data, {}), encoding="utf-8")
        resources.append(f"objects/{path.name}")
    for pair in planned.plan.objects:
        path = work / "patches" / file_name(pair[0])
        path.parent.mkdir(exist_ok=True)
        is_json = patch_format == "json6902"
        path.write_text((json_file if is_json else strategic_file)(planned, pair), encoding="utf-8")
        entry: dict[str, Any] = {"path": f"patches/{path.name}"}
        patches.append({**entry, "target": json_target(pair[0])} if is_json else entry)
    body: dict[str, Any] = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    body["resources"] = resources
    if patches:
        body["patches"] = patches
    (work / "kustomization.yaml").write_text(yaml_text(body, {}), encoding="utf-8")
    (work / CHANGES).write_text(changes_json(planned, patch_format), encoding="utf-8")
    if helm:
        (work / "helm-values.yaml").write_text(helm_values(planned), encoding="utf-8")
