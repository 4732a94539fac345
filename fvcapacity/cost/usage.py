"""What containers reserved and used, by the hour: what OpenCost's rule asks for.

A container is charged for the greater of its request and its use ("Workload Costs", OpenCost Specification 0.1), in
every hour anew. The pods of a workload are alike and share its requests at random, so that they are taken together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from fvcapacity.cost.calendar import local_dates
from fvcapacity.results.result import Result

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0
_MINUTES_A_HOUR = 60
RESOURCES = {"cpu": "core_h", "memory": "byte_h"}
"""Resources, and the unit in which their hours are counted."""
HOURS = [f"{name}_{what}_{unit}" for name, unit in RESOURCES.items() for what in ("request", "used", "charged")]
"""Columns of `container_days`: hours of what was requested, of what was used, and of the greater of both."""


def container_days(result: Result, time_zone: str) -> pd.DataFrame:
    """Return what every container reserved and used on every day.

    Returns
    -------
    pandas.DataFrame
        Columns ``replication``, ``day``, ``workload``, ``container``, ``pod_h`` and `HOURS`, in core-hours and
        byte-hours. Pods that no node took reserve nothing.
    """
    hours = pd.concat([_hours(minutes, time_zone) for minutes in _minutes(result)], ignore_index=True)
    keys = ["replication", "day", "hour", "workload"]
    hours = hours.groupby(keys, sort=False).sum().reset_index()  # a stretch may end within an hour
    split = _by_container(hours, result.tables["containers"])
    for name, unit in RESOURCES.items():
        split[f"{name}_charged_{unit}"] = np.maximum(split[f"{name}_request_{unit}"], split[f"{name}_used_{unit}"])
    keys = ["replication", "day", "workload", "container"]
    return split.groupby(keys, sort=False)[["pod_h", *HOURS]].sum().reset_index()


def _minutes(result: Result) -> Iterator[pd.DataFrame]:
    """Yield the minutes of the workloads, of a long run day by day."""
    if result.minutes is None:
        yield result.tables["workload_minutes"]
        return
    end = max(result.summary["run"]["simulated_s"], default=0.0)
    for number in range(int(end // DAY_S) + 1):
        # A sample at the very start of a day tells of the last minute of the one before.
        yield result.minutes.read("workload_minutes", from_s=number * DAY_S, until_s=(number + 1) * DAY_S)


def _hours(minutes: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """Return samples as hours of a calendar day; each stands for the minute that ends with it."""
    minutes = minutes[minutes["time_s"] > 0]
    begins = minutes["time_utc"] - pd.Timedelta(seconds=MINUTE_S)
    current = minutes["current"].to_numpy(dtype=float)
    placed = np.clip(current - minutes["pending"], 0, None) / np.where(current > 0, current, 1)
    share = 1 / _MINUTES_A_HOUR
    data = pd.DataFrame(
        {
            "replication": minutes["replication"],
            "day": local_dates(begins, time_zone),
            "hour": begins.dt.floor("h"),
            "workload": minutes["workload"],
            "pod_h": current * placed * share,
            "cpu_request_core_h": minutes["cpu_request_cores"] * placed * share,
            "cpu_used_core_h": minutes["cpu_usage_cores"] * share,
            "memory_request_byte_h": minutes["memory_request_bytes"] * placed * share,
            "memory_used_byte_h": minutes["memory_bytes"] * share,
        }
    )
    return data.groupby(["replication", "day", "hour", "workload"], sort=False).sum().reset_index()


def _by_container(hours: pd.DataFrame, containers: pd.DataFrame) -> pd.DataFrame:
    """Split what workloads did among their containers.

    Requests go by those of the template. Of the use, containers that serve no requests have their steady load, and the
    one that serves has the rest.
    """
    split = hours.merge(_shares(containers), on="workload", how="inner")
    for name, unit in RESOURCES.items():
        used, request = f"{name}_used_{unit}", f"{name}_request_{unit}"
        steady = split[f"{name}_steady"] * split["pod_h"]
        others = split[f"{name}_others"] * split["pod_h"]
        fitting = np.where(others > 0, np.minimum(1.0, split[used] / others.where(others > 0, 1.0)), 0.0)
        rest = split[used] - others * fitting
        split[used] = np.where(split["takes_rest"], rest, steady * fitting)
        split[request] = split[request] * split[f"{name}_share"]
    return split


def _shares(containers: pd.DataFrame) -> pd.DataFrame:
    """Return by what the containers of each workload share; without one that serves, the first takes the rest."""
    workload = containers["workload"]
    serves, first = containers["service"] != "", containers.groupby("workload").cumcount() == 0
    takes_rest = serves.where(serves.groupby(workload).transform("any"), first)
    found = pd.DataFrame({"workload": workload, "container": containers["container"], "takes_rest": takes_rest})
    for name, request, steady in (
        ("cpu", "cpu_request_cores", "steady_cpu_cores"),
        ("memory", "memory_request_bytes", "steady_memory_bytes"),
    ):
        asked, own = containers[request].fillna(0.0), containers[steady].astype(float)
        total, count = asked.groupby(workload).transform("sum"), asked.groupby(workload).transform("size")
        found[f"{name}_share"] = (asked / total.where(total > 0)).fillna(1 / count)
        found[f"{name}_steady"] = own
        found[f"{name}_others"] = own.where(~takes_rest, 0.0).groupby(workload).transform("sum")
    return found
