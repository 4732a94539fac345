"""From scenario, tables, verdict and bottleneck to the summary."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from importlib.metadata import PackageNotFoundError, version

import pandas as pd

from fvcapacity.dataplane.histogram import RELATIVE_ERROR
from fvcapacity.results import summary as parts
from fvcapacity.results.bottleneck import Bottleneck
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.price_age import stale_items, stale_note
from fvcapacity.results.recovery import recovery_parts
from fvcapacity.results.scenario_text import portable_path, scenario_text
from fvcapacity.results.summarize_tables import cost_part, node_parts, route_parts, scaling_parts, service_parts
from fvcapacity.results.verdict import ObjectiveVerdict, Verdict
from fvcapacity.scenario.model import KUBERNETES_RELEASE, Scenario
from fvcapacity.scenario.traffic import Traffic
from fvcapacity.units import format_duration

_VERSIONED = ("fvcapacity", "numba", "numpy", "pandas", "simpy")
"""Packages whose versions can change a figure."""


def summarize(
    scenario: Scenario,
    outcomes: Sequence[RunOutcome],
    tables: Mapping[str, pd.DataFrame],
    verdict: Verdict,
    bottleneck: Bottleneck,
    stopping: parts.StoppingPart | None = None,
    *,
    text: str | None = None,
) -> parts.Summary:
    """Return the summary of a result.

    Parameters
    ----------
    scenario
        As run, options included.
    tables
        All tables; ``bill`` may be missing.
    text
        What `scenario_text` returned for the scenario; made here by default.
    stopping
        Why it stopped, when the number of replications was not fixed.
    """
    numbers = _in_figures(outcomes)
    if len(numbers) < len(outcomes):
        tables = _of_replications(tables, numbers)
    return parts.Summary(
        schema_version=parts.SCHEMA_VERSION,
        scenario=_scenario_part(scenario, text),
        run=_run_part(scenario, outcomes, stopping),
        verdict=parts.VerdictPart(
            status=verdict.status,
            reason=verdict.reason,
            objectives=[_objective_part(objective) for objective in verdict.objectives],
        ),
        bottleneck=parts.BottleneckPart(
            sentence=bottleneck.sentence,
            findings=[
                parts.FindingPart(
                    kind=finding.kind,
                    subject=finding.subject,
                    sentence=finding.sentence,
                    lost_s=finding.lost_s,
                    share_percent=finding.share_percent,
                )
                for finding in bottleneck.findings
            ],
        ),
        percentile_relative_error=RELATIVE_ERROR,
        routes=route_parts(tables["routes"]),
        services=service_parts(tables),
        scaling=scaling_parts(tables, scenario.cluster),
        nodes=node_parts(tables),
        cost=cost_part(tables, scenario.file.cost.currency if scenario.file.cost else "USD"),
        recovery=recovery_parts(scenario),
        notes=[
            *_notes(scenario, outcomes),
            *stale_note(stale_items(tables.get("bill"), pd.Timestamp(scenario.start_ns, tz="UTC").date())),
            *([stopping.sentence] if stopping else []),
        ],
    )


def _in_figures(outcomes: Sequence[RunOutcome]) -> list[int]:
    """Return the replications that means are taken over: a cut one would pull every total down."""
    complete = [outcome.replication for outcome in outcomes if outcome.complete]
    return complete or [outcome.replication for outcome in outcomes]


def _of_replications(tables: Mapping[str, pd.DataFrame], numbers: Sequence[int]) -> dict[str, pd.DataFrame]:
    return {
        name: table[table["replication"].isin(numbers)] if "replication" in table else table
        for name, table in tables.items()
    }


def utc_text(instant: pd.Timestamp) -> str:
    """Return an instant as ISO 8601 in UTC, ending in Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def traffic_text(traffic: Traffic) -> str:
    """Return where the traffic comes from, in words."""
    if traffic.weekly is not None:
        text = f"weekly shape {portable_path(traffic.weekly.file)}, {traffic.weekly.mean_rps:g} requests/s on average"
    elif traffic.file is not None:
        text = f"counts of {portable_path(traffic.file)}"
        if traffic.read_from is not None:
            text += f" from {traffic.read_from.isoformat(sep=' ', timespec='minutes')}"
    else:
        text = "virtual users (closed loop)"
    if traffic.scale != 1:
        text += f", times {traffic.scale:g}"
    names = [event.name or "an event" for event in traffic.events]
    if names:
        text += f", with {', '.join(names)}"
    return text if traffic.users is not None else f"{text}; {traffic.arrivals.kind} arrivals"


def scenario_digest(scenario: Scenario, text: str | None = None) -> str:
    """Return the SHA-256 of a scenario as it is run and of the hashes of its inputs.

    Parameters
    ----------
    text
        What `scenario_text` returned for it; made here by default.
    """
    digest = hashlib.sha256((scenario_text(scenario.file) if text is None else text).encode())
    for name, value in sorted(scenario.input_hashes.items()):
        digest.update(f"\n{name} {value}".encode())
    return digest.hexdigest()


def _scenario_part(scenario: Scenario, text: str | None) -> parts.ScenarioPart:
    file = scenario.file
    return parts.ScenarioPart(
        name=file.name,
        description=file.description,
        sha256=scenario_digest(scenario, text),
        start_utc=utc_text(pd.Timestamp(scenario.start_ns, tz="UTC")),
        time_zone=file.time_zone,
        duration_s=file.window.duration / 1e9,
        warm_up_s=file.window.warm_up / 1e9,
        traffic=traffic_text(file.traffic),
        inputs=dict(sorted(scenario.input_hashes.items())),
        findings=[_without_folders(text) for text in scenario.findings],
    )


def _without_folders(text: str) -> str:
    """Return a finding with the bare name of its file: its folders depend on where it was run from."""
    return re.sub(r"^[^\n]*?[/\\](?=[^/\\:\n]+:\d+)", "", text)


def _run_part(scenario: Scenario, outcomes: Sequence[RunOutcome], stopping: parts.StoppingPart | None) -> parts.RunPart:
    asked = scenario.file.replications
    simulated = [
        max(min(outcome.complete_until_ns - outcome.warm_up_ns, outcome.duration_ns), 0) / 1e9 for outcome in outcomes
    ]
    return parts.RunPart(
        plane=scenario.file.plane,
        seed=scenario.file.seed,
        replications=len(outcomes),
        asked_replications=asked,
        replications_in_figures=len(_in_figures(outcomes)),
        stopping=stopping,
        complete=len(outcomes) >= asked and all(outcome.complete for outcome in outcomes),
        simulated_s=simulated,
        kubernetes=KUBERNETES_RELEASE,
        versions={name: package_version(name) for name in _VERSIONED},
    )


def _objective_part(objective: ObjectiveVerdict) -> parts.ObjectivePart:
    return parts.ObjectivePart.model_validate(
        {
            "objective": objective.measure.name,
            "threshold": objective.threshold,
            "unit": objective.measure.unit,
            "allowed_failing_percent": objective.allowed_percent,
            "status": objective.status,
            "reason": objective.reason,
            "held_in_replications": objective.held_in,
            "scopes": [
                {
                    "scope": scope.scope,
                    "status": scope.status,
                    "judged_windows": scope.judged_windows,
                    "failing_windows": scope.failing_windows,
                    "failing_percent": scope.failing_percent,
                    "worst_value": scope.worst_value,
                    "worst_utc": None if scope.worst_utc is None else utc_text(scope.worst_utc),
                }
                for scope in objective.scopes
            ],
        }
    )


def _notes(scenario: Scenario, outcomes: Sequence[RunOutcome]) -> list[str]:
    notes = []
    used = len(_in_figures(outcomes))
    if used == 1:
        notes.append("One replication: the figures carry no confidence interval.")
    if len(outcomes) < scenario.file.replications:
        notes.append(f"Interrupted: {len(outcomes)} of {scenario.file.replications} replications are here.")
    for outcome in outcomes:
        if not outcome.complete:
            reached = format_duration(max(outcome.complete_until_ns - outcome.warm_up_ns, 0) // 10**9 * 10**9)
            asked = format_duration(outcome.duration_ns)
            notes.append(f"Interrupted: replication {outcome.replication} reached {reached} of {asked}.")
    if used < len(outcomes):
        notes.append("The figures leave the interrupted replications out; the tables and the verdict have them.")
    if scenario.file.monitoring.pods is None and not scenario.file.monitoring.keeps_pods(scenario.file.window.duration):
        notes.append("No samples of pods: the window is longer than eight days; `monitoring: {pods: true}` keeps them.")
    return notes


def package_version(name: str) -> str:
    """Return the version of an installed package, or ``unknown``."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
