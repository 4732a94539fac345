"""From the tables to the parts of the summary that tell of routes, services, scaling, nodes and money."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt
import pandas as pd

from fvcapacity.results import columns
from fvcapacity.results import summary as parts
from fvcapacity.results.estimators import Estimate, estimate_mean
from fvcapacity.results.route_tables import ALL
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.tabular.groups import rows_by

_ROUTE_FIGURES = ("requests", "served", "failed", "open_at_end", "error_ratio", "p50_s", "p90_s", "p95_s", "p99_s")
_SERVICE_FIGURES = (
    "visits",
    "failed",
    "refused",
    "cpu_core_s",
    "throttled_periods_ratio",
    "elapsed_mean_s",
    "queue_wait_mean_s",
    "queue_share",
    "cpu_share",
    "throttled_share",
    "others_share",
)


def figure(values: Sequence[float] | pd.Series[Any] | npt.NDArray[Any]) -> parts.Figure:
    """Return the mean over replications, with its interval when there are two or more."""
    return figure_of(estimate_mean([float(value) for value in values]))


def figure_of(estimate: Estimate) -> parts.Figure:
    """Return an estimate as documents have it."""
    mean = None if math.isnan(estimate.mean) else estimate.mean
    return parts.Figure(mean=mean, low_95=estimate.low, high_95=estimate.high)


def route_parts(routes: pd.DataFrame) -> list[parts.RoutePart]:
    """Return the routes in their order, `all` last."""
    causes = [column.name for column in columns.CAUSES]
    result = []
    for name, rows in rows_by(routes, "route", ("user", *causes, *_ROUTE_FIGURES)):
        by_cause = {cause: float(rows[cause].mean()) for cause in causes}
        result.append(
            parts.RoutePart(
                route=name,
                user=bool(rows["user"][0]),
                errors_by_cause={cause: mean for cause, mean in by_cause.items() if mean > 0},
                **{column: figure(rows[column]) for column in _ROUTE_FIGURES},
            )
        )
    return result


def service_parts(tables: Mapping[str, pd.DataFrame]) -> list[parts.ServicePart]:
    """Return the services in their order."""
    ready = {
        workload: (int(rows["ready_min"].min()), int(rows["ready_max"].max()))
        for workload, rows in rows_by(tables["workloads"], "workload", ("ready_min", "ready_max"))
    }
    largest = ("restarts", "oom_kills", "memory_peak_bytes")
    limits = ("cpu_limit_cores", "memory_limit_bytes")
    result = []
    for name, rows in rows_by(tables["services"], "service", ("workload", *limits, *largest, *_SERVICE_FIGURES)):
        workload = rows["workload"][0]
        fewest, most = ready.get(workload, (None, None))
        cpu_limit, memory_limit = (None if pd.isna(rows[limit][0]) else rows[limit][0] for limit in limits)
        result.append(
            parts.ServicePart(
                service=name,
                workload=workload,
                replicas_min=fewest,
                replicas_max=most,
                cpu_limit_cores=None if cpu_limit is None else float(cpu_limit),
                restarts_max=int(rows["restarts"].max()),
                oom_kills_max=int(rows["oom_kills"].max()),
                memory_peak_bytes=int(rows["memory_peak_bytes"].max()),
                memory_limit_bytes=None if memory_limit is None else int(memory_limit),
                **{column: figure(rows[column]) for column in _SERVICE_FIGURES},
            )
        )
    return result


def scaling_parts(tables: Mapping[str, pd.DataFrame], cluster: ClusterObjects) -> list[parts.ScalingPart]:
    """Return how every workload was scaled."""
    bounds = {
        f"{hpa.target_kind.lower()}/{hpa.target_name}": (hpa.min_replicas, hpa.max_replicas)
        for hpa in cluster.autoscalers
    }
    replications = sorted(tables["services"]["replication"].unique())
    counts = ("desired_min", "desired_max", "ready_min", "ready_max", "pending_max")
    result = []
    for name, rows in rows_by(tables["workloads"], "workload", ("replication", *counts, "minutes_at_maximum")):
        low, high = bounds.get(name, (None, None))
        minutes = dict(zip(rows["replication"], rows["minutes_at_maximum"], strict=True))
        result.append(
            parts.ScalingPart(
                workload=name,
                hpa_minimum=low,
                hpa_maximum=high,
                desired_min=int(rows["desired_min"].min()),
                desired_max=int(rows["desired_max"].max()),
                ready_min=int(rows["ready_min"].min()),
                ready_max=int(rows["ready_max"].max()),
                pending_max=int(rows["pending_max"].max()),
                minutes_at_maximum=figure([minutes.get(number, 0) for number in replications]),
            )
        )
    return result


def node_parts(tables: Mapping[str, pd.DataFrame]) -> list[parts.NodesPart]:
    """Return the node pools."""
    replications = sorted(tables["services"]["replication"].unique())
    result = []
    for pool, rows in tables["pools"].groupby("pool", sort=False):
        lives = tables["nodes"][tables["nodes"]["pool"] == pool]
        paid = lives.groupby("replication")["paid_s"].sum().reindex(replications, fill_value=0.0)
        result.append(
            parts.NodesPart(
                pool=str(pool),
                nodes_min=int(rows["nodes_min"].min()),
                nodes_max=int(rows["nodes_max"].max()),
                node_hours=figure(paid / 3600),
            )
        )
    return result


def cost_part(tables: Mapping[str, pd.DataFrame], currency: str) -> parts.CostPart | None:
    """Return the money, or None without a bill. A bill without ``replication`` counts once.

    Lines without a price (NaN) are left out of every sum and named; a sum of such lines alone is no figure.
    """
    bill = tables.get("bill")
    if bill is None or bill.empty:
        return None
    bill = bill if "replication" in bill else bill.assign(replication=0)
    replications = sorted(bill["replication"].unique())
    totals = bill.groupby("replication")["cost_usd"].sum(min_count=1)
    by_category = {
        str(category): figure(
            rows.groupby("replication")["cost_usd"].sum(min_count=1).reindex(replications, fill_value=0.0)
        )
        for category, rows in bill.groupby("category", sort=False)
    }
    routes = tables["routes"]
    served = routes[routes["route"] != ALL].groupby("replication")["served"].sum()
    per_thousand = [1000 * totals[n] / served[n] if served.get(n, 0) else math.nan for n in replications]
    return parts.CostPart(
        total_usd=figure(totals),
        by_category_usd=by_category,
        per_thousand_served_usd=figure(per_thousand),
        currency=currency,
        unpriced=[str(item) for item in bill.loc[bill["cost_usd"].isna(), "item"].unique()],
    )
