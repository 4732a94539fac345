"""The document that ``fvcap plan --format json`` prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import ConfigDict, Field

from fvcapacity.results.estimators import Estimate, estimate_mean
from fvcapacity.results.measures import MEASURES, MeasureName
from fvcapacity.results.result import Result
from fvcapacity.results.summary import Figure, Part, Status, Utc
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.planning.candidates import present_minimums
from fvcapacity.study.planning.figures import Rise
from fvcapacity.study.planning.plan import DayPlan, WavePlan
from fvcapacity.study.planning.search import Attempt, WaveSearch
from fvcapacity.study.planning.sentences import plan_sentence, wave_sentence

PLAN_SCHEMA: Final = "fvcapacity/plan/1"
"""Changes when a reader of older documents would stumble."""


class MinimumPart(Part):
    """One field that changes."""

    path: str = Field(description="`hpa/NAME.min` or `nodes/POOL.minimum`")
    before: int
    after: int


class ChangePart(Part):
    """What is to be set at one instant."""

    at_utc: Utc
    at_local: str = Field(description="ISO 8601 in the scenario's time zone, with the offset")
    name: str
    minimums: list[MinimumPart]


class RisePart(Part):
    """The rise of a wave, over the replays."""

    failing_windows: Figure = Field(description="judged windows of five minutes, of all routes, that miss an objective")
    judged_windows: int = Field(description="over all replays")
    held: int = Field(description="replays in which none failed")
    worst_p95_s: Figure = Field(description="largest p95 over all user requests of such a window")
    error_ratio: Figure
    pending_pod_s: Figure = Field(description="time of pods in the phase Pending within the rise, summed")


class TriedPart(Part):
    """Minimums that were tried on the rise of a wave."""

    minimums: str = Field(description="which, in words")
    values: dict[str, int]
    lead_s: float = Field(description="from the change to the rise")
    ready_s: float | None = Field(description="until all was ready, at most; null when that was not seen")
    in_time: bool = Field(description="whether all was ready before the rise, in every replay")
    rise: RisePart
    more_cost: Figure = Field(description="than left to the HPA, from the stretch's start to the top of the wave")
    chosen: bool = Field(description="whether it went into the proof, or would have")


class RaisedPart(Part):
    """What is raised for a wave."""

    from_utc: Utc
    until_utc: Utc
    lead_s: float
    values: dict[str, int]
    ready_s: float | None = Field(description="until all was ready, at most over the replays of the proof")
    in_time: int = Field(description="replays of the proof in which all was ready before the rise")


class WavePart(Part):
    """One event, and what is to be done for it."""

    name: str
    rise_utc: Utc = Field(description="the traffic begins to rise")
    top_utc: Utc
    end_utc: Utc = Field(description="it begins to fall")
    verdict: Literal["schedule", "helps", "leave it to the HPA", "no schedule helps"]
    sentence: str
    raised: RaisedPart | None
    alone: RisePart = Field(description="left to the HPA, in the proof")
    planned: RisePart | None = Field(description="with the schedule, in the proof; null when there is none")
    searched_alone: RisePart = Field(description="left to the HPA, in the search")
    tried: list[TriedPart]


class DifferencePart(Part):
    """A figure of the whole window, without and with the schedule."""

    measure: str
    unit: str
    alone: Figure
    planned: Figure
    difference: Figure = Field(description="with the schedule minus without, over pairs of replays of one customer")


class PlanSummary(Part):
    """The whole document."""

    model_config = ConfigDict(title="Plan of fvcapacity for events on the calendar")

    schema_version: Literal["fvcapacity/plan/1"]
    scenario: str
    time_zone: str
    start_utc: Utc
    duration_s: float
    seed: int = Field(description="of the search; the proof draws from others")
    searched_replications: int
    replications: int = Field(description="of the proof")
    sentence: str
    schedule: list[ChangePart] = Field(description="what was replayed in the proof; empty: leave all to the HPA")
    waves: list[WavePart]
    status_alone: Status
    status_planned: Status | None = Field(description="verdict on the whole window; null without a schedule")
    cost_unit: str = Field(description="USD, or h of machines where nothing has a price")
    differences: list[DifferencePart]
    notes: list[str]


def plan_summary(plan: DayPlan) -> dict[str, Any]:
    """Return a plan as a document of plain values."""
    scenario, proof = plan.scenario, plan.proof
    count = len(proof.waves[0].alone)
    return PlanSummary(
        schema_version=PLAN_SCHEMA,
        scenario=scenario.name,
        time_zone=scenario.file.time_zone,
        start_utc=_utc(scenario, 0),
        duration_s=scenario.file.window.duration / 1e9,
        seed=scenario.file.seed,
        searched_replications=len(plan.waves[0].search.alone.outcomes),
        replications=count,
        sentence=plan_sentence(plan),
        schedule=_changes(plan),
        waves=[_wave(wave, plan) for wave in plan.waves],
        status_alone=_status(proof.alone),
        status_planned=None if proof.planned is None else _status(proof.planned),
        cost_unit=_cost_unit(scenario),
        differences=_differences(plan),
        notes=[*plan.notes, *_notes(plan)],
    ).model_dump(mode="json")


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the document."""
    schema = PlanSummary.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _changes(plan: DayPlan) -> list[ChangePart]:
    zone = ZoneInfo(plan.scenario.file.time_zone)
    before, parts = present_minimums(plan.scenario), []
    for change in plan.schedule:
        minimums = [MinimumPart(path=path, before=before[path], after=value) for path, value in change.values.items()]
        at_utc = _utc(plan.scenario, epoch_ns(change.at, zone) - plan.scenario.start_ns)
        parts.append(ChangePart(at_utc=at_utc, at_local=change.at.isoformat(), name=change.name, minimums=minimums))
        before.update(change.values)
    return parts


def _wave(wave: WavePlan, plan: DayPlan) -> WavePart:
    scenario, event, proof = plan.scenario, wave.search.wave, wave.proof
    raised = None
    if wave.raised is not None:
        raised = RaisedPart(
            from_utc=_utc(scenario, wave.raised.from_ns),
            until_utc=_utc(scenario, event.end_ns),
            lead_s=wave.raised.lead_ns / 1e9,
            values=dict(wave.raised.values),
            ready_s=_finite(max(proof.ready_s)),
            in_time=sum(ready * 1e9 <= wave.raised.lead_ns for ready in proof.ready_s),
        )
    return WavePart(
        name=event.name,
        rise_utc=_utc(scenario, event.begin_ns),
        top_utc=_utc(scenario, event.top_ns),
        end_utc=_utc(scenario, event.end_ns),
        verdict=wave.verdict,
        sentence=wave_sentence(wave, plan),
        raised=raised,
        alone=_rise(proof.alone),
        planned=None if proof.planned is None else _rise(proof.planned),
        searched_alone=_rise([outcome.rise for outcome in wave.search.alone.outcomes]),
        tried=[_tried(attempt, wave.search, scenario) for attempt in wave.search.attempts],
    )


def _tried(attempt: Attempt, search: WaveSearch, scenario: Scenario) -> TriedPart:
    priced = _cost_unit(scenario) == "USD"
    return TriedPart(
        minimums=attempt.words,
        values=dict(attempt.values),
        lead_s=attempt.lead_ns / 1e9,
        ready_s=_finite(attempt.ready_s),
        in_time=attempt.in_time,
        rise=_rise([outcome.rise for outcome in attempt.outcomes]),
        more_cost=_figure(search.more(attempt, lambda outcome: outcome.usd if priced else outcome.node_hours)),
        chosen=attempt is search.best,
    )


def _rise(rises: Sequence[Rise]) -> RisePart:
    return RisePart(
        failing_windows=_figure(estimate_mean([float(rise.failing) for rise in rises])),
        judged_windows=sum(rise.judged for rise in rises),
        held=sum(rise.failing == 0 for rise in rises),
        worst_p95_s=_figure(estimate_mean([rise.worst_p95_s for rise in rises])),
        error_ratio=_figure(estimate_mean([rise.error_ratio for rise in rises])),
        pending_pod_s=_figure(estimate_mean([rise.pending_s for rise in rises])),
    )


def _differences(plan: DayPlan) -> list[DifferencePart]:
    proof = plan.proof
    if proof.planned is None:
        return []
    names: tuple[MeasureName, ...] = ("p95", "errors", "cost", "node_hours")
    return [
        DifferencePart(
            measure=name,
            unit=MEASURES[name].unit,
            alone=_figure(estimate_mean(proof.figures(name))),
            planned=_figure(estimate_mean(proof.figures(name, planned=True))),
            difference=_figure(proof.difference(name)),
        )
        for name in names
        if name != "cost" or _cost_unit(plan.scenario) == "USD"
    ]


def _notes(plan: DayPlan) -> list[str]:
    searched, proven = len(plan.waves[0].search.alone.outcomes), len(plan.waves[0].proof.alone)
    notes = [
        "A wave is judged from the beginning of its rise to half an hour after its top; no window may fail there.",
        f"Minimums were searched on {searched} replays of each rise; {proven} replays of the whole window with other "
        "seeds say what is done.",
    ]
    if proven == 1:
        notes.append("One replay: the differences carry no interval, and may be chance.")
    if _cost_unit(plan.scenario) != "USD":
        notes.append("The scenario has no prices: hours of machines stand for the cost.")
    return notes


def _status(result: Result) -> Status:
    status: Status = result.summary["verdict"]["status"]
    return status


def _cost_unit(scenario: Scenario) -> str:
    return "h" if scenario.prices is None or scenario.file.cost is None else "USD"


def _figure(estimate: Estimate) -> Figure:
    return Figure(mean=_finite(estimate.mean), low_95=estimate.low, high_95=estimate.high)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _utc(scenario: Scenario, offset_ns: int) -> str:
    return pd.Timestamp(scenario.start_ns + offset_ns, tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
