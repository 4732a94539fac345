"""Routes for reading a log, from the file that already tells them: a scenario, its topology, or a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.inputs.yaml_source import YamlDocument, load_yaml, validate_model
from fvcapacity.scenario.topology import Topology

_HINT = "give a scenario, a topology, or a YAML list such as [GET /api/products/:id, POST /api/orders]"


def load_routes(path: str | Path) -> tuple[str, ...]:
    """Return the routes of a file as ``METHOD /path``.

    Parameters
    ----------
    path
        A scenario (whose topology is read), a topology, or a YAML list of routes.

    Raises
    ------
    InputError
        With all problems of the file.
    """
    documents = load_yaml(path)
    if len(documents) != 1:
        raise InputError(Problem(f"the file has {len(documents)} documents", Location(str(path)), hint=_HINT))
    data = documents[0].data
    if isinstance(data, list):
        return _listed(data, documents[0])
    if isinstance(data, dict) and isinstance(data.get("topology"), str):
        return load_routes(Path(path).parent / data["topology"])
    if not isinstance(data, dict) or "routes" not in data:
        raise InputError(Problem("the file tells no routes", Location(str(path)), hint=_HINT))
    topology, problems = validate_model(Topology, documents[0])
    if topology is None:
        raise InputError(problems)
    return tuple(dict.fromkeys(f"{route.method} {route.path}" for route in topology.routes.values()))


def _listed(items: list[Any], document: YamlDocument) -> tuple[str, ...]:
    problems = []
    for position, item in enumerate(items):
        method, _, path = item.partition(" ") if isinstance(item, str) else ("", "", "")
        if not (method.isalpha() and method.isupper() and path.startswith("/")):
            problems.append(Problem(f"{item!r} is no route", document.location((position,)), hint=_HINT))
    if problems or not items:
        raise InputError(problems or Problem("the list is empty", document.location(), hint=_HINT))
    return tuple(dict.fromkeys(items))
