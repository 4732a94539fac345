"""A result as measurements: what a monitoring system that watched the simulated cluster would have kept.

It closes the loop: what was simulated with known demands can be calibrated, and the outcome held against them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from fvcapacity.errors import InputError
from fvcapacity.inputs.measurements import LATENCY, TRAFFIC, USAGE, Measurements, Provenance, joined
from fvcapacity.results.result import Result
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import serving_workload
from fvcapacity.tabular.frames import conform

BUCKETS_S = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.075,
    0.1,
    0.15,
    0.25,
    0.35,
    0.5,
    0.75,
    1.0,
    2.5,
    5.0,
    10.0,
    np.inf,
)
"""Upper edges of the latency buckets."""


def measurements_of(
    result: Result, scenario: Scenario, *, replication: int = 0, buckets_s: Sequence[float] = BUCKETS_S
) -> Measurements:
    """Return what would have been measured of one replication of a result.

    Parameters
    ----------
    result
        From ``simulate`` or ``load_result``. With ``monitoring: {interval: 15s}`` the measurements are as fine as that.
    scenario
        The scenario of the result: which container serves, and what the others beside it take.
    replication
        Which of the replications.
    buckets_s
        Upper edges of the latency buckets; an infinite one comes last in any case.

    Returns
    -------
    Measurements
        Traffic, usage and latency, as if they had been pulled from the cluster that was simulated.

    Raises
    ------
    InputError
        When the result has no such replication.
    """
    routes = _of(result, "route_samples" if "route_samples" in result.tables else "route_minutes", replication)
    services = _of(result, "service_samples" if "service_samples" in result.tables else "service_minutes", replication)
    if not len(routes):
        raise InputError(
            f"the result has no replication {replication}",
            hint=f"it has {result.tables['routes']['replication'].nunique()}",
        )
    times = np.sort(routes["time_s"].unique())
    interval = float(np.diff(times).min()) if len(times) > 1 else 60.0
    usage = [_from_services(services)]
    if "pod_samples" in result.tables:
        usage.append(_from_pods(_of(result, "pod_samples", replication), services, scenario, interval))
        usage.append(_desired(_of(result, "workload_minutes", replication), scenario, interval))
    else:
        usage.append(_from_workloads(_of(result, "workload_minutes", replication), scenario))
    whole = routes[routes["covered_s"] >= interval - 1e-6]
    traffic = conform(TRAFFIC, whole[["time_utc", "route", "requests", "failed"]])
    window = result.summary["scenario"]
    provenance = Provenance(
        source=f"simulated: {window['name']}",
        start=_instant(traffic["time_utc"].min()),
        end=_instant(traffic["time_utc"].max() + pd.Timedelta(interval, "s")),
        interval_s=interval,
        scrape_interval_s=interval,
        counts_from="simulated counters",
    )
    return Measurements(provenance, traffic, joined(USAGE, usage), _latency(result, replication, buckets_s))


def _of(result: Result, table: str, replication: int) -> pd.DataFrame:
    frame = result.tables[table]
    return frame[frame["replication"] == replication]


def _instant(stamp: pd.Timestamp) -> datetime:
    return stamp.to_pydatetime()


def _from_services(services: pd.DataFrame) -> pd.DataFrame:
    """Return counts of calls, periods, and CPU (replaced by the pods' where they were sampled)."""
    names = {"visits": "requests", "failed": "failed", "periods": "periods", "throttled_periods": "throttled_periods"}
    return pd.concat(
        [
            _long(services["time_utc"], services["service"], measure, services[column])
            for column, measure in names.items()
        ]
    )


def _long(times: pd.Series, services: pd.Series, measure: str, values: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"time_utc": times, "service": services, "measure": measure, "value": values.astype(float)})


def _workload_services(scenario: Scenario) -> dict[str, str]:
    """Return the service of every workload that serves one."""
    found = {name: serving_workload(scenario.cluster, name) for name in scenario.topology.services}
    return {workload.key: name for name, workload in found.items() if workload is not None}


def _beside(scenario: Scenario, workload: str) -> tuple[float, int]:
    """Return CPU (cores) and memory (bytes) of what runs beside the serving container of a pod."""
    loads = [load for key, load in scenario.topology.background.items() if key.startswith(f"{workload}/")]
    return sum(load.cpu for load in loads), sum(load.memory for load in loads)


def _from_pods(pods: pd.DataFrame, services: pd.DataFrame, scenario: Scenario, interval_s: float) -> pd.DataFrame:
    names = _workload_services(scenario)
    table = pods[pods["workload"].isin(names)].copy()
    table["service"] = table["workload"].map(names)
    beside = {key: _beside(scenario, key) for key in names}
    running = table["running"].to_numpy()
    table["cpu"] = (
        table["cpu_core_s"] - table["workload"].map(lambda key: beside[key][0]) * table["interval_s"] * running
    )
    table["memory"] = table["memory_bytes"] - table["workload"].map(lambda key: beside[key][1]) * running
    table["time_utc"] = (table["time_utc"] - pd.Timedelta(interval_s, "s")).dt.ceil(pd.Timedelta(interval_s, "s"))
    grouped = table.groupby(["time_utc", "service"], sort=True)
    sums = grouped[["cpu", "memory", "running", "ready", "open_requests"]].sum().astype(float)
    sums["peak"] = grouped["memory"].max()
    columns = {
        "cpu": "cpu_core_s",
        "memory": "memory_bytes",
        "peak": "memory_peak_bytes",
        "running": "pods",
        "ready": "ready",
        "open_requests": "open_requests",
    }
    flat = sums.reset_index()
    return pd.concat([_long(flat["time_utc"], flat["service"], new, flat[old]) for old, new in columns.items()])


def _desired(minutes: pd.DataFrame, scenario: Scenario, interval_s: float) -> pd.DataFrame:
    names = _workload_services(scenario)
    table = minutes[minutes["workload"].isin(names)]
    return _long(table["time_utc"], table["workload"].map(names), "desired", table["desired"])


def _from_workloads(minutes: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return the samples by the minute: those at the end of a minute are the minute's."""
    names = _workload_services(scenario)
    table = minutes[minutes["workload"].isin(names)].copy()
    table["service"] = table["workload"].map(names)
    beside = {key: _beside(scenario, key) for key in names}
    pods = table["current"] - table["pending"]
    times = table["time_utc"] - pd.Timedelta(60, "s")
    table["cpu"] = (table["cpu_usage_cores"] - table["workload"].map(lambda key: beside[key][0]) * pods) * 60.0
    table["memory"] = table["memory_bytes"] - table["workload"].map(lambda key: beside[key][1]) * pods
    parts = [
        _long(times, table["service"], new, table[old])
        for old, new in (("cpu", "cpu_core_s"), ("memory", "memory_bytes"))
    ]
    parts += [_long(times, table["service"], "pods", pods)]
    parts += [_long(times, table["service"], name, table[name]) for name in ("ready", "desired", "memory_peak_bytes")]
    kept: pd.DataFrame = pd.concat(parts)
    return pd.DataFrame(kept[kept["time_utc"] >= minutes["time_utc"].min()])


def _latency(result: Result, replication: int, buckets_s: Sequence[float]) -> pd.DataFrame:
    parts = []
    start = pd.Timestamp(result.tables["service_minutes"]["time_utc"].iloc[0])
    start -= pd.Timedelta(float(result.tables["service_minutes"]["time_s"].iloc[0]), "s")
    edges = np.array(sorted({*buckets_s, float("inf")}))
    for name, kind in (("service_histogram", "service"), ("route_histogram", "route")):
        table = result.histograms[name]
        table = table[table["replication"] == replication]
        bucket = np.searchsorted(edges, table["from_s"].to_numpy() * (1 + 1 / 128), side="left")
        frame = pd.DataFrame(
            {
                "time_utc": start + pd.to_timedelta(table["time_s"], "s"),
                "subject": f"{kind}/" + table[kind].astype(str),
                "le_s": edges[bucket],
                "count": table["count"].astype(float),
            }
        )
        parts.append(frame.groupby(["time_utc", "subject", "le_s"], as_index=False, sort=True).sum())
    return joined(LATENCY, parts)
