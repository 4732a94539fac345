"""What keeps the system from helping itself: HPAs at their maximum or blind, pods without a node, full memories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

import pandas as pd

from fvcapacity.results.finding import Finding
from fvcapacity.results.lost_time import bin_length_s, span_of
from fvcapacity.scenario.cluster import HorizontalPodAutoscaler
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.groups import Rows, rows_by
from fvcapacity.units import format_bytes

MEMORY_NEAR = 0.9
"""Share of its memory limit from which on a pod is worth telling."""


def scaling_findings(tables: Mapping[str, pd.DataFrame], scenario: Scenario) -> Iterator[Finding]:
    """Yield what keeps replicas or nodes from following the traffic."""
    syncs = dict(rows_by(tables["hpa"], "hpa", ("time_s", "reasons")))
    for hpa in scenario.cluster.autoscalers:
        of_hpa = syncs.get(f"hpa/{hpa.name}")
        if of_hpa is not None:
            yield from _at_maximum(hpa, of_hpa, tables, scenario)
            yield from _blind(hpa, list(of_hpa["reasons"]))
    minutes = tables["workload_minutes"]
    pending = minutes[minutes["pending"] > 0]
    for workload in minutes["workload"].unique() if len(pending) else ():
        rows = pending[pending["workload"] == workload]
        if len(rows):
            yield _pending(str(workload), rows, tables, scenario)
    yield from _memory_near(tables["services"])


def _at_maximum(
    hpa: HorizontalPodAutoscaler, syncs: Rows, tables: Mapping[str, pd.DataFrame], scenario: Scenario
) -> Iterator[Finding]:
    at = [at for at, reasons in zip(syncs["time_s"], syncs["reasons"], strict=True) if "TooManyReplicas" in reasons]
    if not at:
        return
    bins = _bins(tables)
    step = bin_length_s(bins)
    amount = (pd.Series(at) // step * step).value_counts().reindex(bins, fill_value=0).astype(float)
    if not amount.sum():
        return
    words = span_of(amount, _start(scenario), _zone(scenario)).words
    maximum = f"{hpa.max_replicas} {'replica' if hpa.max_replicas == 1 else 'replicas'}"
    yield Finding(
        "hpa_at_maximum",
        hpa.target_name,
        f"hpa/{hpa.name} wants more than its maximum of {maximum} {words}",
        because=f"its HPA stands at its maximum of {maximum}",
    )


def _blind(hpa: HorizontalPodAutoscaler, syncs: Sequence[str]) -> Iterator[Finding]:
    failed = [reasons for reasons in syncs if "FailedGet" in reasons]
    if not failed:
        return
    names = sorted({r for text in failed for r in text.split(";") if r.startswith("FailedGet")})
    yield Finding(
        "hpa_blind",
        hpa.target_name,
        f"hpa/{hpa.name} could not read a metric in {len(failed):,} of {len(syncs):,} syncs ({', '.join(names)})",
        because="its HPA cannot read its metrics" if len(failed) == len(syncs) else "",
    )


def _pending(workload: str, rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame], scenario: Scenario) -> Finding:
    bins = _bins(tables)
    step = bin_length_s(bins)
    amount = rows.groupby(rows["time_s"] // step * step)["pending"].sum().reindex(bins, fill_value=0)
    words = span_of(amount.astype(float), _start(scenario), _zone(scenario)).words if amount.sum() else ""
    most = int(rows["pending"].max())
    pods = "1 pod finds" if most == 1 else f"up to {most} pods find"
    full = _full_pools(tables["pools"], scenario)
    why = f": {full}" if full else ""
    name = workload.partition("/")[2]
    text = f"{pods} no node {words}{why}".replace("  ", " ").rstrip()
    return Finding("pending_pods", name, f"{name}: {text}", because=f"{pods} no node{why}")


def _full_pools(pools: pd.DataFrame, scenario: Scenario) -> str:
    """Name the pools that reached their largest size."""
    most = pools.groupby("pool")["nodes_max"].max().to_dict()
    full = [
        f"pool {name} stands at its maximum of {pool.maximum}"
        for name, pool in scenario.file.nodes.items()
        if name in most and most[name] >= pool.maximum
    ]
    return " and ".join(full)


def _memory_near(services: pd.DataFrame) -> Iterator[Finding]:
    for name, rows in rows_by(services, "service", ("memory_peak_bytes", "memory_limit_bytes", "oom_kills")):
        peak, limit = rows["memory_peak_bytes"].max(), rows["memory_limit_bytes"].max()
        if limit > 0 and peak >= MEMORY_NEAR * limit and not rows["oom_kills"].any():
            text = f"the largest pod of {name} holds {100 * peak / limit:.0f} % of its {format_bytes(int(limit))}"
            yield Finding("memory_near_limit", name, text)


def _bins(tables: Mapping[str, pd.DataFrame]) -> list[float]:
    """Return where the minutes of the window begin, or the hours of a long one."""
    return sorted(float(offset) for offset in tables["service_minutes"]["time_s"].unique())


def _start(scenario: Scenario) -> pd.Timestamp:
    return pd.Timestamp(scenario.start_ns, tz="UTC")


def _zone(scenario: Scenario) -> ZoneInfo:
    return ZoneInfo(scenario.file.time_zone)
