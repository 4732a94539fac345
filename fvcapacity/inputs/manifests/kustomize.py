"""Build a kustomization without kubectl: the features that overlays of a shop use, and no more.

The order is kustomize's own: resources, components, generators, patches, namespace, names, labels,
annotations, JSON patches, replicas, images, and at last the references follow the names. What is not
supported is a problem that names the way out, never a wrong build.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fvcapacity.errors import Location, Problem
from fvcapacity.inputs.manifests import transformers
from fvcapacity.inputs.manifests.fields import Fields
from fvcapacity.inputs.manifests.located import LocatedList, LocatedMap, clone, locate, made
from fvcapacity.inputs.manifests.patches import PatchError, json_patch, strategic_merge
from fvcapacity.inputs.manifests.raw_objects import parse_objects
from fvcapacity.inputs.manifests.resources import Resource, Selector, identity, rename_references
from fvcapacity.inputs.model_validation import nearest
from fvcapacity.inputs.names_of_files import may_name_file
from fvcapacity.inputs.yaml_source import YamlDocument, read_documents, read_text

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_SUPPORTED = (
    "apiVersion", "kind", "metadata", "resources", "bases", "components", "namespace", "namePrefix", "nameSuffix",
    "labels", "commonLabels", "commonAnnotations", "images", "replicas", "patches", "patchesStrategicMerge",
    "patchesJson6902", "configMapGenerator", "secretGenerator", "generatorOptions", "sortOptions", "buildMetadata",
)  # fmt: skip
_UNSUPPORTED = (
    "generators", "transformers", "validators", "helmCharts", "helmGlobals", "helmChartInflationGenerator",
    "replacements", "vars", "crds", "openapi", "configurations", "inventory", "imageTags",
)  # fmt: skip


def build_kustomization(directory: Path, problems: list[Problem], files: list[Path]) -> list[LocatedMap]:
    """Build a directory and return its objects; ``problems`` and ``files`` grow."""
    builder = _Builder(problems, files, directory)
    resources: list[Resource] = []
    builder.build(directory, resources)
    return [resource.data for resource in resources]


def apply_kustomization(
    directory: Path, resources: list[Resource], problems: list[Problem], files: list[Path]
) -> tuple[list[Resource], bool]:
    """Change resources as a kustomization says; ``problems`` and ``files`` grow.

    Returns
    -------
    tuple
        The resources as they are now, and whether the kustomization is a Component: one changes what is there; an
        overlay builds its own resources, which take their place.
    """
    builder = _Builder(problems, files, directory)
    fields = builder.read(directory, None)
    component = fields is not None and fields.data.get("kind") == "Component"
    into = resources if component else []
    if fields is not None:
        builder.build_read(fields, directory, into)
    return into, component


@dataclass(slots=True)
class _Builder:
    problems: list[Problem]
    files: list[Path]
    root: Path
    open: list[Path] = field(default_factory=list)
    """Kustomizations that are being built, to notice a circle."""

    def build(self, directory: Path, into: list[Resource], place: Location | None = None) -> None:
        """Add a kustomization's resources; a Component changes what is there already."""
        resolved = directory.resolve()
        if resolved in self.open:
            self._problem(f"the kustomization {directory} includes itself", place, "break the circle")
            return
        fields = self.read(directory, place)
        if fields is not None:
            self.build_read(fields, directory, into)

    def build_read(self, fields: Fields, directory: Path, into: list[Resource]) -> None:
        """Add the resources of a kustomization whose file has been read."""
        self.open.append(directory.resolve())
        own = into if fields.data.get("kind") == "Component" else []
        self._accumulate(fields, directory, own)
        self._transform(fields, directory, own)
        if own is not into:
            into += own
        self.open.pop()

    def read(self, directory: Path, place: Location | None) -> Fields | None:
        """Read the file of a kustomization; None, and a problem, when that cannot be done."""
        path = next((directory / name for name in KUSTOMIZATION_NAMES if (directory / name).is_file()), None)
        if path is None:
            hint = f"add {directory / KUSTOMIZATION_NAMES[0]}"
            self._problem(f"{directory} has no kustomization.yaml", place, hint)
            return None
        text, problems = read_text(path)
        self.problems += problems
        self.files.append(path)
        documents, problems = read_documents(text or b"", str(path), dialect="kubernetes")
        self.problems += problems
        data = locate(documents[0]) if len(documents) == 1 else None
        if not isinstance(data, LocatedMap):
            if not problems:
                self._problem("a kustomization is one mapping", Location(str(path)), "write resources: and patches:")
            return None
        fields = Fields(data, "kustomization", self.problems)
        self._refuse_unsupported(fields)
        return fields

    def _refuse_unsupported(self, fields: Fields) -> None:
        for key in fields.data:
            if key in _SUPPORTED or not fields.has(key):
                continue
            close = nearest(key, _SUPPORTED) if key not in _UNSUPPORTED else ""
            hint = f"did you mean {close}?" if close else self._way_out()
            self._problem(f"{key!r} is not supported here", fields.place(key), hint)

    def _accumulate(self, fields: Fields, directory: Path, own: list[Resource]) -> None:
        for key in ("resources", "bases", "components"):
            for entry in fields.list(key):
                self._resource(entry, directory, own, fields, key)
        for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
            for item in fields.items(key):
                self._generated(item, kind, own)

    def _resource(self, entry: Any, directory: Path, own: list[Resource], fields: Fields, key: str) -> None:
        place = fields.place(key)
        if not isinstance(entry, str) or not entry:
            self._problem(f"{entry!r} is no path", place, "write a file or a directory")
            return
        if not may_name_file(entry):
            self._problem(f"{entry[:60]!r} is no path", place, "write a file or a directory")
            return
        path = directory / entry
        if _is_remote(entry) and not path.exists():
            self._problem(f"{entry} is remote; nothing is fetched from the network here", place, self._way_out())
        elif path.is_dir():
            self.build(_tidy(path), own, place)
        else:
            text = self._file(entry, directory, place)
            if text is not None:
                objects = parse_objects(text, str(_tidy(path)), self.problems, dialect="kustomize")
                own += [Resource(data) for data in objects]

    def _file(self, entry: str, directory: Path, place: Location) -> bytes | None:
        """Read a file of a kustomization, which must lie in or below its directory (as kustomize asks)."""
        if not may_name_file(entry):
            self._problem(f"{entry[:60]!r} is no path", place, "write a file below the kustomization")
            return None
        path = directory / entry
        if not path.resolve().is_relative_to(directory.resolve()):
            hint = "move it below the kustomization, or make its directory a kustomization and name that"
            self._problem(f"the file {entry} lies outside of {directory}", place, hint)
            return None
        text, problems = read_text(_tidy(path))
        for problem in problems:
            self._problem(f"{entry}: {problem.message}", place, problem.hint, rule=problem.rule)
        if text is not None:
            self.files.append(_tidy(path))
        return text

    def _generated(self, item: Fields, kind: str, own: list[Resource]) -> None:
        """Stand in for a generated ConfigMap or Secret: by name only, its sources are not even read."""
        name = item.text("name")
        data = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
        if item.has("namespace"):
            data["metadata"] = {"name": name, "namespace": item.text("namespace")}
        own.append(Resource(made(data, item.data.at)))
        message = f"the generated {kind} {name!r} counts by its name; its contents are not read"
        item.problem("", message, rule="generated-by-name", severity="note")

    def _transform(self, fields: Fields, directory: Path, own: list[Resource]) -> None:
        for entry in fields.list("patchesStrategicMerge"):
            self._patch(LocatedMap(fields.place("patchesStrategicMerge")), entry, directory, own)
        for item in fields.items("patches"):
            self._patch(item.data, item.data.get("patch"), directory, own)
        if fields.text("namespace"):
            transformers.set_namespace(own, fields.text("namespace"), fields.place("namespace"))
        if fields.text("namePrefix") or fields.text("nameSuffix"):
            transformers.add_affixes(own, fields.text("namePrefix"), fields.text("nameSuffix"))
        self._labels(fields, own)
        if annotations := fields.texts("commonAnnotations"):
            transformers.add_annotations(own, annotations, fields.place("commonAnnotations"))
        for item in fields.items("patchesJson6902"):
            self._patch(item.data, item.data.get("patch"), directory, own)
        self._replicas(fields, own)
        for item in fields.items("images"):
            keys = ("name", "newName", "newTag", "digest", "tagSuffix")
            image = {key: item.text(key) for key in keys if item.has(key)}
            if not transformers.set_images(own, image, item.data.at):
                message = f"no container uses the image {image.get('name')!r}"
                item.problem("name", message, "check the name", rule="unused-image", severity="warning")
        rename_references(own)

    def _labels(self, fields: Fields, own: list[Resource]) -> None:
        for item in fields.items("labels"):
            if item.has("fields"):
                self._problem("'labels.fields' is not supported here", item.place("fields"), self._way_out())
            selectors, templates = item.boolean("includeSelectors"), item.boolean("includeTemplates")
            transformers.add_labels(own, item.texts("pairs"), item.data.at, selectors=selectors, templates=templates)
        if labels := fields.texts("commonLabels"):
            at = fields.place("commonLabels")
            transformers.add_labels(own, labels, at, selectors=True, templates=True)

    def _replicas(self, fields: Fields, own: list[Resource]) -> None:
        for item in fields.items("replicas"):
            name, count = item.text("name"), item.integer("count")
            if count is None:
                item.problem("count", "replicas has no count", "add count: ...")
            elif not transformers.set_replicas(own, name, count, item.data.value_place("count")):
                names = [resource.name for resource in own]
                item.problem("name", f"no workload is named {name!r}", _similar(name, names), rule="kustomize")

    def _patch(self, item: LocatedMap, text: Any, directory: Path, own: list[Resource]) -> None:
        """Apply one patch: inline text, or the text of the file that it names."""
        place = item.place("patch") if "patch" in item else item.place("path") if "path" in item else item.at
        file = place.file
        path = item.get("path")
        if isinstance(path, str) or (
            isinstance(text, str) and "\n" not in text and may_name_file(text) and (directory / text).is_file()
        ):
            entry = path if isinstance(path, str) else text
            file = str(_tidy(directory / entry))
            text = self._file(entry, directory, place)
            if text is None:
                return
        if not isinstance(text, str | bytes):
            self._problem("a patch has neither patch: nor path:", place, "add one of them")
            return
        documents, problems = _read_patch(text, file)
        inline = file == place.file
        self.problems += [_moved(problem, item.value_place("patch")) if inline else problem for problem in problems]
        for document in documents:
            data = made(document.data, item.value_place("patch")) if inline else locate(document)
            self._apply(item, data, own, place)

    def _apply(self, item: LocatedMap, data: Any, own: list[Resource], place: Location) -> None:
        selector = self._selector(item)
        if isinstance(data, LocatedList):
            if selector is None:
                self._problem("a JSON patch needs a target", place, "add target: with kind and name")
                return
            targets = [resource for resource in own if selector.matches(resource)]
            self._each(targets, lambda resource: _json(resource, data), own, place)
        elif isinstance(data, LocatedMap):
            self._merge(data, selector, own)
        else:
            self._problem("a patch is a mapping or a list of operations", place, "write apiVersion, kind, metadata")
            return

    def _merge(self, patch: LocatedMap, selector: Selector | None, own: list[Resource]) -> None:
        if selector is not None:
            targets = [resource for resource in own if selector.matches(resource)]
        else:
            wanted = identity(patch)
            targets = [resource for resource in own if resource.was(wanted)]
            if len(targets) != 1:
                found = "nothing has" if not targets else f"{len(targets)} objects have"
                message = f"{found} the identity of the patch: {_shown(wanted)}"
                same_kind = [item.name for item in own if item.kind == wanted[1]]
                self._problem(message, patch.at, _similar(wanted[2], same_kind))
                return
        self._each(targets, lambda resource: strategic(resource, patch), own, patch.at)

    def _each(
        self, targets: list[Resource], apply: Callable[[Resource], bool], own: list[Resource], place: Location
    ) -> None:
        for resource in targets:
            try:
                if not apply(resource):
                    own.remove(resource)
            except PatchError as error:
                self._problem(f"the patch does not fit {resource.kind}/{resource.name}: {error}", place)

    def _selector(self, item: LocatedMap) -> Selector | None:
        if not isinstance(item.get("target"), LocatedMap):
            return None
        target = Fields(item["target"], "kustomization.patches.target", self.problems)
        return Selector(
            group=target.text("group"),
            version=target.text("version"),
            kind=target.text("kind"),
            name=target.text("name"),
            namespace=target.text("namespace"),
            labels=target.text("labelSelector"),
            annotations=target.text("annotationSelector"),
        )

    def _way_out(self) -> str:
        return f"run: kubectl kustomize {self.root} | fvcap ... -"

    def _problem(self, message: str, place: Location | None, hint: str = "", *, rule: str = "kustomize") -> None:
        self.problems.append(Problem(message, place, hint=hint or self._way_out(), rule=rule))


def _read_patch(text: str | bytes, file: str) -> tuple[list[YamlDocument], list[Problem]]:
    """Read a patch as kustomize does: JSON patches by another reader than objects."""
    documents, problems = read_documents(text, file, dialect="kubernetes")
    if any(isinstance(document.data, dict) for document in documents):
        return read_documents(text, file, dialect="kustomize")
    return documents, problems


def _json(resource: Resource, operations: LocatedList) -> bool:
    resource.remember()
    json_patch(resource.data, operations)
    return True


def strategic(resource: Resource, patch: LocatedMap) -> bool:
    """Merge a patch; the object keeps its kind and name whatever the patch says there.

    Returns
    -------
    bool
        False when the patch deletes the object.

    Raises
    ------
    PatchError
        When the patch does not fit.
    """
    copy = clone(patch)
    for key in ("apiVersion", "kind"):
        copy.pop(key, None)
    meta = copy.get("metadata")
    if isinstance(meta, LocatedMap):
        for key in ("name", "namespace"):
            meta.pop(key, None)
    return strategic_merge(resource.data, copy)


def _moved(problem: Problem, place: Location) -> Problem:
    """Return a problem of an inline patch at the place where the patch begins."""
    return Problem(problem.message, place, problem.field, problem.hint, problem.severity, problem.rule)


def _is_remote(entry: str) -> bool:
    return "://" in entry or entry.startswith(("git@", "github.com/")) or "?ref=" in entry


def _tidy(path: Path) -> Path:
    """Return a path without ``x/..`` in it, still relative when it was."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] not in ("..", path.anchor):
            parts.pop()
        else:
            parts.append(part)
    return Path(*parts) if parts else Path()


def _shown(wanted: tuple[str, str, str, str]) -> str:
    version, kind, name, namespace = wanted
    where = f" in namespace {namespace}" if namespace else ""
    return f"{kind}/{name} ({version}){where}"


def _similar(name: str, names: list[str]) -> str:
    close = nearest(name, names)
    return f"did you mean {close!r}?" if close and close != name else f"there are: {', '.join(names) or 'none'}"
