"""An allocation as rows of one dimension: services, routes, teams or namespaces, with the rest in rows of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fvcapacity.cost.allocation import Dimension, by_route
from fvcapacity.cost.ledger import STAGING
from fvcapacity.results.result import Result

COMPONENTS = ("cpu", "memory", "storage", "network", "other")
"""What the amounts of a row are told apart in."""
_COMPONENT_OF = {"cpu": "cpu", "memory": "memory", "storage": "storage", "backup": "storage", "network": "network"}
_SHARES = ("allocated", "shared", "idle", "unallocated")
NO_TEAM = "no team"
NO_REQUESTS = "without requests"


def rows_by(allocation: pd.DataFrame, result: Result, dimension: Dimension) -> pd.DataFrame:
    """Return an allocation by a dimension.

    Parameters
    ----------
    allocation
        What `allocate` returned.

    Returns
    -------
    pandas.DataFrame
        Columns ``replication``, ``share``, ``name`` and `COMPONENTS` (USD). Every replication has every row, the
        dearest first within a share.
    """
    table = by_route(allocation, result) if dimension == "route" else allocation
    share, name = table["share"].copy(), table[dimension].copy()
    if dimension == "team":
        share = share.where((share != "allocated") | (name != ""), "unallocated")
    name = name.where(share == "allocated", _names_of_rest(table, share, dimension))
    component = table["component"].map(_COMPONENT_OF).fillna("other")
    sums = table.assign(share=share, name=name, component=component).pivot_table(
        index=["share", "name"], columns=["replication", "component"], values="cost_usd", aggfunc="sum", fill_value=0.0
    )
    numbers = sorted(result.tables["routes"]["replication"].unique())
    rows = [
        sums.reindex(columns=[(number, part) for part in COMPONENTS], fill_value=0.0)
        .set_axis(list(COMPONENTS), axis=1)
        .assign(replication=number)
        for number in numbers
    ]
    found = pd.concat(rows).reset_index()
    rank = found.groupby(["share", "name"])[list(COMPONENTS)].sum().sum(axis=1).rename("rank").reset_index()
    found = found.merge(rank, on=["share", "name"]).assign(order=found["share"].map(_SHARES.index))
    found = found.sort_values(["replication", "order", "rank", "name"], ascending=[True, True, False, True])
    return found[["replication", "share", "name", *COMPONENTS]].reset_index(drop=True)


def _names_of_rest(table: pd.DataFrame, share: pd.Series[str], dimension: Dimension) -> pd.Series[str]:
    """Return the names of rows that are nobody's: staging, the control plane, namespaces that work for all."""
    whose = table["namespace"] if dimension != "route" else table["namespace"].where(table["workload"] == "", "")
    names = np.select(
        [
            share == "idle",
            table["environment"] == STAGING,
            table["component"] == "control plane",
            (share == "shared") & (whose != ""),
            (share == "shared"),
            (share == "unallocated") & (dimension == "team") & (table["workload"] != ""),
        ],
        ["idle", STAGING, "control plane", whose, NO_REQUESTS, NO_TEAM],
        default="unallocated",
    )
    return pd.Series(names, index=table.index, dtype="str")
