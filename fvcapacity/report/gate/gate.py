"""Hold the working tree against a commit: load both, replay both on common random numbers, and judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fvcapacity.errors import ScenarioError
from fvcapacity.inputs.at_ref import load_sides_at_ref
from fvcapacity.report.difference import difference_of
from fvcapacity.report.gate.document import GATE_SCHEMA, GateDocument
from fvcapacity.review.gate import CheckPart, broken, check_change
from fvcapacity.review.unknowns import unknowns
from fvcapacity.run import Progress
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.compare import compare


def gate_change(
    path: str | Path,
    ref: str,
    *,
    max_cost_increase: float | None = None,
    enforce: bool = False,
    overrides: Mapping[str, Any] | None = None,
    replications: int | None = None,
    jobs: int = 1,
    seed: int | None = None,
    plane: str | None = None,
    progress: Progress | None = None,
    ready: Callable[[Scenario], None] | None = None,
) -> dict[str, Any]:
    """Compare a scenario of the working tree with itself at a commit, and judge the change.

    Parameters
    ----------
    path
        The scenario's YAML in the working tree.
    ref
        Branch, tag or commit to hold it against.
    max_cost_increase
        Largest increase of the window's cost, as a share (0.05 is 5 %); None: none.
    enforce
        Break on every missed objective, also on those that the commit missed no less.
    overrides
        For both, as `load_scenario` takes them.
    replications, jobs, seed, plane, progress
        As `compare` takes them.
    ready
        Told of the scenario when both are loaded, before the first run.

    Returns
    -------
    dict
        As ``docs/reference/gate.schema.json`` describes it.

    Raises
    ------
    InputError
        When the ref is not known or does not have the scenario, and with all problems of either.
    SourceError
        When git fails.
    KeyboardInterrupt
        When it was interrupted: a part of a comparison is no verdict.
    """
    with load_sides_at_ref(path, ref, overrides) as sides:
        first, second = sides.first.scenario, sides.second.scenario
        if first is None or second is None:
            raise ScenarioError("a gate needs a scenario")
        if ready is not None:
            ready(second)
        comparison = compare(
            first, second, replications=replications, jobs=jobs, seed=seed, plane=plane, progress=progress
        )
        if not comparison.complete:
            raise KeyboardInterrupt
        difference = difference_of(sides.first, sides.second, comparison)
    difference["notes"] += sides.notes
    checks = [
        *check_change(comparison, max_cost_increase=max_cost_increase, enforce=enforce),
        _risks(difference["risks"]),
    ]
    document = {
        "schema_version": GATE_SCHEMA,
        "base": {"ref": sides.ref, "commit": sides.commit},
        "status": "broken" if broken(checks) else "passed",
        "sentence": _sentence(checks),
        "checks": checks,
        "unknowns": unknowns(second, comparison.second),
        "difference": difference,
    }
    return GateDocument.model_validate(document).model_dump(mode="json")


def _risks(risks: Sequence[Mapping[str, Any]]) -> CheckPart:
    """Return the check of new risks: those of severity error are what a cluster refuses, or what cannot work."""
    grave = [risk for risk in risks if risk["severity"] == "error"]
    if grave:
        shown = "; ".join(f"{risk['field']}: {risk['message']}" for risk in grave)
        return CheckPart(check="risks", status="broken", sentence=f"New errors in the manifests: {shown}")
    words = f"{len(risks)} of lesser weight" if risks else "none at all"
    return CheckPart(check="risks", status="kept", sentence=f"No new error in the manifests ({words})")


def _sentence(checks: Sequence[CheckPart]) -> str:
    found = [check.sentence for check in checks if check.status == "broken"]
    if found:
        return ". ".join(found)
    return "Nothing that has to be kept is broken"
