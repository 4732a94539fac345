"""The document of a recommendation: ``recommendation.json``, and what ``fvcap recommend --format json`` prints.

The same for the same scenario and seed: no time of the clock, no number of processes and no path stands in it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pydantic import ValidationError

from fvcapacity.errors import InputError, Location, Problem, ScenarioError
from fvcapacity.frozen import asdict
from fvcapacity.recommend.answer import Answer
from fvcapacity.recommend.document_parts import (
    ContainerPart,
    EvidencePart,
    FieldPart,
    IdlePart,
    MissingPart,
    MoneyPart,
    NearestPart,
    ObjectPart,
    PlacePart,
    PointPart,
    PolicyPart,
    ProofPart,
    RecommendationDocument,
    SlackPart,
    SystemPart,
)
from fvcapacity.recommend.evaluation import Place
from fvcapacity.recommend.evidence import Evidence, Proof, ProvenSystem
from fvcapacity.recommend.explanation import binding
from fvcapacity.recommend.recommend import Recommendation
from fvcapacity.results.summarize import scenario_digest, utc_text
from fvcapacity.results.summarize_tables import figure_of
from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.paths.settings import pool_document

RECOMMENDATION_SCHEMA: Final = "fvcapacity/recommendation/1"
"""Changes when a reader of older documents would stumble."""
DOCUMENT = "recommendation.json"


def recommendation_document(answer: Answer) -> dict[str, Any]:
    """Return an answer as a document of plain values."""
    found, scenario = answer.search, answer.scenario
    document = RecommendationDocument(
        schema_version=RECOMMENDATION_SCHEMA,
        scenario=scenario.name,
        sha256=scenario_digest(scenario),
        seed=scenario.file.seed,
        verdict=answer.verdict,
        sentence=answer.sentence,
        nearest=answer.nearest,
        complete=found is None or found.complete,
        money=_money(answer),
        fields=[
            FieldPart(path=f.path, owner=f.owner, today=f.today, value=f.value, changes=f.changes, why=f.why)
            for f in answer.fields
        ],
        objects=_objects(answer),
        pools=_pools(answer),
        front=[PointPart(**asdict(point)) for point in (found.front if found else ()) if math.isfinite(point.p95_s)],
        nearest_candidate=_nearest(answer),
        mended=list(found.mended) if found else [],
        tried_at=[_place(answer, place) for place in (found.stretches if found else ())],
        candidates=len(found.tried) if found else 0,
        evidence=None if answer.evidence is None else _evidence(answer.evidence),
        containers=[
            ContainerPart(container=item.path, **{k: v for k, v in asdict(item).items() if k != "path"})
            for item in answer.containers
        ],
        slack=_slack(found),
        binding=dict(binding(answer.fields)),
        policy=_policy(answer),
        missing=MissingPart(
            intervals=answer.missing.intervals,
            filled=answer.missing.filled,
            ratio=answer.missing.ratio,
            longest_gap_s=answer.missing.longest_gap_s,
        ),
        notes=list(answer.notes),
    )
    return document.model_dump(mode="json")


def fields_of(document: dict[str, Any], owner: str) -> list[dict[str, Any]]:
    """Return the decided fields of a workload, or of ``nodes/general``.

    Raises
    ------
    ScenarioError
        When none of its fields was decided, with the nearest name.
    """
    known = list(dict.fromkeys(item["owner"] for item in document["fields"]))
    if owner not in known:
        message = f"nothing was decided of {owner!r}"
        raise ScenarioError(Problem(message, field="--explain", hint=did_you_mean(owner, known) if known else ""))
    return [item for item in document["fields"] if item["owner"] == owner]


def recommendation_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the document."""
    schema = RecommendationDocument.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def document_json(document: dict[str, Any]) -> str:
    """Return a document as the text that is written and printed."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def load_recommendation(path: str | Path) -> dict[str, Any]:
    """Read a document that was written: ``recommendation.json``, or the directory that holds it.

    Raises
    ------
    InputError
        When it cannot be read, or is none of ours.
    """
    file = Path(path) / DOCUMENT if Path(path).is_dir() else Path(path)
    try:
        return RecommendationDocument.model_validate_json(file.read_bytes()).model_dump(mode="json")
    except OSError as error:
        message = f"it cannot be read: {error.strerror or error}"
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(step) for step in first["loc"])
        message = f"it is no recommendation of this version: {at + ': ' if at else ''}{first['msg']}"
    hint = "give a scenario, or what `fvcap recommend SCENARIO --out DIR` wrote"
    raise InputError(Problem(message, Location(str(file)), hint=hint))


def _money(answer: Answer) -> MoneyPart:
    found = answer.search
    systems = {} if answer.evidence is None else {system.name: system for system in answer.evidence.systems}
    today, own = systems.get("today"), systems.get("recommended")
    return MoneyPart(
        today_usd=None if found is None else _finite(found.today_usd),
        usd=None if found is None else _finite(found.usd),
        today_proven_usd=None if today is None or today.usd is None else figure_of(today.usd),
        proven_usd=None if own is None or own.usd is None else figure_of(own.usd),
    )


def _objects(answer: Answer) -> list[ObjectPart]:
    if answer.handover is None:
        return []
    return [
        ObjectPart(
            kind=item["kind"],
            name=item["metadata"]["name"],
            namespace=item["metadata"]["namespace"],
            spec=dict(item["spec"]),
            why=answer.handover.reasons.get(f"{item['kind'].lower()}/{item['metadata']['name']}", ""),
        )
        for item in answer.handover.objects
    ]


def _pools(answer: Answer) -> dict[str, dict[str, Any] | None]:
    pools = {} if answer.handover is None else answer.handover.pools
    return {name: None if pool is None else pool_document(pool) for name, pool in pools.items()}


def _slack(found: Recommendation | None) -> SlackPart | None:
    slack = None if found is None else found.slack
    if slack is None:
        return None
    return SlackPart(
        sentence=slack.sentence,
        ratio=_finite(slack.ratio),
        covered_ratio=_finite(slack.covered_ratio),
        parts=[
            IdlePart(container=item.owner, **{k: v for k, v in asdict(item).items() if k != "owner"})
            for item in slack.parts
        ],
    )


def _nearest(answer: Answer) -> NearestPart | None:
    near = answer.search.nearest if answer.search else None
    if near is None:
        return None
    return NearestPart(
        values=dict(near.values), excess=_finite(near.excess), why_not=near.why_not, bears=_finite(near.bears)
    )


def _place(answer: Answer, place: Place) -> PlacePart:
    start_ns = answer.scenario.during(place.stretch).start_ns + place.peak.start_ns
    return PlacePart(
        stretch=place.stretch,
        start_utc=utc_text(pd.Timestamp(start_ns, tz="UTC")),
        duration_s=place.peak.duration_ns / 1e9,
        reason=place.peak.reason,
        replication=place.replication,
    )


def _evidence(evidence: Evidence) -> EvidencePart:
    return EvidencePart(
        sentence=evidence.sentence,
        holds=evidence.holds,
        cheaper_than=list(evidence.cheaper_than),
        beaten_by=list(evidence.beaten_by),
        systems=[_system(system) for system in evidence.systems],
    )


def _system(system: ProvenSystem) -> SystemPart:
    return SystemPart(
        name=system.name,
        values=dict(system.values),
        holds=system.holds,
        usd=None if system.usd is None else figure_of(system.usd),
        proofs=[_proof(proof) for proof in system.proofs],
        why_not=system.why_not,
    )


def _proof(proof: Proof) -> ProofPart:
    return ProofPart(
        part=proof.part,
        trials=proof.trials,
        held=proof.held,
        p95_s=figure_of(proof.p95_s),
        error_ratio=figure_of(proof.error_ratio),
        oom_kills=proof.oom_kills,
        throttled_ratio=proof.throttled_ratio,
        slack_ratio=_finite(proof.slack_ratio),
        first_failure=proof.first_failure,
    )


def _policy(answer: Answer) -> PolicyPart:
    policy = answer.scenario.file.recommend
    return PolicyPart(**{name: getattr(policy, name) for name in PolicyPart.model_fields})


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
