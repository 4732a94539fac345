"""How a machine's price is told apart in CPU and memory, which machines there were, and who was on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from fvcapacity.cost.calendar import HOUR_NS, Day
from fvcapacity.cost.volumes import GIB

CPU_TO_MEMORY = 0.031611 / 0.004237
"""What a core-hour is worth in GiB-hours of memory: the default prices of OpenCost (``configs/default.json``).

OpenCost tells the price of a machine apart in this ratio when the provider names only the whole.
"""
NS_PER_S = 10**9


def cpu_part(cpu_cores: float, memory_bytes: float) -> float:
    """Return the part of a machine's price that its CPU stands for; the rest is its memory's.

    With the ratio r, memory costs ``price / (r cores + GiB)`` a GiB-hour, and CPU r times that a core-hour.
    """
    weighted = CPU_TO_MEMORY * cpu_cores
    total = weighted + memory_bytes / GIB
    return weighted / total if total > 0 else 0.0


def pods_by_machines(pods: pd.DataFrame, nodes: pd.DataFrame, days: Sequence[Day]) -> pd.DataFrame:
    """Return on which kinds of machines the pods of a workload were.

    Parameters
    ----------
    pods, nodes
        Tables of one replication.
    days
        Of the window.

    Returns
    -------
    pandas.DataFrame
        Columns ``day``, ``workload``, ``resource``, ``purchase``, ``share`` (of the workload's pod-hours of that day).
    """
    placed = pods[pods["node"] != ""].merge(
        nodes.assign(resource=resource_of(nodes), purchase=purchase_of(nodes))[["node", "resource", "purchase"]],
        on="node",
        how="inner",
    )
    begin = placed["scheduled_s"].fillna(placed["created_s"]).to_numpy()
    end = placed["deleted_s"].fillna(np.inf).to_numpy()
    frames = []
    for day in days:
        inside = np.clip(np.minimum(end, day.end_ns / NS_PER_S) - np.maximum(begin, day.start_ns / NS_PER_S), 0, None)
        part = placed.assign(day=day.date, seconds=inside)[inside > 0]
        frames.append(part.groupby(["day", "workload", "resource", "purchase"], sort=False)["seconds"].sum())
    shares: pd.DataFrame = pd.concat(frames).reset_index()
    shares["share"] = shares["seconds"] / shares.groupby(["day", "workload"])["seconds"].transform("sum")
    return shares.drop(columns="seconds")


def resource_of(table: pd.DataFrame) -> pd.Series[str]:
    """Return ``pool/type`` of rows with these columns, as the bill names machines."""
    return table["pool"] + "/" + table["instance_type"]


def purchase_of(table: pd.DataFrame) -> pd.Series[str]:
    """Return how machines were bought, as the bill names it."""
    return pd.Series(np.where(table["spot"], "spot", "on_demand"), index=table.index, dtype="str")


def machine_hours(nodes: pd.DataFrame, day: Day) -> Mapping[tuple[str, str], float]:
    """Return the hours for which each kind of machine was paid on a day."""
    created, deleted = nodes["created_s"].to_numpy(), nodes["deleted_s"].fillna(np.inf).to_numpy()
    start, end = day.start_ns / NS_PER_S, day.end_ns / NS_PER_S
    inside = np.clip(np.minimum(deleted, end) - np.maximum(created, start), 0, None) * NS_PER_S / HOUR_NS
    rows = zip(resource_of(nodes), purchase_of(nodes), inside, strict=True)
    found: dict[tuple[str, str], float] = {}
    for resource, purchase, hours in rows:
        found[resource, purchase] = found.get((resource, purchase), 0.0) + float(hours)
    return found
