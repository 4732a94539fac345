"""What a result comes to, in figures that are in no language: verdict, what broke first, what holds it back, money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.report.page.clock import Clock
from fvcapacity.results.incidents import Incident, find_incidents
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL

MONTH_H = 730.0
_WINDOW_S = 300.0
_INCIDENTS = {"p95": "latency", "errors": "errors"}
"""Which kind of incident a failing window of an objective is."""


class Missed(Frozen):
    """A route on which an objective is missed: its failing windows, of the judged ones of all replications."""

    route: str
    failing: int
    judged: int


class Objective(Frozen):
    """One objective over all its scopes; values are in ms or percent.

    ``worst`` is the worst judged window of any route, ``whole`` the worst one over all routes together.
    """

    name: str
    status: str
    threshold: float
    allowed_percent: float
    missed: tuple[Missed, ...]
    worst: float | None
    worst_route: str
    worst_s: float | None
    whole: float | None


class Cause(Frozen):
    """What holds the system back: the finding that costs users the most time.

    ``worst_percent`` and ``worst_s``: of throttling, the share of CPU periods in the worst five minutes, and when.
    """

    kind: str
    subject: str
    share_percent: float
    limit_cores: float | None
    worst_percent: float | None
    worst_s: float | None


class Facts(Frozen):
    """What the head of a page says of a run; counts are means of the replications."""

    status: str
    objectives: tuple[Objective, ...]
    requests: float
    failed: float
    error_percent: float | None
    peak_rps: float
    peak_s: float
    first: Incident | None
    cause: Cause | None
    usd: float | None
    month_usd: float | None
    per_thousand_usd: float | None
    unpriced: int
    nodes: tuple[int, int]
    node_hours: float
    restarts: int
    oom_kills: int


def facts_of(result: Result) -> Facts:
    """Return what a result comes to."""
    summary, clock = result.summary, Clock(result.summary)
    whole = next(item for item in summary["routes"] if item["route"] == ALL)
    cost = summary["cost"]
    usd = mean(cost["total_usd"]) if cost else None
    ratio = mean(whole["error_ratio"])
    rate = _rates(result)
    peak = float(rate.index[int(rate.to_numpy().argmax())]) if len(rate) else 0.0
    return Facts(
        status=summary["verdict"]["status"],
        objectives=tuple(_objective(item, clock) for item in summary["verdict"]["objectives"]),
        requests=mean(whole["requests"]) or 0.0,
        failed=mean(whole["failed"]) or 0.0,
        error_percent=None if ratio is None else 100 * ratio,
        peak_rps=float(rate.max()) if len(rate) else 0.0,
        peak_s=peak,
        first=_first(result),
        cause=_cause(result),
        usd=usd,
        month_usd=None if usd is None else usd * MONTH_H * 3600 / clock.duration_s,
        per_thousand_usd=mean(cost["per_thousand_served_usd"]) if cost else None,
        unpriced=len(cost["unpriced"]) if cost else 0,
        nodes=(sum(p["nodes_min"] for p in summary["nodes"]), sum(p["nodes_max"] for p in summary["nodes"])),
        node_hours=sum(mean(p["node_hours"]) or 0.0 for p in summary["nodes"]),
        restarts=sum(item["restarts_max"] for item in summary["services"]),
        oom_kills=sum(item["oom_kills_max"] for item in summary["services"]),
    )


def mean(estimate: Mapping[str, Any] | None) -> float | None:
    """Return the mean of an estimate of a summary."""
    return None if estimate is None or estimate["mean"] is None else float(estimate["mean"])


def user_routes(result: Result) -> list[str]:
    """Return the routes that the objectives judge, in the order of the topology."""
    return [item["route"] for item in result.summary["routes"] if item["user"] and item["route"] != ALL]


def _objective(part: Mapping[str, Any], clock: Clock) -> Objective:
    scopes = part["scopes"]
    missed = sorted(
        (item for item in scopes if item["status"] == "missed"),
        key=lambda item: (-float(item["failing_percent"]), item["scope"] == ALL),
    )
    single = [item for item in scopes if item["worst_value"] is not None and item["scope"] != ALL]
    whole = next((item["worst_value"] for item in scopes if item["scope"] == ALL), None)
    seen = single or [item for item in scopes if item["worst_value"] is not None]
    worst = max(seen, key=lambda item: float(item["worst_value"]), default=None)
    at = None if worst is None else (pd.Timestamp(worst["worst_utc"]) - clock.start).total_seconds()
    return Objective(
        name=part["objective"],
        status=part["status"],
        threshold=float(part["threshold"]),
        allowed_percent=float(part["allowed_failing_percent"]),
        missed=tuple(Missed(item["scope"], item["failing_windows"], item["judged_windows"]) for item in missed),
        worst=None if worst is None else float(worst["worst_value"]),
        worst_route="" if worst is None else str(worst["scope"]),
        worst_s=at,
        whole=whole,
    )


def _rates(result: Result) -> pd.Series[float]:
    """Return the requests of user routes a second by five minutes, of the first replication."""
    minutes = result.tables["route_minutes"]
    rows = minutes[(minutes["replication"] == 0) & minutes["route"].isin(user_routes(result))]
    bins = rows.groupby(rows["time_s"] // _WINDOW_S * _WINDOW_S)
    # Of a long run a row is an hour, and of every run the last one may be cut short: covered time, not the step.
    covered = rows.groupby("time_s")["covered_s"].first()
    return bins["requests"].sum() / covered.groupby(covered.index // _WINDOW_S * _WINDOW_S).sum().clip(lower=1e-9)


def _first(result: Result) -> Incident | None:
    """Return the first incident of the first replication that matters.

    A window that fails on a route that keeps its objective (a few may fail) broke nothing, nor does an HPA at its
    maximum by itself.
    """
    missed = {
        (_INCIDENTS[item["objective"]], f"route/{scope['scope']}")
        for item in result.summary["verdict"]["objectives"]
        for scope in item["scopes"]
        if scope["status"] == "missed"
    }
    for incident in find_incidents(result.tables, result.summary):
        judged = incident.kind in _INCIDENTS.values()
        if (incident.kind, incident.subject) in missed or (not judged and incident.kind != "hpa-at-maximum"):
            return incident
    return None


def _cause(result: Result) -> Cause | None:
    findings = [item for item in result.summary["bottleneck"]["findings"] if item["lost_s"] > 0]
    if not findings:
        return None
    top = findings[0]
    services = {item["service"]: item for item in result.summary["services"]}
    limit = services[top["subject"]]["cpu_limit_cores"] if top["subject"] in services else None
    worst, at = _worst_throttling(result, top["subject"]) if top["kind"] == "throttling" else (None, None)
    return Cause(top["kind"], top["subject"], float(top["share_percent"] or 0.0), limit, worst, at)


def _worst_throttling(result: Result, service: str) -> tuple[float | None, float | None]:
    minutes = result.tables["service_minutes"]
    rows = minutes[minutes["service"] == service]
    sums = rows.groupby(rows["time_s"] // _WINDOW_S * _WINDOW_S)[["periods", "throttled_periods"]].sum()
    sums = sums[sums["periods"] > 0]
    if sums.empty:
        return None, None
    share = sums["throttled_periods"] / sums["periods"]
    return 100 * float(share.max()), float(share.index[int(share.to_numpy().argmax())])
