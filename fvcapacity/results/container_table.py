"""The table of the containers: what the manifests give to each, and which of them serve requests."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from fvcapacity.program.program import Program
from fvcapacity.results import columns
from fvcapacity.scenario.cluster import Container, Workload
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import steady_loads
from fvcapacity.tabular.frames import conform

_NAN = float("nan")


def container_table(scenario: Scenario, program: Program) -> pd.DataFrame:
    """Return the table ``containers``; it is the same in every replication."""
    rows = [row for workload in scenario.cluster.workloads for row in _rows(workload, scenario, program)]
    spec = columns.CONTAINERS
    return conform(spec, {column.name: [row[column.name] for row in rows] for column in spec.columns})


def _rows(workload: Workload, scenario: Scenario, program: Program) -> Iterator[dict[str, object]]:
    number = program.workloads.index(workload.key) if workload.key in program.workloads else None
    service = None if number is None else program.services[number]
    serving = None if number is None else program.containers[number]
    steady = steady_loads(workload, scenario.topology, service, serving)
    for container in workload.template.containers:
        if container.kind == "init":
            continue
        cores, memory = steady[container.name]
        yield {
            "workload": workload.key,
            "namespace": workload.namespace,
            "container": container.name,
            "image": container.image,
            "service": service if container.name == serving else "",
            **_resources(container),
            "steady_cpu_cores": cores,
            "steady_memory_bytes": memory,
        }


def _resources(container: Container) -> dict[str, float]:
    values = {
        "cpu_request_cores": container.cpu_request_cores,
        "cpu_limit_cores": container.cpu_limit_cores,
        "memory_request_bytes": container.memory_request_bytes,
        "memory_limit_bytes": container.memory_limit_bytes,
    }
    return {name: _NAN if value is None else float(value) for name, value in values.items()}
