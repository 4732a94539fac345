"""The document that ``fvcap sweep --format json`` prints."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import pandas as pd
from pydantic import ConfigDict, Field

from fvcapacity.results.estimators import estimate_mean
from fvcapacity.results.route_tables import ALL
from fvcapacity.results.summarize import utc_text
from fvcapacity.results.summary import Figure, Part, Status, Utc
from fvcapacity.scenario.model import KUBERNETES_RELEASE, Objectives, Scenario
from fvcapacity.scenario.paths import Value
from fvcapacity.study.sweep.axes import Axis
from fvcapacity.study.sweep.points import Point, point_text
from fvcapacity.study.sweep.task import facts

SWEEP_SCHEMA: Final = "fvcapacity/sweep/1"
"""Changes when a reader of older documents would stumble."""
DOCUMENT = "sweep.json"


class AxisPart(Part):
    """One varied field."""

    path: str
    values: list[str | int | float | bool | None]
    today: str | int | float | bool | None = Field(description="what the scenario says; null when it is not written")


class PointPart(Part):
    """One combination of values, and what its runs gave."""

    point: int = Field(description="number in the grid, the last axis fastest")
    values: dict[str, str | int | float | bool | None]
    status: Status = Field(description="over the windows of all runs, as `fvcap simulate` judges them")
    held_in: int = Field(description="runs that hold by themselves")
    runs: int
    p95_s: Figure
    worst_p95_s: Figure = Field(description="of a route in a window of five minutes")
    error_ratio: Figure
    cost_usd: Figure = Field(description="of the window")
    node_hours: Figure
    reason: str = Field(description="the worst of what misses an objective; empty where nothing does")


class SweepRunPart(Part):
    """What is needed to repeat the sweep."""

    plane: str
    seed: int = Field(description="of every point that does not vary it: run n draws the same customers everywhere")
    replications: int
    kubernetes: str = Field(description="release whose rules are emulated")
    versions: dict[str, str]


class ObjectivesPart(Part):
    """What the points are judged by, unless they vary it."""

    p95_ms: float
    error_percent: float
    failing_windows_percent: float


class SweepSummary(Part):
    """The whole document."""

    model_config = ConfigDict(title="Sweep of a fvcapacity scenario")

    schema_version: Literal["fvcapacity/sweep/1"]
    scenario: str
    changes: list[str] = Field(description="what the manifests of all points were patched with")
    start_utc: Utc
    time_zone: str
    duration_s: float
    run: SweepRunPart
    objectives: ObjectivesPart
    axes: list[AxisPart]
    sentence: str
    best: int | None = Field(description="the cheapest point that holds (without prices the fastest); null: none holds")
    points: list[PointPart]
    notes: list[str]


def sweep_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a sweep."""
    schema = SweepSummary.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def sweep_summary(
    base: Scenario, axes: Sequence[Axis], points: Sequence[Point], runs: pd.DataFrame, today: Mapping[str, Value]
) -> SweepSummary:
    """Return the summary of a finished sweep.

    Parameters
    ----------
    base
        The scenario that the points are made of.
    runs
        The table `RUNS`.
    today
        What the scenario says of each axis.
    """
    by_point = {int(str(number)): rows for number, rows in runs.groupby("point")}
    parts = [_point_part(point, axes, by_point[point.number]) for point in points]
    best = _best(parts)
    first, objectives = points[0].scenario.file, base.file.objectives
    replications = int(runs["replication"].nunique())
    return SweepSummary(
        schema_version=SWEEP_SCHEMA,
        scenario=base.name,
        changes=list(base.changes),
        start_utc=utc_text(pd.Timestamp(base.start_ns, tz="UTC")),
        time_zone=base.file.time_zone,
        duration_s=base.file.window.duration / 1e9,
        run=SweepRunPart(
            plane=first.plane,
            seed=first.seed,
            replications=replications,
            kubernetes=KUBERNETES_RELEASE,
            versions=dict(facts()),
        ),
        objectives=ObjectivesPart(
            p95_ms=objectives.p95_ms,
            error_percent=objectives.error_percent,
            failing_windows_percent=objectives.failing_windows_percent,
        ),
        axes=[AxisPart(path=axis.path, values=list(axis.values), today=today.get(axis.path)) for axis in axes],
        sentence=_sentence(parts, best, axes),
        best=None if best is None else best.point,
        points=parts,
        notes=list(_notes(axes, replications, parts)),
    )


def _point_part(point: Point, axes: Sequence[Axis], rows: pd.DataFrame) -> PointPart:
    status, reason = _verdict(rows["windows"].tolist(), point.scenario.file.objectives)
    return PointPart(
        point=point.number,
        values={axis.path: value for axis, value in zip(axes, point.values, strict=True)},
        status=status,
        held_in=int((rows["status"] == "holds").sum()),
        runs=len(rows),
        p95_s=_figure(rows["p95_s"]),
        worst_p95_s=_figure(rows["worst_p95_s"]),
        error_ratio=_figure(rows["error_ratio"]),
        cost_usd=_figure(rows["cost_usd"]),
        node_hours=_figure(rows["node_hours"]),
        reason=reason,
    )


def _figure(values: pd.Series[float]) -> Figure:
    estimate = estimate_mean(values.tolist())
    return Figure(mean=None if math.isnan(estimate.mean) else estimate.mean, low_95=estimate.low, high_95=estimate.high)


def _verdict(texts: Sequence[str], objectives: Objectives) -> tuple[Status, str]:
    """Return the verdict over the windows of all runs, as `results.verdict.judge` gives it, and what misses worst."""
    missed: list[tuple[float, str]] = []
    judged_at_all = False
    allowed = objectives.failing_windows_percent
    words = {"p95": ("p95", objectives.p95_ms, "ms"), "errors": ("errors", objectives.error_percent, "%")}
    for (objective, scope), counts in _pooled(texts).items():
        judged, failing, worst = counts
        judged_at_all = judged_at_all or judged > 0
        if judged and 100 * failing / judged > allowed:
            name, limit, unit = words[objective]
            where = "over all" if scope == ALL else f"on {scope}"
            text = (
                f"{name} {where}: {failing} of {judged} windows at {limit:g} {unit} or more, worst {worst:,.4g} {unit}"
            )
            missed.append((failing / judged, text))
    if missed:
        return "missed", max(missed, key=lambda item: item[0])[1]
    return ("holds" if judged_at_all else "nothing to judge"), ""


def _pooled(texts: Sequence[str]) -> dict[tuple[str, str], tuple[int, int, float]]:
    """Return judged windows, failing windows and the worst value of each objective and route over all runs."""
    found: dict[tuple[str, str], tuple[int, int, float]] = {}
    for text in texts:
        for objective, scopes in json.loads(text).items():
            for scope, (judged, failing, worst) in scopes.items():
                before = found.get((objective, scope), (0, 0, 0.0))
                value = max(before[2], worst or 0.0)
                found[objective, scope] = before[0] + judged, before[1] + failing, value
    return found


def _best(parts: Sequence[PointPart]) -> PointPart | None:
    """Return the cheapest point that holds, the fastest of equals; without prices the fastest."""
    holding = [part for part in parts if part.status == "holds"]

    def rank(part: PointPart) -> tuple[float, float, int]:
        cost, p95 = part.cost_usd.mean, part.p95_s.mean
        return (math.inf if cost is None else cost, math.inf if p95 is None else p95, part.point)

    return min(holding, key=rank, default=None)


def _sentence(parts: Sequence[PointPart], best: PointPart | None, axes: Sequence[Axis]) -> str:
    count = len(parts)
    if best is None:
        return f"None of {count} points keeps the objectives." if count > 1 else "The point misses the objectives."
    holding = sum(part.status == "holds" for part in parts)
    which = "the fastest" if best.cost_usd.mean is None else "the cheapest of them"
    money = "" if best.cost_usd.mean is None else f", USD {best.cost_usd.mean:,.2f} for the window"
    verb = "keeps" if holding == 1 else "keep"
    where = point_text(axes, [best.values[axis.path] for axis in axes])
    words = where if holding == 1 else f"{which}: {where}"
    return f"{holding} of {count} points {verb} the objectives; {words}{money}."


def _notes(axes: Sequence[Axis], replications: int, parts: Sequence[PointPart]) -> list[str]:
    notes = []
    if replications == 1:
        notes.append("One run each: the figures carry no interval, and differences may be chance.")
    if any(part.runs > part.held_in > 0 for part in parts):
        notes.append("Points that hold in some runs only are near the border: more replications tell.")
    if any(axis.path.startswith(("objectives.", "window.")) for axis in axes):
        notes.append("The points are not judged by the same: an objective or the window is varied.")
    if any(axis.path != "seed" for axis in axes) and not any(axis.path == "seed" for axis in axes):
        notes.append("Run n draws the same customers at every point.")
    return notes
