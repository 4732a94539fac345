"""Routes of a first topology: from a Prometheus where one was asked, from Ingresses and call targets otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fvcapacity.frozen import Frozen
from fvcapacity.report.starter.graph import Entry, Graph

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
REQUEST = "request"
"""Operation of a service that does all that it may do."""
_MACHINE = re.compile(r"/(metrics|healthz?|livez|readyz|ping|status|-/ready|-/healthy)/?$")


class Told(Frozen):
    """A route that a topology gets.

    Attributes
    ----------
    requests
        Counted by the Prometheus; None: assumed.
    """

    name: str
    method: Method
    path: str
    share: float
    service: str
    operation: str
    user: bool = True
    requests: float | None = None


@dataclass
class Program:
    """Operations by service: name to the Services that it calls, one after the other."""

    operations: dict[str, dict[str, list[str]]] = field(default_factory=dict)


def program_of(graph: Graph) -> Program:
    """Return the operations of each service.

    A service where users come in and that calls several others is taken for a gateway: a request of it goes on to
    one of them. Everybody else calls all that it knows.
    """
    program = Program()
    entries = {entry.service for entry in graph.entries}
    for name in graph.services:
        called = graph.calls.get(name, [])
        fans = [item for item in called if graph.services[item].guess.role not in ("store", "front")]
        if name in entries and len(fans) > 1:
            stores = [item for item in called if item not in fans]
            program.operations[name] = {f"to-{item}": [*stores, item] for item in fans}
            if any(name in others for others in graph.calls.values()):
                program.operations[name][REQUEST] = stores  # for who calls it as a service like any other
        else:
            program.operations[name] = {REQUEST: list(called)}
    return program


def assumed_routes(graph: Graph, program: Program) -> list[Told]:
    """Return a route for each way in, and for each operation there."""
    routes: list[Told] = []
    names = _Names()
    for entry in graph.entries:
        for operation in _ways(program, entry):
            target = operation.removeprefix("to-") if operation != REQUEST else entry.service
            short = re.sub(r"-(service|svc|api|server)$", "", target)
            base = _plain_path(entry.path)
            path = base if operation == REQUEST else f"{base.rstrip('/')}/{short}"
            routes.append(Told(names.free(short), "GET", path, 1.0, entry.service, operation))
    return routes


def counted_routes(counts: Mapping[str, float], graph: Graph, program: Program) -> list[Told]:
    """Return a route for each that a Prometheus counted.

    Parameters
    ----------
    counts
        Requests by route, as the Prometheus labels it: method and path.
    """
    routes: list[Told] = []
    names = _Names()
    total = sum(counts.values()) or 1.0
    for label, requests in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        head, _, rest = label.partition(" ")
        method, path = (head, rest.strip()) if head in METHODS and rest.strip() else ("GET", label)
        entry = _entry_of(path, graph.entries)
        operation = _operation_of(path, _ways(program, entry))
        share = float(f"{100 * requests / total:.4g}")
        name = names.free(f"{method.lower()}{_slug(path)}" if path != label else _slug(path))
        user = _MACHINE.search(path) is None
        routes.append(Told(name, method, path, share, entry.service, operation, user, requests))
    return routes


def _ways(program: Program, entry: Entry) -> list[str]:
    """Return the operations that users may ask for: of a gateway those that go on."""
    operations = list(program.operations[entry.service])
    return [name for name in operations if name != REQUEST] or operations


def _entry_of(path: str, entries: list[Entry]) -> Entry:
    """Return the way in with the longest prefix of a path, as an Ingress chooses."""
    fitting = [item for item in entries if path.startswith(_plain_path(item.path))]
    return max(fitting or entries[:1], key=lambda item: len(_plain_path(item.path)))


def _operation_of(path: str, operations: list[str]) -> str:
    """Return the operation of a gateway whose target a path names (``/api/products/:id``: ``product-service``)."""
    words = [_singular(word) for word in re.split(r"[^a-z0-9]+", path.lower()) if word]
    for operation in operations:
        target = [_singular(word) for word in operation.removeprefix("to-").split("-")]
        if operation != REQUEST and any(word in words for word in target if word not in ("service", "api", "svc")):
            return operation
    return operations[0]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _plain_path(path: str) -> str:
    """Return the path of an Ingress rule without what only a regular expression means: ``/api(/|$)(.*)``."""
    cut = re.split(r"[(*$|\[]", path, maxsplit=1)[0]
    return cut if cut.startswith("/") else "/"


def _slug(text: str) -> str:
    return re.sub(r"-+", "-", re.sub(r"[^a-z0-9]+", "-", text.lower()))[:48].rstrip("-")


class _Names:
    """Names that are given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, wanted: str) -> str:
        base = _slug(wanted).strip("-") or "route"
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}-{number}", number + 1
        self._taken.add(name)
        return name
