"""From the outcomes of all replications to the tables of a result."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fvcapacity.program.program import Program
from fvcapacity.results import columns
from fvcapacity.results.conservation import check_conservation
from fvcapacity.results.control_tables import control_tables
from fvcapacity.results.frames import conform
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.request_table import request_table
from fvcapacity.results.route_tables import route_minutes, route_table, route_windows, sparse_histogram
from fvcapacity.results.service_tables import service_minutes, service_table
from fvcapacity.results.span import windows_of
from fvcapacity.scenario.model import Scenario


def build_tables(scenario: Scenario, program: Program, outcomes: Sequence[RunOutcome]) -> dict[str, pd.DataFrame]:
    """Return every table of `columns.TABLES` but the bill, all replications below each other.

    Raises
    ------
    InvariantError
        When the requests of a replication do not add up.
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    for outcome in outcomes:
        check_conservation(outcome.statistics, program.routes, outcome.replication)
        control = control_tables(outcome, scenario)
        one = {
            "routes": route_table(outcome, program),
            "services": service_table(outcome, program, scenario, control["pods"]),
            "route_windows": route_windows(outcome, program, scenario),
            "route_minutes": route_minutes(outcome, program, scenario),
            "service_minutes": service_minutes(outcome, program, scenario),
            **control,
        }
        if outcome.requests is not None:
            one["requests"] = request_table(outcome, program, scenario)
        for name, table in one.items():
            parts.setdefault(name, []).append(table)
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}


def build_histograms(program: Program, outcomes: Sequence[RunOutcome]) -> dict[str, pd.DataFrame]:
    """Return every table of `fvcapacity.results.columns.HISTOGRAMS`."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in columns.HISTOGRAMS}
    for outcome in outcomes:
        statistics, span = outcome.statistics, windows_of(outcome)
        window = slice(span.first, span.stop)
        one = {
            "route_histogram": sparse_histogram(statistics.route_histogram[window], program.routes, span.starts_ns),
            "route_open_histogram": sparse_histogram(statistics.route_open_histogram, program.routes, None),
            "service_histogram": sparse_histogram(
                statistics.service_histogram[window], program.services, span.starts_ns
            ),
        }
        for name, frame in one.items():
            key = "service" if name.startswith("service") else "route"
            renamed = frame.rename(columns={"name": key}).assign(replication=outcome.replication)
            parts[name].append(conform(columns.HISTOGRAMS[name], renamed))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
