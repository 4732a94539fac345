"""What is compared: two manifest trees, a tree and an overlay or a patch, or a scenario and any of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from fvcapacity.errors import InputError, Location, ManifestError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.documents import read_document
from fvcapacity.inputs.manifests import load_manifests
from fvcapacity.inputs.manifests.collect import collect
from fvcapacity.inputs.manifests.kustomize import KUSTOMIZATION_NAMES
from fvcapacity.inputs.manifests.located import clone, plain
from fvcapacity.inputs.manifests.patching import Patching
from fvcapacity.inputs.scenario import load_scenario
from fvcapacity.inputs.yaml_source import read_documents, read_text
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.model import NodePool, Scenario

Role = Literal["scenario", "patch", "component", "tree"]
CHANGES = "changes.json"
"""Beside an overlay of ours: what of its changes stands in no manifest."""


class Side(Frozen):
    """One of two configurations.

    Attributes
    ----------
    name
        What was given.
    role
        As what it was read.
    objects
        The manifests' objects as mappings of the API, without the values of Secrets.
    cluster
        What they say.
    scenario
        With its traffic, machines and prices; None for manifests alone.
    """

    name: str
    role: Role
    objects: Sequence[Mapping[str, Any]]
    cluster: ClusterObjects
    scenario: Scenario | None = None


def load_sides(
    base: str | Path, other: str | Path, scenario: str | Path | None = None, overrides: Mapping[str, Any] | None = None
) -> tuple[Side, Side]:
    """Read two configurations.

    Parameters
    ----------
    base
        A scenario's file, or manifests: a directory, a file, a kustomization.
    other
        The same, or what changes the base: an overlay, a Component, a file of strategic-merge patches.
    scenario
        Scenario whose traffic and machines both have, with their manifests in the place of its own.
    overrides
        Values to put in place of the scenario's, as `load_scenario` takes them.

    Returns
    -------
    tuple of Side
        Both, the base first.

    Raises
    ------
    InputError
        With everything that cannot be read.
    """
    given = dict(overrides or {})
    first = _first(Path(base), scenario, given)
    return first, _second(first, Path(other), scenario or (base if first.role == "scenario" else None), given)


def _first(path: Path, scenario: str | Path | None, overrides: dict[str, Any]) -> Side:
    role = _role(path)
    if role in ("patch", "component"):
        hint = "name the manifests (or the scenario) that it changes first"
        raise ManifestError(Problem(f"it is a {role}: it stands on nothing", Location(str(path)), hint=hint))
    if role == "scenario":
        return side_of(str(path), load_scenario(path, overrides=overrides))
    if scenario is not None:
        return side_of(str(path), _on_manifests(scenario, path, overrides), role)
    return _of_tree(path, role)


def _second(first: Side, path: Path, scenario: str | Path | None, overrides: dict[str, Any]) -> Side:
    role = _role(path)
    if role == "scenario":
        return side_of(str(path), load_scenario(path, overrides=overrides))
    if first.scenario is None or scenario is None:
        return _patched(first, path, role) if role in ("patch", "component") else _of_tree(path, role)
    if role in ("patch", "component"):
        return side_of(str(path), first.scenario.with_patch(path), role)
    changed = _on_manifests(scenario, path, overrides)
    values, pools = _outside(path)
    return side_of(str(path), changed.with_values(values, pools=pools) if values or pools else changed, role)


def _on_manifests(scenario: str | Path, path: Path, overrides: dict[str, Any]) -> Scenario:
    return load_scenario(scenario, overrides={**overrides, "manifests": [str(path.resolve())]})


def side_of(name: str, scenario: Scenario, role: Role = "scenario") -> Side:
    """Return a loaded scenario as one of two configurations."""
    objects = scenario.patcher.objects if scenario.patcher is not None else ()
    return Side(name, role, objects, scenario.cluster, scenario)


def _of_tree(path: Path, role: Role) -> Side:
    manifests = load_manifests([path])
    return Side(str(path), role, manifests.raw, manifests.objects)


def _patched(first: Side, path: Path, role: Role) -> Side:
    patching = Patching(item for item in load_manifests([first.name]).raw)
    patching.apply([path])
    found: list[Problem] = []
    cluster, _ = collect([clone(item) for item in patching.objects], found)
    errors = [item for item in (*patching.problems, *patching.as_errors(found)) if item.severity == "error"]
    if errors:
        raise ManifestError(dict.fromkeys(errors))
    return Side(str(path), role, patching.objects, cluster)


def _outside(path: Path) -> tuple[dict[str, Any], dict[str, NodePool | None]]:
    """Return what of an overlay of ours no manifest holds: values by their paths, and whole node pools."""
    try:
        document = read_document(path / CHANGES)
        values = {item["path"]: item["after"] for item in document["changes"] if item["in_overlay"] is False}
        given = document["pools"].items()
        return values, {name: None if pool is None else NodePool.model_validate(pool) for name, pool in given}
    except (InputError, ValueError, KeyError, TypeError, AttributeError):  # not an overlay of ours
        return {}, {}


def _role(path: Path) -> Role:
    """Return as what a path is read; a file is a patch when an object in it is not a whole one."""
    if path.is_dir() or path.name in KUSTOMIZATION_NAMES:
        directory = path if path.is_dir() else path.parent
        file = next((directory / name for name in KUSTOMIZATION_NAMES if (directory / name).is_file()), None)
        bodies = _bodies(file) if file is not None else []
        return "component" if any(body.get("kind") == "Component" for body in bodies) else "tree"
    bodies = _bodies(path)
    if len(bodies) == 1 and "apiVersion" not in bodies[0] and "manifests" in bodies[0]:
        return "scenario"
    return "patch" if any(_is_partial(body) for body in bodies) else "tree"


def _bodies(path: Path) -> list[Mapping[str, Any]]:
    text, problems = read_text(path)
    if text is None:
        raise InputError(problems)
    documents, _ = read_documents(text, str(path), dialect="kubernetes")
    return [plain(document.data) for document in documents if isinstance(document.data, dict)]


def _is_partial(body: Mapping[str, Any]) -> bool:
    """Tell whether an object lacks what the API requires of it: then it is a patch."""
    spec = body.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    kind = str(body.get("kind"))
    if "$patch" in body:
        return True
    if kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        return "selector" not in spec or "template" not in spec
    needed = {
        "HorizontalPodAutoscaler": "scaleTargetRef",
        "PodDisruptionBudget": "selector",
        "PersistentVolumeClaim": "accessModes",
        "ResourceQuota": "hard",
        "LimitRange": "limits",
        "CronJob": "jobTemplate",
        "Job": "template",
        "Service": "ports",
    }
    return kind in needed and needed[kind] not in spec
