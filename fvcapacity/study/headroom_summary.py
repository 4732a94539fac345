"""The document that ``fvcap headroom --format json`` prints."""

from __future__ import annotations

import math
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import ConfigDict, Field

from fvcapacity.results.summary import Figure, Part, Utc
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.headroom import LARGEST, SMALLEST, Break, Headroom, Stage

HEADROOM_SCHEMA: Final = "fvcapacity/headroom/1"
"""Changes when a reader of older documents would stumble."""


class BreakPart(Part):
    """What breaks first."""

    multiple: float = Field(description="of the traffic, at which it was seen")
    at_utc: Utc = Field(description="start of the first failing window of five minutes")
    stretch: str = Field(description="why this part of the window was searched")
    reason: str
    bottleneck: str


class ReplicationPart(Part):
    """What one replication bears."""

    replication: int
    holds: float = Field(description="largest multiple that was seen to hold; 0 when none was")
    breaks: float | None = Field(description="smallest above it that was seen to break; null when none was")


class StagePart(Part):
    """The system as it is, or with what broke first mended."""

    mended: list[str]
    limit: Literal["found", "never holds", "never breaks"]
    multiple: Figure = Field(description="of the traffic: what the system bears, over the replications")
    replications: list[ReplicationPart]
    first: BreakPart | None
    sentence: str


class HeadroomSummary(Part):
    """The whole document."""

    model_config = ConfigDict(title="Headroom of a fvcapacity scenario")

    schema_version: Literal["fvcapacity/headroom/1"]
    scenario: str
    seed: int
    stages: list[StagePart]
    searched: list[str] = Field(description="the parts of the window that were searched, and why")
    whole: str = Field(description="what the replay of the whole window said; empty when there was none")
    stopped: str = Field(description="why there are no further stages")
    notes: list[str]


def headroom_summary(found: Headroom) -> dict[str, Any]:
    """Return what was found as a document of plain values."""
    scenario = found.scenario
    parts = [_stage(stage, scenario) for stage in found.stages]
    notes = [
        "The objectives are judged on the searched parts of the window; a multiple between two trials is not seen."
    ]
    if found.whole is None:
        notes.append("The whole window was not replayed.")
    return HeadroomSummary(
        schema_version=HEADROOM_SCHEMA,
        scenario=scenario.name,
        seed=scenario.file.seed,
        stages=parts,
        searched=[_searched(peak.start_ns, peak.duration_ns, peak.reason, scenario) for peak in found.stretches],
        whole=_whole(found),
        stopped=found.stopped,
        notes=notes,
    ).model_dump(mode="json")


def headroom_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the document."""
    schema = HeadroomSummary.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _stage(stage: Stage, scenario: Scenario) -> StagePart:
    multiple = stage.multiple
    mean = None if math.isnan(multiple.mean) else multiple.mean
    return StagePart(
        mended=list(stage.mended),
        limit=stage.limit,
        multiple=Figure(mean=mean, low_95=multiple.low, high_95=multiple.high),
        replications=[
            ReplicationPart(
                replication=item.replication,
                holds=item.holds,
                breaks=None if math.isinf(item.breaks) else item.breaks,
            )
            for item in stage.bisections
        ],
        first=None if stage.first is None else _break(stage.first),
        sentence=_sentence(stage, scenario),
    )


def _break(first: Break) -> BreakPart:
    return BreakPart(
        multiple=first.multiple,
        at_utc=first.at_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        stretch=first.stretch.reason,
        reason=first.reason,
        bottleneck=first.bottleneck,
    )


def _sentence(stage: Stage, scenario: Scenario) -> str:
    who = f"With {', '.join(stage.mended)} it" if stage.mended else "The system"
    if stage.limit == "never breaks":
        return f"{who} bears {LARGEST:g} times the traffic; more was not tried."
    if stage.limit == "never holds":
        words = _at(stage.first, scenario) if stage.first else ""
        return f"{who} keeps the objectives at no multiple down to 1/{1 / SMALLEST:g} of the traffic.{words}"
    multiple = stage.multiple
    interval = "" if multiple.low is None else f" (95 % interval {multiple.low:.2f} to {multiple.high:.2f})"
    assert stage.first is not None, "what breaks was seen"
    return f"{who} bears {multiple.mean:.2f} times the traffic{interval}.{_at(stage.first, scenario)}"


def _at(first: Break, scenario: Scenario) -> str:
    zone = ZoneInfo(scenario.file.time_zone)
    when = first.at_utc.tz_convert(zone).strftime("%a %H:%M")
    return f" At {first.multiple:.2f} times it breaks first at {when}: {first.bottleneck}"


def _searched(start_ns: int, duration_ns: int, reason: str, scenario: Scenario) -> str:
    zone = ZoneInfo(scenario.file.time_zone)
    begin = pd.Timestamp(scenario.start_ns + start_ns, tz="UTC").tz_convert(zone)
    end = begin + pd.Timedelta(duration_ns, "ns")
    return f"{begin:%a %d %b %H:%M} to {end:%a %H:%M}: {reason}"


def _whole(found: Headroom) -> str:
    if found.whole is None:
        return ""
    multiple = found.whole.scenario.file.traffic.scale / found.scenario.file.traffic.scale
    verdict = "holds" if found.whole.holds else "misses its objectives"
    return f"Replayed over the whole window at {multiple:.2f} times the traffic, the system {verdict}."
