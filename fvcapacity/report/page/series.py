"""The lines of the timeline, from a result's tables: the first replication, which the events belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.report.page.facts import user_routes
from fvcapacity.report.page.grid import Grid, data_step_s, grid_of
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL

Values = np.ndarray[Any, np.dtype[np.float64]]
Unit = Literal["rps", "ms", "percent", "count"]
WINDOW_S = 300.0
_MOST_LINES = 5
_WORTH_A_LINE = 0.02
"""Smallest share of throttled periods at its worst that is worth a line."""


class Line(Frozen):
    """One line: a name from the data (``ALL`` is everything together), and a value for each step."""

    name: str
    values: Values


class Panel(Frozen):
    """Lines over one axis.

    Attributes
    ----------
    key
        ``traffic``, ``p95``, ``errors``, ``throttled``, ``replicas``, ``nodes``.
    limit
        The objective, in the panel's unit.
    band
        Fewest and most of all replications of the first line.
    """

    key: str
    unit: Unit
    grid: Grid
    lines: tuple[Line, ...]
    limit: float | None = None
    band: tuple[Values, Values] | None = None


def panels_of(result: Result) -> tuple[Panel, ...]:
    """Return the panels of a result; those without a line are left out."""
    made = (
        traffic(result),
        response_times(result),
        errors(result),
        throttling(result),
        replicas(result),
        nodes(result),
    )
    return tuple(panel for panel in made if panel.lines)


def traffic(result: Result) -> Panel:
    """Return requests a second of the user routes together."""
    rows = _first(result, "route_minutes")
    grid = _grid(result, rows)
    rows = rows[rows["route"].isin(user_routes(result))]
    counts = grid.line(rows["time_s"], rows["requests"], "sum")
    length = rows.groupby("time_s")["covered_s"].first()
    covered = grid.line(length.index.to_series(), length, "sum")
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = counts / np.where(covered > 0, covered, np.nan)
    return Panel("traffic", "rps", grid, (Line(ALL, rate),) if len(rows) else ())


def response_times(result: Result) -> Panel:
    """Return the p95 of windows in milliseconds: all routes, and those that are worst against the objective."""
    return _objective(result, "p95", "p95_s", 1e3, "ms")


def errors(result: Result) -> Panel:
    """Return the error ratio of windows in percent."""
    return _objective(result, "errors", "error_ratio", 100.0, "percent")


def throttling(result: Result) -> Panel:
    """Return the share of CPU periods in which a service stood still with its limit spent, in percent."""
    rows = _first(result, "service_minutes")
    grid = _grid(result, rows, at_least=WINDOW_S)
    found = []
    for name, own in rows.groupby("service", sort=False):
        periods = grid.line(own["time_s"], own["periods"], "sum")
        throttled = grid.line(own["time_s"], own["throttled_periods"], "sum")
        with np.errstate(invalid="ignore", divide="ignore"):
            share = throttled / np.where(periods > 0, periods, np.nan)
        if np.nanmax(share, initial=0.0) >= _WORTH_A_LINE:
            found.append((float(own["throttled_wait_s"].sum()), Line(str(name), 100 * share)))
    found.sort(key=lambda item: -item[0])
    return Panel("throttled", "percent", grid, tuple(line for _, line in found[:_MOST_LINES]))


def replicas(result: Result) -> Panel:
    """Return the ready pods of the workloads whose number changes most."""
    rows = _first(result, "workload_minutes")
    grid = _grid(result, rows)
    found = []
    for name, own in rows.groupby("workload", sort=False):
        spread = own["ready"].max() - own["ready"].min()
        if spread > 0 and not str(name).startswith("daemonset/"):  # those follow the machines
            found.append((float(spread), Line(_bare(str(name)), grid.line(own["time_s"], own["ready"], "max"))))
    found.sort(key=lambda item: -item[0])
    return Panel("replicas", "count", grid, tuple(line for _, line in found[:_MOST_LINES]))


def nodes(result: Result) -> Panel:
    """Return the machines that take pods, by pool."""
    rows = _first(result, "node_minutes")
    grid = _grid(result, rows)
    found = [
        Line(str(name), grid.line(own["time_s"], own["ready_nodes"], "max"))
        for name, own in rows.groupby("pool", sort=False)
    ]
    return Panel("nodes", "count", grid, tuple(found[:_MOST_LINES]))


def total(panel: Panel) -> Values:
    """Return the sum of a panel's lines."""
    summed: Values = np.nansum(np.stack([line.values for line in panel.lines]), axis=0)
    return summed


def _objective(result: Result, key: str, column: str, factor: float, unit: Unit) -> Panel:
    windows = result.tables["route_windows"]
    first = windows[windows["replication"] == 0]
    grid = _grid(result, first, at_least=WINDOW_S)
    part = next((item for item in result.summary["verdict"]["objectives"] if item["objective"] == key), None)
    names = [ALL, *_worst_routes(part["scopes"] if part else ())]
    lines = []
    for name in names:
        own = first[(first["route"] == name) & (first["judged"].astype(bool) | (name == ALL))]
        if len(own):
            lines.append(Line(name, factor * grid.line(own["time_s"], own[column], "max")))
    whole = windows[windows["route"] == ALL]
    band = None
    if whole["replication"].nunique() > 1:
        low = grid.line(whole["time_s"], whole[column], "min")
        high = grid.line(whole["time_s"], whole[column], "max")
        band = (factor * low, factor * high)
    return Panel(key, unit, grid, tuple(lines), float(part["threshold"]) if part else None, band)


def _worst_routes(scopes: Iterable[Any]) -> list[str]:
    """Return the routes that fail most often, or are nearest to it."""
    single = [item for item in scopes if item["scope"] != ALL and item["worst_value"]]
    single.sort(key=lambda item: (-float(item["failing_percent"]), -float(item["worst_value"])))
    failing = [item["scope"] for item in single if item["failing_windows"]]
    return (failing or [item["scope"] for item in single[:2]])[: _MOST_LINES - 1]


def _first(result: Result, name: str) -> pd.DataFrame:
    table = result.tables[name]
    return table[table["replication"] == 0]


def _grid(result: Result, rows: pd.DataFrame, *, at_least: float = 60.0) -> Grid:
    step = max(data_step_s(rows, at_least), at_least)
    return grid_of(float(result.summary["scenario"]["duration_s"]), step)


def _bare(key: str) -> str:
    return key.partition("/")[2] or key
