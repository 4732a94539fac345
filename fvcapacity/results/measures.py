"""Figures of single replications: what intervals, comparisons and stopping rules are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.results.route_tables import ALL

Tables = Mapping[str, pd.DataFrame]
PerReplication = pd.Series
"""float64 by number of the replication; NaN where there was nothing to measure."""

MeasureName = Literal["p95", "worst_p95", "errors", "cost", "node_hours"]


class RunMeasure(Frozen):
    """One figure of a replication.

    Attributes
    ----------
    name, words
        Short name, and how a sentence calls it.
    unit
        Unit of the figure: ``s``, ``1`` (a ratio), ``USD`` or ``h``.
    of
        From the tables of a result to the figure of every replication.
    """

    name: MeasureName
    words: str
    unit: str
    of: Callable[[Tables], PerReplication[Any]]


def route_figure(tables: Tables, column: str, route: str = ALL) -> PerReplication[Any]:
    """Return a column of the table ``routes`` for one route, by replication."""
    rows = tables["routes"][tables["routes"]["route"] == route]
    return pd.Series(rows[column].to_numpy(float), index=rows["replication"].to_numpy())


def _worst_p95(tables: Tables) -> PerReplication[Any]:
    windows = tables["route_windows"]
    judged = windows[windows["judged"]]
    worst = judged.groupby("replication")["p95_s"].max()
    return worst.reindex(_replications(tables)).astype(float)


def _cost(tables: Tables) -> PerReplication[Any]:
    bill = tables.get("bill")
    if bill is None:
        return pd.Series(float("nan"), index=_replications(tables))
    totals = bill.groupby("replication")["cost_usd"].sum(min_count=1)  # lines without a price alone are no figure
    return totals.reindex(_replications(tables)).astype(float)


def _node_hours(tables: Tables) -> PerReplication[Any]:
    paid = tables["nodes"].groupby("replication")["paid_s"].sum()
    return paid.reindex(_replications(tables), fill_value=0.0).astype(float) / 3600


def _replications(tables: Tables) -> list[int]:
    return sorted(int(number) for number in tables["routes"]["replication"].unique())


MEASURES: dict[MeasureName, RunMeasure] = {
    measure.name: measure
    for measure in (
        RunMeasure("p95", "p95 over all user requests", "s", lambda tables: route_figure(tables, "p95_s")),
        RunMeasure("worst_p95", "the worst p95 of a route in five minutes", "s", _worst_p95),
        RunMeasure("errors", "the error ratio", "1", lambda tables: route_figure(tables, "error_ratio")),
        RunMeasure("cost", "the cost of the window", "USD", _cost),
        RunMeasure("node_hours", "the node-hours", "h", _node_hours),
    )
}
"""Every figure that a replication has as a whole."""
