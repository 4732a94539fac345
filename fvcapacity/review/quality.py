"""Incidents against objectives, over all simulated days of a quarter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from fvcapacity.results.incidents import Incident, find_incidents
from fvcapacity.results.result import Result
from fvcapacity.review.quarter_summary import (
    IncidentKindPart,
    IncidentPart,
    ObjectiveOfQuarterPart,
    QualityPart,
)

_MOST = 12


def quality_part(results: Sequence[Result]) -> QualityPart:
    """Return what clients had of the quarter: of the first replication of each result."""
    found = [(result, incident) for result in results for incident in _incidents(result)]
    kinds: dict[str, list[float]] = {}
    for _, incident in found:
        kinds.setdefault(incident.kind, []).append(_minutes(incident))
    worst = sorted(found, key=lambda item: (-_minutes(item[1]), item[1].start_s))[:_MOST]
    routes = pd.concat([item.tables["routes"] for item in results])
    own = routes[(routes["replication"] == 0) & (routes["route"] == "all")]
    ended = float((own["served"] + own["failed"]).sum())
    return QualityPart(
        requests=float(own["requests"].sum()),
        failed_percent=100 * float(own["failed"].sum()) / ended if ended else None,
        objectives=_objectives(results),
        kinds=sorted(
            (IncidentKindPart(kind=kind, count=len(items), minutes=sum(items)) for kind, items in kinds.items()),
            key=lambda part: -part.minutes,
        ),
        worst=[_part(result, incident) for result, incident in worst],
    )


def _incidents(result: Result) -> list[Incident]:
    return find_incidents(result.tables, result.summary, 0)


def _minutes(incident: Incident) -> float:
    return max(incident.end_s - incident.start_s, 0.0) / 60


def _part(result: Result, incident: Incident) -> IncidentPart:
    scenario = result.summary["scenario"]
    start = pd.Timestamp(scenario["start_utc"]) + pd.Timedelta(seconds=incident.start_s)
    local = start.tz_convert(ZoneInfo(scenario["time_zone"]))
    return IncidentPart(
        kind=incident.kind,
        subject=incident.subject,
        day=f"{local:%Y-%m-%d}",
        time=f"{local:%H:%M}",
        minutes=_minutes(incident),
    )


def _objectives(results: Sequence[Result]) -> list[ObjectiveOfQuarterPart]:
    """Return each objective over all results; those with other thresholds stand by themselves."""
    groups: dict[tuple[str, float], list[dict[str, Any]]] = {}
    for result in results:
        for item in result.summary["verdict"]["objectives"]:
            groups.setdefault((item["objective"], item["threshold"]), []).append(item)
    return [_objective(items) for items in groups.values()]


def _objective(items: Sequence[dict[str, Any]]) -> ObjectiveOfQuarterPart:
    judged: dict[str, list[int]] = {}
    for item in items:
        for scope in item["scopes"]:
            counts = judged.setdefault(scope["scope"], [0, 0])
            counts[0] += scope["judged_windows"]
            counts[1] += scope["failing_windows"]
    percent = {name: 100 * failing / count for name, (count, failing) in judged.items() if count}
    allowed = float(items[0]["allowed_failing_percent"])
    worst = max(percent, key=lambda name: percent[name], default="")
    whole = judged.get("all", [0, 0])
    statuses = {item["status"] for item in items}
    status = "missed" if "missed" in statuses else "holds" if "holds" in statuses else "nothing to judge"
    return ObjectiveOfQuarterPart(
        objective=items[0]["objective"],
        threshold=items[0]["threshold"],
        unit=items[0]["unit"],
        allowed_failing_percent=allowed,
        status=status,  # type: ignore[arg-type]
        judged_windows=whole[0],
        failing_windows=whole[1],
        worst_scope=worst if percent.get(worst, 0.0) > 0 else "",
        worst_failing_percent=percent.get(worst, 0.0),
    )
