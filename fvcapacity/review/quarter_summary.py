"""The document of a quarterly review: figures alone, in no language. Reports make sentences of it.

The models are strict; figures that do not exist are null. The schema is ``docs/reference/review.schema.json``.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from fvcapacity.results.summary import Part, Status
from fvcapacity.review.forecast_summary import ForecastSummary

SCHEMA_VERSION: Final = "fvcapacity/review/1"

NoteCode = Literal[
    "filled", "filled-before", "filled-with-special", "special-not-simulated", "stand-in", "unpriced", "old-price",
    "incomplete",
]  # fmt: skip


class NotePart(Part):
    """What a reader must know, as a code and what belongs into its sentence."""

    code: NoteCode
    values: dict[str, str | int | float] = Field(default_factory=dict)
    names: list[str] = Field(default_factory=list, description="of prices: the kind of a price list, and the resource")


class ShareOfBillPart(Part):
    """A part of the bill; the parts of a list add up to the whole."""

    name: str
    kind: str = Field(description="of a row of services: service, idle, shared or unallocated; else empty")
    usd: float
    previous_usd: float | None = Field(description="null without a quarter before, or when it was not there")


class MonthOfBillPart(Part):
    """One month."""

    month: str
    usd: float
    requests: float


class DayOfBillPart(Part):
    """One day."""

    day: str
    usd: float
    requests: float
    simulated: float = Field(description="share of the day that was simulated; the rest is like other days")


class WastePart(Part):
    """One resource that is there and hardly used."""

    kind: str
    name: str
    usd_per_month: float
    used_percent: float | None


class IdlePart(Part):
    """What is paid for and not used."""

    usd: float
    percent: float
    previous_percent: float | None
    wasted: list[WastePart]


class ObjectiveOfQuarterPart(Part):
    """One objective over all simulated days."""

    objective: Literal["p95", "errors"]
    threshold: float
    unit: Literal["ms", "%"]
    allowed_failing_percent: float
    status: Status
    judged_windows: int
    failing_windows: int
    worst_scope: str = Field(description="route with the largest share of failing windows; empty when all hold")
    worst_failing_percent: float


class IncidentKindPart(Part):
    """All incidents of one kind."""

    kind: str
    count: int
    minutes: float


class IncidentPart(Part):
    """One incident."""

    kind: str
    subject: str
    day: str
    time: str = Field(description="local")
    minutes: float


class QualityPart(Part):
    """Incidents against objectives, of the simulated days."""

    requests: float
    failed_percent: float | None
    objectives: list[ObjectiveOfQuarterPart]
    kinds: list[IncidentKindPart]
    worst: list[IncidentPart]


class ChangePart(Part):
    """One change of a recommendation."""

    path: str
    before: str
    after: str


class RecommendationPart(Part):
    """What a search found, and proved by replays."""

    verdict: str
    today_usd: float | None = Field(description="a month, as it is")
    usd: float | None = Field(description="a month, with the changes")
    changes: list[ChangePart]
    sentence: str


class ReviewSummary(Part):
    """The whole review."""

    model_config = ConfigDict(title="A quarterly review by fvcapacity")

    schema_version: Literal["fvcapacity/review/1"]
    quarter: str
    first_day: str
    last_day: str
    time_zone: str
    scenarios: list[str]
    simulated_days: float
    total_usd: float
    requests: float
    usd_per_thousand: float | None
    previous_quarter: str | None
    previous_total_usd: float | None
    previous_requests: float | None
    by_category: list[ShareOfBillPart]
    by_service: list[ShareOfBillPart]
    months: list[MonthOfBillPart]
    days: list[DayOfBillPart]
    idle: IdlePart | None
    quality: QualityPart
    recommendation: RecommendationPart | None
    forecast: ForecastSummary | None
    notes: list[NotePart]


def review_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a review."""
    schema = ReviewSummary.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
