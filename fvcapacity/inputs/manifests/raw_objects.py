"""From text to raw objects: every mapping with an ``apiVersion`` and a ``kind``, lists taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fvcapacity.errors import Location, Problem
from fvcapacity.inputs.manifests.located import LocatedMap, locate
from fvcapacity.inputs.yaml_scalars import Dialect
from fvcapacity.inputs.yaml_source import read_documents

_RENDER_HINT = "render it first: helm template DIR | fvcap ... -"


def parse_objects(
    text: str | bytes,
    file: str,
    problems: list[Problem],
    *,
    in_directory: bool = False,
    dialect: Dialect = "kubernetes",
) -> list[LocatedMap]:
    """Return the objects of a text; ``problems`` grows.

    ``in_directory`` says that the file was found, not named: it may hold something else altogether.
    """
    documents, found = read_documents(text, file, dialect=dialect)
    template = b"{{" in text if isinstance(text, bytes) else "{{" in text
    problems += [_as_template(problem) if template else problem for problem in found]
    objects: list[LocatedMap] = []
    for document in documents:
        data = locate(document)
        if isinstance(data, LocatedMap):
            objects += _objects_in(data, in_directory, problems)
        else:
            message = "is not a Kubernetes object: a document is a mapping with apiVersion and kind"
            hint = "part objects by a line ---"
            problems.append(Problem(message, document.location(), hint=hint, rule="not-an-object"))
    if not documents and not found and not in_directory:
        hint = "check what was piped in" if file == "<stdin>" else "check the file"
        problems.append(Problem("has no objects", Location(file), hint=hint, severity="warning", rule="no-manifests"))
    return objects


def _objects_in(data: LocatedMap, in_directory: bool, problems: list[Problem]) -> Iterable[LocatedMap]:
    missing = [key for key in ("apiVersion", "kind") if not isinstance(data.get(key), str) or not data[key]]
    if not missing:
        return expand_list(data, problems)
    if in_directory and "kind" not in data and "apiVersion" not in data:
        message = "is not a Kubernetes object (no apiVersion, no kind): passed over"
        problems.append(Problem(message, data.at, severity="note", rule="not-an-object"))
        return ()
    message = f"is not a Kubernetes object: it has no {' and no '.join(missing)}"
    hint = "add apiVersion: and kind:, as in apiVersion: apps/v1, kind: Deployment"
    problems.append(Problem(message, data.at, hint=hint, rule="not-an-object"))
    return ()


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


def _as_template(problem: Problem) -> Problem:
    if problem.rule != "yaml-syntax":
        return problem
    message = f"{problem.message}; it looks like a template"
    return Problem(message, problem.location, problem.field, _RENDER_HINT, problem.severity, problem.rule)
