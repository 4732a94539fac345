"""Whose a workload is, what a machine is, what a request costs where: tables that an allocation starts from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fvcapacity.analytic.demand import demand_of
from fvcapacity.program.program import Program
from fvcapacity.results.money_columns import MACHINES, OWNERS, ROUTE_DEMANDS
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.scenario.cluster import ClusterObjects, Workload
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.frames import conform


def owner_table(scenario: Scenario, program: Program) -> pd.DataFrame:
    """Return the table ``owners``: every workload with its namespace, service and team."""
    cost, cluster = scenario.file.cost, scenario.cluster
    assert cost is not None, "without prices nobody asks whose a workload is"
    entries = {(route.steps[0].call or "").partition(".")[0] for route in scenario.topology.routes.values()}
    serving = dict(zip(program.workloads, program.services, strict=True))
    rows = [
        {
            "workload": workload.key,
            "namespace": workload.namespace,
            "service": serving.get(workload.key) or _selecting(cluster, workload) or workload.name,
            "team": workload.labels.get(cost.team_label) or workload.template.labels.get(cost.team_label, ""),
            "serves": workload.key in serving,
            "entry": serving.get(workload.key) in entries,
            "shared": workload.namespace in cost.shared_namespaces,
        }
        for workload in cluster.workloads
    ]
    return conform(OWNERS, {column.name: [row[column.name] for row in rows] for column in OWNERS.columns})


def machine_table(outcomes: Sequence[RunOutcome]) -> pd.DataFrame:
    """Return the table ``machines``: every kind of machine that the run had."""
    sizes = {
        (node.pool, node.instance_type, node.spot): (node.cpu_cores, node.memory_bytes)
        for outcome in outcomes
        for node in outcome.history.nodes
    }
    rows = [(*kind, *size) for kind, size in sorted(sizes.items())]
    names = [column.name for column in MACHINES.columns]
    return conform(MACHINES, {name: [row[number] for row in rows] for number, name in enumerate(names)})


def route_demand_table(program: Program) -> pd.DataFrame:
    """Return the table ``route_demands``: pairs of a route and a service that it comes to."""
    demand = demand_of(program)
    routes, services = np.nonzero(demand.visits)
    return conform(
        ROUTE_DEMANDS,
        {
            "route": [program.routes[number] for number in routes],
            "service": [program.services[number] for number in services],
            "workload": [program.workloads[number] for number in services],
            "visits": demand.visits[routes, services],
            "cpu_core_s": demand.cpu_s[routes, services],
            "log_bytes": demand.log_bytes[routes, services],
            "written_bytes": demand.written_bytes[routes, services],
        },
    )


def _selecting(cluster: ClusterObjects, workload: Workload) -> str:
    """Return the name of the first Service that selects a workload's pods; empty if none does."""
    labels = dict(workload.template.labels).items()
    for service in cluster.services:
        if service.selector and service.namespace == workload.namespace and service.selector.items() <= labels:
            return service.name
    return ""
