"""Patch objects that were read: what kustomize does, and what it does not say when a patch misses its target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fvcapacity.errors import Location, Problem
from fvcapacity.frozen import replace
from fvcapacity.inputs.manifests.kustomize import KUSTOMIZATION_NAMES, apply_kustomization, strategic
from fvcapacity.inputs.manifests.located import LocatedMap, clone, made, mappings, plain
from fvcapacity.inputs.manifests.patches import PatchError
from fvcapacity.inputs.manifests.raw_objects import parse_objects
from fvcapacity.inputs.manifests.resources import Resource, metadata
from fvcapacity.inputs.model_validation import nearest
from fvcapacity.inputs.yaml_source import read_text
from fvcapacity.scenario.patch import Change, Patch

INLINE = "<patch>"
"""Name of a patch that no file holds, in messages."""
_CONTAINER_LISTS = ("containers", "initContainers")


class Patching:
    """Objects on their way through a series of patches.

    Attributes
    ----------
    resources
        The objects as they are by now.
    problems
        What was wrong so far.
    files
        Every file that a patch was read from.
    told
        The changes in a few words each.
    """

    def __init__(self, objects: Iterable[LocatedMap]) -> None:
        self.resources = [_resource(data) for data in objects]
        self._shared = {id(resource) for resource in self.resources}
        """Those whose objects are not ours: they are copied before they change."""
        self.problems: list[Problem] = []
        self.files: list[Path] = []
        self.told: list[str] = []

    @property
    def objects(self) -> list[LocatedMap]:
        """The patched objects."""
        return [resource.data for resource in self.resources]

    def apply(self, changes: Sequence[Change]) -> None:
        """Apply changes in their order; ``problems`` grows."""
        for change in changes:
            if isinstance(change, Path) and (change.is_dir() or change.name in KUSTOMIZATION_NAMES):
                self._kustomization(change if change.is_dir() else change.parent)
                continue
            for body in self._bodies(change):
                patch = Patch(body, None if body.at.file == INLINE else body.at)
                self._merge(body, patch.target)
                self.told.append(str(patch))

    def add(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Add objects that are not there yet; ``problems`` grows."""
        for data in objects:
            resource = _resource(made(plain(data), Location(INLINE)))
            if any(other.was(resource.identity) for other in self.resources):
                message = f"{resource.kind}/{resource.name} is there already"
                self._problem(message, Location(INLINE), "change its fields instead of adding it")
                continue
            self.resources.append(resource)
            self.told.append(f"new {resource.kind.lower()}/{resource.name}")

    def is_from_patch(self, problem: Problem) -> bool:
        """Tell whether a problem stands in a patch."""
        names = {INLINE, *(str(path) for path in self.files)}
        return problem.location is not None and problem.location.file in names

    def as_errors(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return problems, unknown fields of patches as errors: there they are typing mistakes."""
        return [
            replace(problem, severity="error")
            if problem.rule == "unknown-field" and self.is_from_patch(problem)
            else problem
            for problem in problems
        ]

    def _bodies(self, change: Change) -> list[LocatedMap]:
        if isinstance(change, Path):
            text, problems = read_text(change)
            self.problems += problems
            self.files.append(change)
            return parse_objects(text, str(change), self.problems, dialect="kustomize") if text is not None else []
        if isinstance(change, str):
            return parse_objects(change, INLINE, self.problems, dialect="kustomize")
        if isinstance(change, Patch):
            place = change.location or Location(INLINE)
            self.files.append(Path(place.file))
            return [change.body if isinstance(change.body, LocatedMap) else made(plain(change.body), place)]
        return [made(plain(change), Location(INLINE))]

    def _kustomization(self, directory: Path) -> None:
        for resource in self.resources:
            self._own(resource)
        found, component = apply_kustomization(directory, self.resources, self.problems, self.files)
        self.resources = found
        self.told.append(f"{'component' if component else 'overlay'} {directory.resolve().name}")

    def _merge(self, patch: LocatedMap, target: str) -> None:
        resource = self._target(patch)
        if resource is None:
            return
        before = len(self.problems)
        self._check_containers(resource.data, patch, target)
        if len(self.problems) > before:
            return
        self._own(resource)
        try:
            if not strategic(resource, patch):
                self.resources.remove(resource)
        except PatchError as error:
            self._problem(f"the patch does not fit {target}: {error}", patch.at)

    def _own(self, resource: Resource) -> None:
        if id(resource) in self._shared:
            resource.data = clone(resource.data)
            self._shared.discard(id(resource))

    def _target(self, patch: LocatedMap) -> Resource | None:
        """Return the object that a patch names; by its namespace too when the patch says one."""
        kind, meta = str(patch["kind"]), metadata(patch)
        name, namespace = str(meta.get("name") or ""), meta.get("namespace")
        if not name:
            self._problem("the patch does not say which object it changes", patch.at, "add metadata: {name: ...}")
            return None
        of_kind = [resource for resource in self.resources if resource.kind == kind]
        if not of_kind:
            kinds = list(dict.fromkeys(resource.kind for resource in self.resources))
            message = f"the manifests have no {kind}"
            self._problem(message, patch.value_place("kind"), _named(kind, kinds))
            return None
        named = [resource for resource in of_kind if resource.was_named(name)]
        if not named:
            message = f"no {kind} is named {name!r}"
            self._problem(message, meta.value_place("name"), _named(name, [resource.name for resource in of_kind]))
            return None
        fitting = [item for item in named if namespace is None or metadata(item.data).get("namespace") == namespace]
        if not fitting:
            spaces = [str(metadata(resource.data).get("namespace", "default")) for resource in named]
            message = f"{kind}/{name} is not in the namespace {namespace!r}"
            self._problem(message, meta.value_place("namespace"), _named(str(namespace), spaces))
            return None
        if len(fitting) > 1:
            spaces = [str(metadata(resource.data).get("namespace", "default")) for resource in fitting]
            message = f"{len(fitting)} objects are {kind}/{name}, in the namespaces {', '.join(spaces)}"
            self._problem(message, meta.value_place("name"), "add metadata.namespace to the patch")
            return None
        if fitting[0].data.get("apiVersion") != patch["apiVersion"]:
            message = f"{kind}/{name} is written in {fitting[0].data.get('apiVersion')}, the patch in another version"
            hint = f"write apiVersion: {fitting[0].data.get('apiVersion')}"
            self._problem(message, patch.value_place("apiVersion"), hint)
            return None
        return fitting[0]

    def _check_containers(self, base: LocatedMap, patch: LocatedMap, path: str) -> None:
        """Check that the containers of a patch are there; kustomize would add one that is misspelt."""
        for key, value in patch.items():
            inner = base.get(key)
            if key in _CONTAINER_LISTS and isinstance(value, list):
                known = [str(item.get("name")) for item in mappings(inner)]
                for item in mappings(value):
                    self._check_container(item, known, f"{path}.{key}")
            elif isinstance(value, LocatedMap) and isinstance(inner, LocatedMap):
                self._check_containers(inner, value, f"{path}.{key}")

    def _check_container(self, item: LocatedMap, known: list[str], path: str) -> None:
        name = str(item.get("name") or "")
        if not name:
            if "$patch" not in item:
                message = "a container of the patch has no name, so that it would replace the whole list"
                self._problem(message, item.at, f"add name: one of {', '.join(known)}", path)
            return
        added = item.get("image") and "$patch" not in item and not nearest(name, known)
        if name not in known and not added:
            hint = _named(name, known)
            if item.get("image"):
                hint += "; to add a container, give it a name that is less like one that is there"
            self._problem(f"there is no container {name!r}", item.value_place("name"), hint, path)

    def _problem(self, message: str, place: Location, hint: str = "", path: str = "") -> None:
        self.problems.append(Problem(message, place, path, hint, rule="patch-target"))


def _resource(data: LocatedMap) -> Resource:
    """Return an object that a patch without a namespace finds too, as in the kustomization that it was built by."""
    resource = Resource(data)
    version, kind, name, namespace = resource.identity
    if namespace and kind != "ServiceAccount":
        resource.previous.append((version, kind, name, "default"))
    return resource


def _named(name: str, known: Sequence[Any]) -> str:
    """Return a hint that names the nearest of the known names first, then all of them when they are few."""
    names = list(dict.fromkeys(str(item) for item in known))
    close = nearest(name, names)
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"did you mean {close!r}? There are: {listed}" if close else f"there are: {listed or 'none'}"
