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
from fvcapacity.results.outcome import RunOutcome, Tabulated
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

Tables = dict[str, pd.DataFrame]


def build_tables(
    scenario: Scenario, program: Program, outcomes: Sequence[RunOutcome], *, only: Collection[str] | None = None
) -> Tables:
    """Return every table of `columns.TABLES` but the bill, all replications below each other.

    Parameters
    ----------
    only
        Names of the tables that are wanted: a sweep has thousands of short runs, and most of what one of them takes
        is tables.

    Raises
    ------
    InvariantError
        When the requests of a replication do not add up.
    """
    wanted = _wanted(only)
    return join_tables(scenario, program, [_tables_of(scenario, program, one, None, wanted) for one in outcomes], only)


def tabulate(
    scenario: Scenario,
    program: Program,
    outcome: RunOutcome,
    minutes: MinuteWriter | None = None,
    *,
    daily: bool = False,
) -> Tabulated:
    """Return the tables and histograms of one replication, for `join_tables` and `join_histograms`.

    A long run (see `hours`) is gone through a day at a time, and has hours where others have minutes.

    Parameters
    ----------
    minutes
        Is given the minutes of a long run.
    daily
        Keep a histogram a day instead of one a window: a quarter's would be tens of millions of rows.

    Raises
    ------
    InvariantError
        When the requests of the replication do not add up.
    """
    histograms: dict[str, list[pd.DataFrame]] = {name: [] for name in columns.HISTOGRAMS}

    def look(part: RunOutcome) -> None:
        for name, frame in _histograms_of(program, part, daily).items():
            histograms[name].append(frame)

    tables = _tables_of(scenario, program, outcome, minutes, _wanted(None), look)
    return Tabulated(tables, {name: _below(frames) for name, frames in histograms.items()})


def join_tables(
    scenario: Scenario, program: Program, replications: Sequence[Tables], only: Collection[str] | None = None
) -> Tables:
    """Return the tables of all replications below each other, and those that belong to none of them."""
    wanted = _wanted(only)
    parts: dict[str, list[pd.DataFrame]] = {}
    for tables in replications:
        for name, table in tables.items():
            parts.setdefault(name, []).append(table)
    joined = {name: _below(tables) for name, tables in parts.items()}
    makers: Makers = {
        "containers": lambda: container_table(scenario, program),
        "route_paths": lambda: route_paths(scenario, program),
        "route_calls": lambda: route_calls(scenario),
    }
    if scenario.file.backups:
        makers["backups"] = lambda: backup_table(scenario)
    joined |= _made(makers, wanted)
    return {name: joined[name] for name in columns.TABLES if name in joined}


def join_histograms(replications: Sequence[Tabulated]) -> Tables:
    """Return every table of `columns.HISTOGRAMS`, all replications below each other."""
    return {name: _below([one.histograms[name] for one in replications]) for name in columns.HISTOGRAMS}


def _wanted(only: Collection[str] | None) -> frozenset[str]:
    wanted = frozenset(columns.TABLES if only is None else only)
    return wanted | {"pods"} if "services" in wanted else wanted  # whose restarts they count


def _tables_of(
    scenario: Scenario,
    program: Program,
    outcome: RunOutcome,
    minutes: MinuteWriter | None,
    wanted: frozenset[str],
    look: Callable[[RunOutcome], None] | None = None,
) -> Tables:
    """Return the tables of one replication, which may come in parts; who looks on is shown each as well."""
    hourly, most = is_long(scenario), largest_sizes(scenario.cluster)
    totals: Totals | None = None
    parts: dict[str, list[pd.DataFrame]] = {}
    pods_seen = []
    for sampled in outcome.parts():
        if look is not None:
            look(sampled)
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
    return parts[0] if len(parts) == 1 else _in_order(name, _below(parts))


def _below(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put frames below each other."""
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


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


def _histograms_of(program: Program, outcome: RunOutcome, daily: bool) -> dict[str, pd.DataFrame]:
    statistics, span = outcome.statistics, windows_of(outcome)
    routes, services = (
        histogram[span.first : span.stop] for histogram in (statistics.route_histogram, statistics.service_histogram)
    )
    starts = span.starts_ns
    if daily and len(span):
        routes, services = (h.sum(axis=0, keepdims=True, dtype=np.int64) for h in (routes, services))
        starts = starts[:1]
    found = {
        "route_histogram": sparse_histogram(routes, program.routes, starts),
        "route_open_histogram": sparse_histogram(statistics.route_open_histogram, program.routes, None),
        "service_histogram": sparse_histogram(services, program.services, starts),
    }
    return {name: _described(name, frame, outcome.replication) for name, frame in found.items()}


def _described(name: str, frame: pd.DataFrame, replication: int) -> pd.DataFrame:
    key = "service" if name.startswith("service") else "route"
    renamed = frame.rename(columns={"name": key}).assign(replication=replication)
    return conform(columns.HISTOGRAMS[name], renamed)
