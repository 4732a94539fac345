"""The second environment that is paid for beside production: its machines, volumes and load balancers.

It is not simulated. Its pods are placed as they are requested, at the fewest that its autoscalers allow.
"""

from __future__ import annotations

from typing import cast

from fvcapacity.cost.billing import load_balancer_lines, machine_line, volume_lines
from fvcapacity.cost.ledger import Ledger, Line, Thing, of_staging
from fvcapacity.cost.prices import MONTH_HOURS
from fvcapacity.cost.room import machines_for
from fvcapacity.frozen import replace
from fvcapacity.program.layout import ProgramArrays
from fvcapacity.program.program import Program
from fvcapacity.scenario.model import Scenario

_NOBODY_SERVES = Program((), (), (), (), (), cast("ProgramArrays", None))
"""Requests alone place pods. The topology is production's, and staging need not have all of its services."""


def staging_nodes(scenario: Scenario) -> int:
    """Return how many machines the second environment has; 0 without one."""
    cost = scenario.file.cost
    if cost is None or cost.staging is None or scenario.staging is None:
        return 0
    staging = cost.staging
    if staging.nodes is not None:
        return staging.nodes
    pool = scenario.file.nodes[staging.pool].model_copy(update={"minimum": 0, "maximum": 10_000})
    file = scenario.file.model_copy(update={"nodes": {staging.pool: pool}})
    other = replace(scenario, file=file, cluster=scenario.staging, staging=None)
    return machines_for(other, _NOBODY_SERVES, most=False)[staging.pool]


def staging_lines(ledger: Ledger, scenario: Scenario, nodes: int, hours: float) -> list[Line]:
    """Return the lines of a stretch of time.

    Parameters
    ----------
    nodes
        What `staging_nodes` returned.
    hours
        Length of the stretch; machines run for their share of it.
    """
    cost, cluster = scenario.file.cost, scenario.staging
    if cost is None or cost.staging is None or cluster is None:
        return []
    staging, prices = cost.staging, ledger.prices
    pool = scenario.file.nodes[staging.pool]
    lines = []
    if nodes:
        running = nodes * hours * staging.hours_a_month / MONTH_HOURS
        lines.append(machine_line(ledger, staging.pool, pool.instance_type, spot=pool.spot, hours=running))
    if staging.own_control_plane:
        thing = Thing("compute", "control_plane", "control plane", cost.control_plane or "control plane")
        lines.append(ledger.by_time(thing, hours, prices.control_plane(ledger.region, cost.control_plane)))
    lines += volume_lines(ledger, cost.model_copy(update={"volumes": {}}), cluster, {}, hours)
    lines += load_balancer_lines(ledger, cost, cluster, {}, hours)
    return [of_staging(line) for line in lines]
