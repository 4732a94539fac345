"""The document that ``fvcap gate --format json`` prints."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from fvcapacity.report.difference.document import DifferenceDocument
from fvcapacity.results.summary import Part
from fvcapacity.review.gate import CheckPart
from fvcapacity.review.unknowns import UnknownPart

GATE_SCHEMA: Final = "fvcapacity/gate/1"
"""Changes when a reader of older documents would stumble."""


class BasePart(Part):
    """What the branch is held against."""

    ref: str
    commit: str = Field(description="SHA of the commit that the ref meant")


class GateDocument(Part):
    """The whole document."""

    model_config = ConfigDict(title="A change at the gate")

    schema_version: Literal["fvcapacity/gate/1"]
    base: BasePart
    status: Literal["passed", "broken"]
    sentence: str
    checks: list[CheckPart] = Field(description="the cost, the objectives, the risks")
    unknowns: list[UnknownPart] = Field(description="of the branch: what its figures rest on without knowing it")
    difference: DifferenceDocument = Field(description="A is the base, B the branch")


def gate_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a change at the gate."""
    schema = GateDocument.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
