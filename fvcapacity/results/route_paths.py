"""The table of the routes' methods and paths, and of who answers them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fvcapacity.program.program import Program
from fvcapacity.results import columns
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.topology import Step, Topology
from fvcapacity.tabular.frames import conform


def route_paths(scenario: Scenario, program: Program) -> pd.DataFrame:
    """Return the table ``route_paths``; it is the same in every replication."""
    routes = [scenario.topology.routes[name] for name in program.routes]
    entries = [route.steps[0] for route in routes]
    return conform(
        columns.ROUTE_PATHS,
        {
            "route": list(program.routes),
            "method": [route.method for route in routes],
            "path": [route.path for route in routes],
            "entry": [_service(step) for step in entries],
            "application": [_application(step, scenario.topology) for step in entries],
        },
    )


def _application(entry: Step, topology: Topology) -> str:
    """Return the service behind a proxy: the only one that the entry calls, or the entry itself."""
    inner = [step for step in _steps(entry, topology) if step.call is not None or step.parallel or step.branch]
    return _service(inner[0]) if len(inner) == 1 and inner[0].call is not None else _service(entry)


def _steps(step: Step, topology: Topology) -> Sequence[Step]:
    service, _, operation = (step.call or "").partition(".")
    if operation:
        return topology.services[service].operations[operation].steps
    return step.steps or ()


def _service(step: Step) -> str:
    return (step.call or "").partition(".")[0]
