"""What an operator would call an incident, as a result tells it: from when to when, of which kind, and of what.

Equal things that are close together are one incident: windows that fail the objective one after the other, kills of one
workload at most ten minutes apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from fvcapacity.frozen import Frozen, replace
from fvcapacity.results.route_tables import ALL
from fvcapacity.results.verdict import ERRORS, P95, Measure, fails

IncidentKind = Literal[
    "latency", "errors", "oom-kill", "restart", "node-not-ready", "hpa-at-maximum", "unschedulable", "eviction",
    "no-ready-pod",
]  # fmt: skip
WINDOW_S = 300.0
TOGETHER_S = 600.0
"""Events of one kind and object that are at most so far apart are one incident."""

_REASONS: Mapping[str, IncidentKind] = {
    "OOMKilling": "oom-kill",
    "BackOff": "restart",
    "NodeNotReady": "node-not-ready",
    "FailedScheduling": "unschedulable",
    "Evicted": "eviction",
    "TaintManagerEviction": "eviction",
}
"""Warnings that begin or go on with an incident. A container that is restarted is told by `restart`, from its pod."""


_READ = ("route_windows", "events", "hpa", "workload_minutes", "node_minutes", "route_paths")
"""Tables that incidents are found in."""


class Incident(Frozen):
    """One incident; times are seconds from the window's start.

    ``subject`` is ``route/NAME``, ``route/all``, or ``kind/name`` of the object; ``method`` and ``path`` are those of a
    route, by which metrics name it.
    """

    kind: IncidentKind
    subject: str
    start_s: float
    end_s: float
    what: str
    method: str = ""
    path: str = ""


def find_incidents(
    tables: Mapping[str, pd.DataFrame], summary: Mapping[str, Any], replication: int = 0
) -> list[Incident]:
    """Return the incidents of one replication, in the order of their beginnings.

    Parameters
    ----------
    tables, summary
        Of a result.
    """
    own = {name: _of(tables[name], replication) for name in _READ if name in tables}
    limits = {item["objective"]: float(item["threshold"]) for item in summary["verdict"]["objectives"]}
    found = [
        *_objective(own["route_windows"], "latency", P95, limits["p95"]),
        *_objective(own["route_windows"], "errors", ERRORS, limits["errors"]),
        *_events(own["events"]),
        *_restarts(own["events"]),
        *_at_maximum(own["hpa"]),
        *_samples(own["workload_minutes"], "unschedulable", "pending", "pods that no node can take"),
        *_no_ready_pod(own["workload_minutes"]),
        *_nodes(own["node_minutes"]),
    ]
    found = [_with_path(item, own.get("route_paths")) for item in found]
    return sorted(_joined(found), key=lambda item: (item.start_s, item.kind, item.subject))


def _of(table: pd.DataFrame, replication: int) -> pd.DataFrame:
    return table[table["replication"] == replication] if "replication" in table else table


def _with_path(incident: Incident, paths: pd.DataFrame | None) -> Incident:
    kind, _, name = incident.subject.partition("/")
    rows = [] if paths is None or kind != "route" else _records(paths[paths["route"] == name])
    return replace(incident, method=str(rows[0]["method"]), path=str(rows[0]["path"])) if rows else incident


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict(orient="records")


def _objective(windows: pd.DataFrame, kind: IncidentKind, measure: Measure, limit: float) -> Iterator[Incident]:
    """Yield runs of judged windows that fail; a route's own only where the whole does not fail at the same time."""
    judged = windows[windows["judged"].astype(bool)]
    whole: set[float] = set()
    for route, rows in sorted(judged.groupby("route"), key=lambda item: item[0] != ALL):
        failing = [
            (float(row["time_s"]), float(row["covered_s"]), float(row[measure.column]) * measure.factor)
            for row in _records(rows)
            if fails(float(row[measure.column]) * measure.factor, limit)
        ]
        if route == ALL:
            whole = {time for time, _, _ in failing}
        own = failing if route == ALL else [item for item in failing if item[0] not in whole]
        for run in _runs(own, WINDOW_S):
            worst = max(value for _, _, value in run)
            what = f"{measure.words} up to {measure.text(worst)}"
            yield Incident(kind, f"route/{route}", run[0][0], run[-1][0] + run[-1][1], what)


def _runs(items: Iterable[tuple[float, float, float]], step: float) -> Iterator[list[tuple[float, float, float]]]:
    run: list[tuple[float, float, float]] = []
    for item in items:
        if run and item[0] - run[-1][0] > step * 1.5:
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def _events(events: pd.DataFrame) -> Iterator[Incident]:
    for row in _records(events[events["type"] == "Warning"]):
        kind = _REASONS.get(str(row["reason"]))
        if kind is None:
            continue
        time = float(row["time_s"])
        subject = str(row["workload"]) if row["workload"] and kind != "node-not-ready" else str(row["object"])
        yield Incident(kind, subject, time, time, f"{row['reason']}: {row['message']}")


def _restarts(events: pd.DataFrame) -> Iterator[Incident]:
    """Yield restarts: a container that is killed for its liveness probe, or is started again in the same pod."""
    started: set[str] = set()
    for row in _records(events[events["reason"] == "Started"]):
        if not str(row["object"]).startswith("pod/"):
            continue
        key = f"{row['object']} {row['message']}"
        time = float(row["time_s"])
        if key in started:
            yield Incident(
                "restart", str(row["workload"] or row["object"]), time, time, f"{row['object']} was restarted"
            )
        started.add(key)


def _at_maximum(syncs: pd.DataFrame) -> Iterator[Incident]:
    # Rows are chosen before they become records: of the others there are a hundred times as many.
    syncs = syncs[syncs["reasons"].str.contains("TooManyReplicas", regex=False)]
    for hpa, rows in syncs.groupby("hpa"):
        held = [
            (float(row["time_s"]), 0.0, float(row["desired"]))
            for row in _records(rows)
            if "TooManyReplicas" in str(row["reasons"]).split(";")
        ]
        for run in _runs(held, 60.0):
            what = f"wanted more than its {run[-1][2]:.0f} pods (TooManyReplicas)"
            yield Incident("hpa-at-maximum", str(hpa), run[0][0], run[-1][0] + 60.0, what)


def _samples(minutes: pd.DataFrame, kind: IncidentKind, column: str, what: str) -> Iterator[Incident]:
    for workload, rows in minutes[minutes[column] > 0].groupby("workload"):
        seen = [(float(row["time_s"]), 0.0, float(row[column])) for row in _records(rows)]
        for run in _runs(seen, 60.0):
            most = max(count for _, _, count in run)
            yield Incident(kind, str(workload), run[0][0], run[-1][0] + 60.0, f"{what}: up to {most:.0f}")


def _no_ready_pod(minutes: pd.DataFrame) -> Iterator[Incident]:
    for workload, rows in minutes[(minutes["desired"] > 0) & (minutes["ready"] == 0)].groupby("workload"):
        bare = [(float(row["time_s"]), 0.0, 0.0) for row in _records(rows)]
        for run in _runs(bare, 60.0):
            yield Incident("no-ready-pod", str(workload), run[0][0], run[-1][0] + 60.0, "no pod was ready")


def _nodes(minutes: pd.DataFrame) -> Iterator[Incident]:
    """Yield stretches in which a machine that was ready is so no longer (one that boots is no incident)."""
    for pool, rows in minutes.groupby("pool"):
        before, low = 0, []
        for row in _records(rows):
            nodes, ready = int(row["nodes"]), int(row["ready_nodes"])
            if ready < before and nodes > ready:
                low.append((float(row["time_s"]), 0.0, float(nodes - ready)))
            else:
                before = ready
        for run in _runs(low, 60.0):
            what = f"{max(count for _, _, count in run):.0f} machines not ready"
            yield Incident("node-not-ready", f"pool/{pool}", run[0][0], run[-1][0] + 60.0, what)


def _joined(found: Iterable[Incident]) -> list[Incident]:
    """Join incidents of one kind and subject that touch or are close together."""
    groups: list[list[Incident]] = []
    latest: dict[tuple[str, str], tuple[list[Incident], float]] = {}
    for item in sorted(found, key=lambda incident: incident.start_s):
        key = (item.kind, item.subject)
        gap = 0.0 if item.kind in ("latency", "errors") else TOGETHER_S
        group, end_s = latest.get(key, ([], -float("inf")))
        if item.start_s - end_s > gap:
            group, end_s = [], item.end_s
            groups.append(group)
        group.append(item)
        latest[key] = (group, max(end_s, item.end_s))
    return [_whole(group) for group in groups]


def _whole(group: Sequence[Incident]) -> Incident:
    first = group[0]
    counted = len(group) > 1 and first.kind in ("oom-kill", "restart", "eviction")
    what = f"{first.what} ({len(group)} times)" if counted else first.what
    return replace(first, end_s=max(item.end_s for item in group), what=what)
