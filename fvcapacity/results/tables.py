"""From the outcomes of all replications to the tables of a result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from fvcapacity.program.program import Program
from fvcapacity.results import columns
from fvcapacity.results.conservation import check_conservation
from fvcapacity.results.container_table import container_table
from fvcapacity.results.control_tables import control_tables
from fvcapacity.results.extreme_tables import largest_sizes, pool_table, workload_table
from fvcapacity.results.hours import FOLDINGS, fold, is_long, join
from fvcapacity.results.minutes import MinuteWriter
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.pod_samples import pod_samples, sample_rows
from fvcapacity.results.recovery import backup_table
from fvcapacity.results.request_table import request_table
from fvcapacity.results.route_calls import route_calls
from fvcapacity.results.route_paths import route_paths
from fvcapacity.results.route_tables import route_counts, route_table, route_windows, sparse_histogram
from fvcapacity.results.service_tables import service_counts, service_table
from fvcapacity.results.span import windows_of
from fvcapacity.results.totals import Totals, add, total
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.frames import conform

Makers = dict[str, Callable[[], pd.DataFrame]]
"""How each table is made, by its name: nobody waits for one that is not wanted."""


def build_tables(
    scenario: Scenario,
    program: Program,
    outcomes: Sequence[RunOutcome],
    minutes: MinuteWriter | None = None,
    *,
    only: Collection[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Return every table of `columns.TABLES` but the bill, all replications below each other.

    A long run (see `hours`) is gone through a day at a time, and has hours where others have minutes.

    Parameters
    ----------
    minutes
        Is given the minutes of a long run.
    only
        Names of the tables that are wanted: a sweep has thousands of short runs, and most of what one of them takes
        is tables.

    Raises
    ------
    InvariantError
        When the requests of a replication do not add up.
    """
    wanted = frozenset(columns.TABLES if only is None else only)
    if "services" in wanted:
        wanted |= {"pods"}  # whose restarts they count
    parts: dict[str, list[pd.DataFrame]] = {}
    for outcome in outcomes:
        for name, table in _tables_of(scenario, program, outcome, minutes, wanted).items():
            parts.setdefault(name, []).append(table)
    joined = {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}
    makers: Makers = {
        "containers": lambda: container_table(scenario, program),
        "route_paths": lambda: route_paths(scenario, program),
        "route_calls": lambda: route_calls(scenario),
    }
    if scenario.file.backups:
        makers["backups"] = lambda: backup_table(scenario)
    joined |= _made(makers, wanted)
    return {name: joined[name] for name in columns.TABLES if name in joined}


def _tables_of(
    scenario: Scenario, program: Program, outcome: RunOutcome, minutes: MinuteWriter | None, wanted: frozenset[str]
) -> dict[str, pd.DataFrame]:
    """Return the tables of one replication, which may come in parts."""
    hourly, most = is_long(scenario), largest_sizes(scenario.cluster)
    totals: Totals | None = None
    parts: dict[str, list[pd.DataFrame]] = {}
    pods_seen = []
    for sampled in outcome.parts():
        part = sampled.by_minutes()
        totals = add(totals, total(part, most))
        one = _made(_of_part(scenario, program, part), wanted)
        if hourly:
            if minutes is not None:
                minutes.append(one)
            one |= {name: fold(name, one[name]) for name in FOLDINGS if name in one}
        if sampled.bin_ns != part.bin_ns:
            one |= _made(_of_samples(scenario, program, sampled), wanted)
        if "pod_samples" in wanted:
            pods_seen.append(sample_rows(part))
        for name, table in one.items():
            parts.setdefault(name, []).append(table)
    assert totals is not None, "a replication has one part at least"
    check_conservation(totals.whole, program.routes, outcome.replication)
    hours = FOLDINGS if hourly else ()
    tables = {
        name: _in_order(name, join(name, some)) if name in hours else _joined(name, some)
        for name, some in parts.items()
    }
    tables |= _made(_of_whole(scenario, program, outcome, totals, tables), wanted)
    if "pod_samples" in wanted and scenario.file.monitoring.keeps_pods(outcome.duration_ns):
        tables["pod_samples"] = pod_samples(outcome, pods_seen, scenario)
    if "requests" in wanted and outcome.requests is not None:
        tables["requests"] = request_table(outcome, program, scenario)
    return {name: tables[name] for name in columns.TABLES if name in tables}


def _of_part(scenario: Scenario, program: Program, part: RunOutcome) -> Makers:
    return {
        "route_windows": lambda: route_windows(part, program, scenario),
        "route_minutes": lambda: route_counts(part, program, scenario),
        "service_minutes": lambda: service_counts(part, program, scenario),
        **control_tables(part, scenario),
    }


def _of_samples(scenario: Scenario, program: Program, sampled: RunOutcome) -> Makers:
    return {
        "route_samples": lambda: route_counts(sampled, program, scenario, columns.ROUTE_SAMPLES),
        "service_samples": lambda: service_counts(sampled, program, scenario, columns.SERVICE_SAMPLES),
    }


def _of_whole(
    scenario: Scenario, program: Program, outcome: RunOutcome, totals: Totals, tables: Mapping[str, pd.DataFrame]
) -> Makers:
    return {
        "workloads": lambda: workload_table(outcome, totals),
        "pools": lambda: pool_table(outcome, totals),
        "routes": lambda: route_table(outcome, totals, program),
        "services": lambda: service_table(outcome, totals, program, scenario, tables["pods"]),
    }


def _made(makers: Makers, wanted: Collection[str]) -> dict[str, pd.DataFrame]:
    return {name: make() for name, make in makers.items() if name in wanted}


def _joined(name: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the parts of a table below each other, in the order that they have when they come as one."""
    if len(parts) == 1:
        return parts[0]
    return _in_order(name, pd.concat(parts, ignore_index=True))


def _in_order(name: str, table: pd.DataFrame) -> pd.DataFrame:
    key = _KEYED.get(name)
    if key is None:
        return table
    number, _ = pd.factorize(table[key])  # names in the order of their first rows
    return table.iloc[np.lexsort((table["time_s"].to_numpy(), number))].reset_index(drop=True)


_KEYED = {
    "route_windows": "route", "route_minutes": "route", "service_minutes": "service",
    "route_samples": "route", "service_samples": "service",
}  # fmt: skip
"""Tables whose rows stand name by name, and within a name by time."""


def build_histograms(
    program: Program, outcomes: Sequence[RunOutcome], *, daily: bool = False
) -> dict[str, pd.DataFrame]:
    """Return every table of `fvcapacity.results.columns.HISTOGRAMS`.

    Parameters
    ----------
    daily
        Keep a histogram a day instead of one a window: a quarter's would be tens of millions of rows.
    """
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in columns.HISTOGRAMS}
    for outcome in outcomes:
        for part in outcome.parts():
            for name, frame in _histograms_of(program, part, daily).items():
                key = "service" if name.startswith("service") else "route"
                renamed = frame.rename(columns={"name": key}).assign(replication=outcome.replication)
                parts[name].append(conform(columns.HISTOGRAMS[name], renamed))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


def _histograms_of(program: Program, outcome: RunOutcome, daily: bool) -> dict[str, pd.DataFrame]:
    statistics, span = outcome.statistics, windows_of(outcome)
    routes, services = (
        histogram[span.first : span.stop] for histogram in (statistics.route_histogram, statistics.service_histogram)
    )
    starts = span.starts_ns
    if daily and len(span):
        routes, services = (h.sum(axis=0, keepdims=True, dtype=np.int64) for h in (routes, services))
        starts = starts[:1]
    return {
        "route_histogram": sparse_histogram(routes, program.routes, starts),
        "route_open_histogram": sparse_histogram(statistics.route_open_histogram, program.routes, None),
        "service_histogram": sparse_histogram(services, program.services, starts),
    }
