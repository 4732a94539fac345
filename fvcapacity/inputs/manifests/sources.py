"""From what the user names (directories, files, ``-``) to the raw objects written there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from fvcapacity.errors import Location, Problem
from fvcapacity.inputs.manifests.kustomize import KUSTOMIZATION_NAMES, build_kustomization
from fvcapacity.inputs.manifests.located import LocatedMap
from fvcapacity.inputs.manifests.raw_objects import parse_objects
from fvcapacity.inputs.names_of_files import may_name_file
from fvcapacity.inputs.yaml_source import read_text

SUFFIXES = (".yaml", ".yml", ".json")


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
                objects += parse_objects((stdin or sys.stdin).read(), "<stdin>", self.problems)
            elif "://" in str(source):
                message, hint = "is not a path", "download it first; nothing is fetched from the network here"
                self.problems.append(Problem(message, Location(str(source)), hint=hint, rule="remote-source"))
            elif not may_name_file(str(source)):
                shown = f"{str(source)[:60]!r}"
                self.problems.append(Problem(f"{shown} is no path", hint="name a file or directory", rule="no-path"))
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
        return parse_objects(text, str(path), self.problems, in_directory=in_directory)


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


def kustomizations_and_files(source: Path) -> tuple[list[Path], list[Path]]:
    """Return the kustomizations (as directories) and the plain files of manifests that a source stands for."""
    if source.is_dir():
        if _kustomization(source):
            return [source], []
        files, kustomizations = _walk(source)
        return kustomizations, [path for path in files if _objects_of(path)]
    return ([source.parent], []) if source.name in KUSTOMIZATION_NAMES else ([], [source])


def _objects_of(path: Path) -> list[LocatedMap]:
    """Return the objects of a file that was found, not named: it may hold something else altogether."""
    text, _ = read_text(path)
    return parse_objects(text, str(path), [], in_directory=True) if text is not None else []
