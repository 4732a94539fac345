"""Kubernetes manifests in: any directory, file, kustomization or stdin, to `ClusterObjects`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from fvcapacity.errors import Location, ManifestError, Problem
from fvcapacity.inputs.manifests.collect import collect
from fvcapacity.inputs.manifests.located import LocatedMap, made, plain
from fvcapacity.inputs.manifests.sources import Sources
from fvcapacity.inputs.model_validation import in_file_order
from fvcapacity.scenario.cluster import ClusterObjects

__all__ = ["ManifestSet", "load_manifests", "objects_of_mappings", "read_manifests"]


@dataclass(frozen=True, slots=True)
class ManifestSet:
    """What a set of manifests says, and what is wrong with how it is written.

    Attributes
    ----------
    objects
        The Kubernetes objects, in the order in which they were read.
    problems
        Errors: what cannot be read. Warnings and notes: what was read otherwise than it looks, or
        passed over.
    files
        Every file that was read, for the hashes of the inputs.
    secret_files
        Those of the files that carry values of Secrets; they must not be hashed.
    raw
        The objects as mappings of the API, without the values of Secrets: what patches are merged into.
    reading_problems
        Those of the problems that were there before the objects themselves were looked at.
    """

    objects: ClusterObjects
    problems: tuple[Problem, ...] = ()
    files: tuple[Path, ...] = ()
    secret_files: tuple[Path, ...] = ()
    raw: tuple[LocatedMap, ...] = field(default=(), repr=False)
    reading_problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a load."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def read_manifests(sources: Sequence[str | Path], *, stdin: TextIO | None = None) -> ManifestSet:
    """Read manifests and collect every problem instead of raising.

    Parameters
    ----------
    sources
        Directories (read to any depth; one with a ``kustomization.yaml`` is built), files of YAML or
        JSON with any number of documents, or ``-`` for ``stdin``.
    stdin
        Stream that ``-`` stands for; default: the process' own.
    """
    reader = Sources()
    raw = reader.read(sources, stdin)
    reading_problems = tuple(reader.problems)
    objects, secret_files = collect(raw, reader.problems)
    return ManifestSet(
        objects=objects,
        problems=tuple(sorted(dict.fromkeys(reader.problems), key=in_file_order)),
        files=tuple(dict.fromkeys(reader.files)),
        secret_files=tuple(Path(file) for file in secret_files),
        raw=tuple(raw),
        reading_problems=reading_problems,
    )


def objects_of_mappings(objects: Sequence[Mapping[str, Any]]) -> tuple[ClusterObjects, list[Problem]]:
    """Read objects that are mappings of the API already, such as a built kustomization, and what is wrong with them."""
    problems: list[Problem] = []
    cluster, _ = collect([made(plain(item), Location("<built>")) for item in objects], problems)
    return cluster, problems


def load_manifests(sources: Sequence[str | Path], *, stdin: TextIO | None = None) -> ManifestSet:
    """Read manifests, as `read_manifests` does.

    Raises
    ------
    ManifestError
        When anything cannot be read; carries all such problems.
    """
    manifests = read_manifests(sources, stdin=stdin)
    if manifests.errors:
        raise ManifestError(manifests.errors)
    return manifests
