"""The document that ``fvcap diff --format json`` prints."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from fvcapacity.errors import Severity
from fvcapacity.inputs.sides import Role
from fvcapacity.results.summary import Part
from fvcapacity.study.comparison import ComparisonSummary

DIFFERENCE_SCHEMA: Final = "fvcapacity/difference/1"
"""Changes when a reader of older documents would stumble."""

FieldValue = str | int | float | bool | None


class ConfigurationPart(Part):
    """One of the two configurations."""

    name: str = Field(description="what was given")
    read_as: Role
    changes: list[str] = Field(description="what its scenario was changed by")


class FieldPart(Part):
    """A field that differs, by its path (see `paths.md`)."""

    path: str
    before: FieldValue = Field(description="null: not written")
    after: FieldValue


class PodsPart(Part):
    """How many pods a workload has, and what each requests."""

    replicas_min: int
    replicas_max: int
    pod_cpu_request_cores: float
    pod_memory_request_bytes: int


class WorkloadPart(Part):
    """A workload that differs in its pods or their requests."""

    workload: str
    namespace: str
    first: PodsPart | None = Field(description="null where the workload is not there")
    second: PodsPart | None


class RoomPart(Part):
    """What all pods ask for, the machines that takes, and what a month of them costs."""

    pods: int
    cpu_request_cores: float = Field(description="of all pods, DaemonSets left out")
    memory_request_bytes: int
    nodes: dict[str, int] = Field(description="machines by node pool")
    unplaced: int = Field(description="pods that find no machine")
    month_usd: float | None = Field(
        description="machines, control plane, volumes and load balancers; null without prices"
    )
    unpriced: list[str] = Field(description="what has no price, and is left out of the sum")
    stale: list[str] = Field(default=[], description="what has a price of no known day, or more than a year old")


class RoomsPart(Part):
    """With every HPA at its minimum, and at its maximum."""

    minimum: RoomPart
    maximum: RoomPart


class RoomOfBothPart(Part):
    """Of A and of B; null where the machines are not known."""

    first: RoomsPart | None
    second: RoomsPart | None


class RiskPart(Part):
    """What was not there before, or what only the change itself shows."""

    severity: Severity
    rule: str
    field: str
    message: str
    hint: str


class DifferenceDocument(Part):
    """The whole document."""

    model_config = ConfigDict(title="Difference of two configurations")

    schema_version: Literal["fvcapacity/difference/1"]
    first: ConfigurationPart
    second: ConfigurationPart
    fields: list[FieldPart]
    added: list[str] = Field(description="objects that B alone has")
    removed: list[str] = Field(description="objects that A alone has")
    others: list[str] = Field(description="fields that have no path, as sentences; values that may be secrets left out")
    workloads: list[WorkloadPart]
    room: RoomOfBothPart
    risks: list[RiskPart] = Field(description="the gravest first")
    replay: ComparisonSummary | None = Field(description="what the replay of both says; null without one")
    notes: list[str]


def difference_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a difference."""
    schema = DifferenceDocument.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
