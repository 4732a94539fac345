"""From what the user names (directories, files, ``-``) to the raw objects written there."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from fvcapacity.errors import Location, Problem
from fvcapacity.inputs.manifests.kustomize import KUSTOMIZATION_NAMES, build_kustomization
from fvcapacity.inputs.manifests.located import LocatedMap, locate
from fvcapacity.inputs.yaml_source import read_documents, read_text

SUFFIXES = (".yaml", ".yml", ".json")
_RENDER_HINT = "render it first: helm template DIR | fvcap ... -"


@dataclass(slots=True)
class Sources:
    """Reads sources; ``problems`` and ``files`` grow on the way."""

    problems: list[Problem] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def read(self, sources: Sequence[str | Path], stdin: TextIO | None) -> list[LocatedMap]:
        """Return the objects of all sources in the order in which they are named."""
        objects: list[LocatedMap] = []
        for source in sources:
            if str(source) == "-":
                objects += self._text((stdin or sys.stdin).read(), "<stdin>")
            elif "://" in str(source):
                message, hint = "is not a path", "download it first; nothing is fetched from the network here"
                self.problems.append(Problem(message, Location(str(source)), hint=hint, rule="remote-source"))
            else:
                objects += self._path(Path(source))
        return objects

    def _path(self, path: Path) -> list[LocatedMap]:
        if path.is_dir():
            return self._directory(path)
        if path.name in KUSTOMIZATION_NAMES:
            return build_kustomization(path.parent, self.problems, self.files)
        return self._file(path)

    def _directory(self, directory: Path) -> list[LocatedMap]:
        if _kustomization(directory):
            return build_kustomization(directory, self.problems, self.files)
        files, kustomizations = _walk(directory)
        if len(kustomizations) > 1:
            names = ", ".join(str(path) for path in kustomizations)
            message = f"holds {len(kustomizations)} kustomizations ({names}), which may say different things"
            hint = f"name one of them, such as {kustomizations[0]}"
            self.problems.append(Problem(message, Location(str(directory)), hint=hint, rule="many-kustomizations"))
            return []
        if not files and not kustomizations:
            message = f"holds no {', '.join(SUFFIXES)} files"
            self.problems.append(Problem(message, Location(str(directory)), hint="check the path", rule="no-manifests"))
        objects = [item for path in files for item in self._file(path, in_directory=True)]
        for path in kustomizations:
            objects += build_kustomization(path, self.problems, self.files)
        return objects

    def _file(self, path: Path, *, in_directory: bool = False) -> list[LocatedMap]:
        text, problems = read_text(path)
        self.problems += problems
        if text is None:
            return []
        self.files.append(path)
        return self._text(text, str(path), in_directory=in_directory)

    def _text(self, text: str | bytes, file: str, *, in_directory: bool = False) -> list[LocatedMap]:
        documents, problems = read_documents(text, file, dialect="kubernetes")
        template = (b"{{" if isinstance(text, bytes) else "{{") in text  # type: ignore[operator]
        self.problems += [_as_template(problem) if template else problem for problem in problems]
        objects: list[LocatedMap] = []
        for document in documents:
            data = locate(document)
            if isinstance(data, LocatedMap):
                objects += self._object(data, in_directory)
            else:
                self._not_an_object(document.location())
        if not documents and not problems and not in_directory:
            hint = "check what was piped in" if file == "<stdin>" else "check the file"
            self.problems.append(
                Problem("has no objects", Location(file), hint=hint, severity="warning", rule="no-manifests")
            )
        return objects

    def _object(self, data: LocatedMap, in_directory: bool) -> Iterable[LocatedMap]:
        kind, version = data.get("kind"), data.get("apiVersion")
        if isinstance(kind, str) and kind and isinstance(version, str) and version:
            return expand_list(data, self.problems)
        if in_directory and kind is None and version is None:
            message = "is not a Kubernetes object (no apiVersion, no kind): passed over"
            self.problems.append(Problem(message, data.at, severity="note", rule="not-an-object"))
            return ()
        missing = [key for key in ("apiVersion", "kind") if not isinstance(data.get(key), str) or not data[key]]
        message = f"is not a Kubernetes object: it has no {' and no '.join(missing)}"
        hint = "add apiVersion: and kind:, as in apiVersion: apps/v1, kind: Deployment"
        self.problems.append(Problem(message, data.at, hint=hint, rule="not-an-object"))
        return ()

    def _not_an_object(self, place: Location) -> None:
        message = "is not a Kubernetes object: a document is a mapping with apiVersion and kind"
        self.problems.append(Problem(message, place, hint="part objects by a line ---", rule="not-an-object"))


def expand_list(data: LocatedMap, problems: list[Problem]) -> Iterator[LocatedMap]:
    """Yield an object, or the items of a ``List`` (also ``DeploymentList`` and its like)."""
    if not str(data.get("kind")).endswith("List") or not isinstance(data.get("items"), list):
        yield data
        return
    kind = str(data["kind"]).removesuffix("List")
    for item in data["items"]:
        if not isinstance(item, LocatedMap):
            problems.append(Problem("an item of a List is no object", data.place("items"), rule="not-an-object"))
            continue
        if kind:  # the items of a typed list may leave out what the list says
            for key, value in (("kind", kind), ("apiVersion", data.get("apiVersion"))):
                if key not in item:
                    item.put(key, value, item.at)
        if isinstance(item.get("kind"), str) and isinstance(item.get("apiVersion"), str):
            yield from expand_list(item, problems)
        else:
            message = "an item of a List has no apiVersion and kind"
            problems.append(Problem(message, item.at, hint="add both", rule="not-an-object"))


def _kustomization(directory: Path) -> bool:
    return any((directory / name).is_file() for name in KUSTOMIZATION_NAMES)


def _walk(directory: Path) -> tuple[list[Path], list[Path]]:
    """Return the manifest files below a directory, and the kustomizations, which are not entered."""
    files: list[Path] = []
    kustomizations: list[Path] = []
    for entry in sorted(directory.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            if _kustomization(entry):
                kustomizations.append(entry)
            else:
                below = _walk(entry)
                files += below[0]
                kustomizations += below[1]
        elif entry.suffix in SUFFIXES and entry.is_file():
            files.append(entry)
    return files, kustomizations


def _as_template(problem: Problem) -> Problem:
    if problem.rule != "yaml-syntax":
        return problem
    message = f"{problem.message}; it looks like a template"
    return Problem(message, problem.location, problem.field, _RENDER_HINT, problem.severity, problem.rule)
