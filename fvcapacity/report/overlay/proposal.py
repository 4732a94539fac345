"""What an overlay is written from: the fields that change, with their reasons, new objects, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fvcapacity.frozen import Frozen, field
from fvcapacity.scenario.model import NodePool, Scenario
from fvcapacity.scenario.paths.change import ChangePlan, FieldChange, complete_values, objects_of, plan_change
from fvcapacity.scenario.paths.grammar import parse_path, quoted
from fvcapacity.scenario.paths.kinds import KIND_NAMES
from fvcapacity.scenario.paths.sense import owners_of_replicas
from fvcapacity.scenario.paths.settings import pool_text
from fvcapacity.scenario.paths.values import Value

PatchFormat = Literal["strategic", "json6902"]
ANNOTATION = "fvcapacity.dev/changes"
"""Annotation of a changed object: each field with its old value and the reason."""


class Table(Frozen):
    """A table of the evidence: its heading, columns and rows of text."""

    heading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class Proposal(Frozen):
    """A change that is handed over.

    Attributes
    ----------
    values
        New value of each field by its path; fields that no manifest holds (node pools) are told in the README alone.
    reasons
        Why, by path: one sentence each.
    objects
        New objects: ResourceQuota, LimitRange, PodDisruptionBudget.
    pools
        Node pools that come, or take the place of one; None: it goes. Told in the README, as other settings are.
    title, summary
        One line, and one paragraph on what the change is for.
    evidence
        Tables that the README shows.
    notes
        Sentences that a reader must know besides.
    """

    values: Mapping[str, Value]
    reasons: Mapping[str, str] = field(default_factory=dict)
    objects: Sequence[Mapping[str, Any]] = ()
    pools: Mapping[str, NodePool | None] = field(default_factory=dict)
    title: str = "Recommended configuration"
    summary: str = ""
    evidence: Sequence[Table] = ()
    notes: Sequence[str] = ()


class PlannedOverlay(Frozen):
    """A proposal, worked out over its base.

    Attributes
    ----------
    plan
        What the values of manifests come to.
    outside
        Changes of what no manifest holds.
    reasons
        Why, by the path as it is written.
    """

    proposal: Proposal
    plan: ChangePlan
    outside: tuple[FieldChange, ...]
    reasons: Mapping[str, str]

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        """Fields of manifests that change."""
        return tuple(item for item in self.plan.changes if item.before != item.after)

    @property
    def values(self) -> dict[str, Value]:
        """New values of manifests' fields by their paths, replicas that are dropped included."""
        return {item.path: item.after for item in self.plan.changes}

    def of_object(self, data: Mapping[str, Any]) -> tuple[FieldChange, ...]:
        """Return the changes of an object."""
        kind, name = data["kind"], data["metadata"]["name"]
        found = []
        for item in self.changes:
            path = parse_path(item.path)
            if (KIND_NAMES[path.owner], path.name) == (kind, name):
                found.append(item)
        return tuple(found)


def plan_overlay(scenario: Scenario, proposal: Proposal) -> PlannedOverlay:
    """Work a proposal out.

    Raises
    ------
    ScenarioError
        With everything that is wrong with its paths and values.
    """
    # A comment and a line of the annotation are one line each.
    reasons = {str(parse_path(path)): " ".join(text.split()) for path, text in proposal.reasons.items()}
    for path, hpa in owners_of_replicas(objects_of(scenario)):
        reasons.setdefault(path, f"hpa/{hpa} decides; each apply would reset it")
    values = complete_values(scenario, proposal.values)
    inside = {path: value for path, value in values.items() if parse_path(path).owner in KIND_NAMES}
    others = {path: value for path, value in values.items() if path not in inside}
    planned = plan_change(scenario, others, proposal.pools).changes
    outside = [item for item in planned if item.before != item.after]
    for name, pool in proposal.pools.items():
        before = scenario.file.nodes.get(name)
        texts = [None if item is None else pool_text(item) for item in (before, pool)]
        if texts[0] != texts[1]:
            outside.append(FieldChange(f"nodes/{quoted(name)}", *texts))
    return PlannedOverlay(proposal, plan_change(scenario, inside), tuple(outside), reasons)
