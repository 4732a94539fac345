"""Write a plan: one verified overlay by instant, the schedule for a replay, a README by date, and the document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from fvcapacity.report.overlay import Proposal, check_base, write_overlay
from fvcapacity.report.planned_days.readme import readme
from fvcapacity.report.planned_days.tables import plan_tables
from fvcapacity.scenario.checks import time_zone
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.grammar import parse_path
from fvcapacity.scenario.paths.values import Value
from fvcapacity.scenario.schedule import ScheduledChange, in_force
from fvcapacity.study.planning import DayPlan
from fvcapacity.study.planning.candidates import present_minimums
from fvcapacity.study.planning.summary import PLAN_SCHEMA, plan_summary
from fvcapacity.tabular.directory import check_replaceable, write_directory

DOCUMENT = "plan.json"
SCHEDULE = "schedule.yaml"
_NAME_LENGTH = 60


def check_plan_replaceable(scenario: Scenario, directory: str | Path) -> None:
    """Check that a plan may be written here, and that overlays can stand on the manifests; callers do so first.

    Raises
    ------
    InputError
        When something else stands there.
    ScenarioError
        When the manifests can carry no overlay.
    """
    check_replaceable(Path(directory), DOCUMENT, PLAN_SCHEMA, "plan")
    check_base(scenario)


def write_plan(plan: DayPlan, scenario: Scenario, directory: str | Path, *, kubectl: str | None = "auto") -> Path:
    """Write a plan as a directory, all of it or nothing.

    Parameters
    ----------
    scenario
        As it was loaded: its manifests are the base of the overlays.
    kubectl
        Path of kubectl to verify with; default: the one that is found. None: our own builder.
    plan
        From `plan_days`.
    directory
        Where to; a plan of ours that stands there is replaced.

    Returns
    -------
    Path
        The directory that was written.

    Raises
    ------
    ScenarioError
        When an overlay does not hold: then nothing is left.
    InputError
        When something else stands in the directory, or it cannot be written.
    SourceError
        When kubectl cannot be run.
    """
    check_plan_replaceable(scenario, directory)
    summary = plan_summary(plan)
    names = overlay_names(plan.schedule)

    def write(work: Path) -> None:
        builders = []
        for name, change in zip(names, plan.schedule, strict=True):
            proposal = _proposal(plan, change, summary)
            overlay = write_overlay(scenario, proposal, work / name, kubectl=kubectl)
            builders.append(overlay.verification.builder)
        (work / DOCUMENT).write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        (work / "README.md").write_text(readme(scenario, summary, names, builders), encoding="utf-8")
        if plan.schedule:
            (work / SCHEDULE).write_text(_schedule_text(plan), encoding="utf-8")

    return write_directory(Path(directory), write)


def overlay_names(changes: Sequence[ScheduledChange]) -> list[str]:
    """Return the directory of each change: ``2026-02-14T0550-before-the-day``."""
    return [
        f"{change.at:%Y-%m-%dT%H%M}-{re.sub(r'[^a-z0-9]+', '-', change.name.lower())[:_NAME_LENGTH]}".strip("-")
        for change in changes
    ]


def _proposal(plan: DayPlan, change: ScheduledChange, summary: Mapping[str, Any]) -> Proposal:
    """Return what holds from an instant on, over the base: also what earlier changes set, or took back."""
    scenario = plan.scenario
    zone = time_zone(scenario.file)
    assert zone is not None, "a loaded scenario has one"
    held = in_force(plan.schedule, zone, epoch_ns(change.at, zone))
    present = present_minimums(scenario)
    values: dict[str, Value] = {
        path: value if value != present[path] else scenario.value(path) for path, value in held.items()
    }
    reasons = {path: change.name for path, value in held.items() if value != present[path]}
    return Proposal(
        values,
        reasons=reasons,
        title=f"{change.at:%Y-%m-%d %H:%M} {change.name}",
        summary=" ".join(wave["sentence"] for wave in summary["waves"] if wave["raised"] is not None),
        evidence=plan_tables(summary)[1:],
        notes=_pool_notes([path for path in held if parse_path(path).owner == "nodes"]),
    )


def _pool_notes(paths: Sequence[str]) -> list[str]:
    if not paths:
        return []
    return [
        "A pool's minimum is set at the cloud. Where that alone orders no machine (the cluster autoscaler does so only "
        "with --enforce-node-group-min-size), set the pool's size to it at the same time."
    ]


def _schedule_text(plan: DayPlan) -> str:
    """Return the section ``schedule`` of a scenario, to replay the plan; what comes after the window is left out."""
    scenario = plan.scenario
    end_ns = scenario.start_ns + scenario.file.window.duration
    zone = time_zone(scenario.file)
    assert zone is not None, "a loaded scenario has one"
    changes = [
        {"name": change.name, "at": change.at.isoformat(), "values": dict(change.values)}
        for change in plan.schedule
        if epoch_ns(change.at, zone) < end_ns
    ]
    head = "# The plan as a section of the scenario's file: paste it there to replay it.\n"
    return head + yaml.safe_dump({"schedule": changes}, sort_keys=False, allow_unicode=True, width=110)
