"""Walks over the steps of a topology: who calls what, from where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fvcapacity.frozen import Frozen
from fvcapacity.scenario.finding import Path
from fvcapacity.scenario.topology import Step, Topology


class Site(Frozen):
    """A step, where it is written, and the service that runs it ("" for the client of a route)."""

    step: Step
    path: Path
    service: str


def sites(topology: Topology) -> Iterator[Site]:
    """Yield every step of routes and operations once, in the order of the file."""
    for name, route in topology.routes.items():
        yield from _steps(topology, route.steps, ("routes", name, "steps"), "")
    for name, service in topology.services.items():
        for short, operation in service.operations.items():
            yield from _steps(topology, operation.steps, ("services", name, "operations", short, "steps"), name)


def operation_sites(topology: Topology, service: str, operation: str) -> list[Site]:
    """Return the steps of one operation, inline ones of its calls included."""
    steps = topology.services[service].operations[operation].steps
    return list(_steps(topology, steps, ("services", service, "operations", operation, "steps"), service))


def called_service(topology: Topology, call: str) -> str | None:
    """Return the service that a call goes to, or None when it goes nowhere."""
    if call in topology.services:
        return call
    service, _, operation = call.rpartition(".")
    known = topology.services.get(service)
    return service if known is not None and operation in known.operations else None


def edges(topology: Topology) -> dict[tuple[str, str], Path]:
    """Return every (caller, called service) with the first step that needs it; routes' own calls are left out."""
    found: dict[tuple[str, str], Path] = {}
    for site in sites(topology):
        target = called_service(topology, site.step.call) if site.step.call else None
        if site.service and target is not None and target != site.service:
            found.setdefault((site.service, target), site.path)
    return found


def cycles(topology: Topology) -> list[list[str]]:
    """Return the circles in which operations call each other, each once, as ``[a, b, a]``."""
    graph = {
        f"{service}.{operation}": [
            site.step.call
            for site in operation_sites(topology, service, operation)
            if site.step.call is not None and site.step.call not in topology.services
        ]
        for service, model in topology.services.items()
        for operation in model.operations
    }
    return _circles(graph)


def _circles(graph: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Depth-first search without recursion; every edge back into the present chain closes a circle."""
    found: list[list[str]] = []
    finished: set[str] = set()
    for start in graph:
        if start in finished:
            continue
        chain, pending = [start], [iter(graph[start])]
        while chain:
            following = next(pending[-1], None)
            if following is None:
                finished.add(chain.pop())
                pending.pop()
            elif following in chain:
                found.append([*chain[chain.index(following) :], following])
            elif following in graph and following not in finished:
                chain.append(following)
                pending.append(iter(graph[following]))
    return found


def _steps(topology: Topology, steps: Sequence[Step], path: Path, service: str) -> Iterator[Site]:
    for number, step in enumerate(steps):
        here = (*path, number)
        yield Site(step, here, service)
        if step.parallel is not None:
            yield from _steps(topology, step.parallel, (*here, "parallel"), service)
        if step.branch is not None:
            yield from _steps(topology, step.branch.then, (*here, "branch", "then"), service)
            yield from _steps(topology, step.branch.otherwise, (*here, "branch", "otherwise"), service)
        if step.call is not None and step.steps is not None:
            inside = called_service(topology, step.call)
            if inside is not None:
                yield from _steps(topology, step.steps, (*here, "steps"), inside)
