"""The document that ``fvcap cost --format json`` prints."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from fvcapacity.results.summary import Figure, Part, Utc

COST_SCHEMA: Final = "fvcapacity/cost/1"
"""Changes when a reader of older documents would stumble."""


class RatePart(Part):
    """What a dollar is worth."""

    currency: str
    per_usd: float
    as_of: str
    source: str


class OrdersPart(Part):
    """What an order costs."""

    route: str = Field(description="its served requests are orders")
    served: Figure
    per_order: Figure


class LogsPart(Part):
    """Log lines of all services."""

    bytes: Figure = Field(description="in the window")
    per_request_bytes: Figure


class LinePart(Part):
    """One line of the bill. The unit price is in dollars, the currency of the price list."""

    environment: Literal["production", "staging"]
    category: str
    item: str
    quantity: float | None = Field(description="mean over replications; null when it is not known")
    unit: str
    unit_price_usd: float | None
    cost: Figure = Field(description="its mean is null without a price")
    basis: str
    source: str
    as_of: str
    stale: bool = Field(description="the figure is of no known day, or more than a year older than the day of quoting")
    note: str


class SharePart(Part):
    """One row of the allocation. The rows add up to the total."""

    name: str
    share: Literal["allocated", "idle", "shared", "unallocated"]
    cpu: float
    memory: float
    storage: float
    network: float
    other: float
    total: Figure
    month: float = Field(description="the same for 730 hours at this pace")
    percent: float | None = Field(description="of the whole bill")
    per_thousand: float | None = Field(description="by route: cost of a thousand served requests")


class PeriodPart(Part):
    """A calendar day or month of the scenario's time zone, as far as it lies in the window."""

    name: str
    hours: float
    cost: Figure


class WastePart(Part):
    """One thing that is paid for and not used."""

    kind: Literal["container", "machines", "volume", "load balancer"]
    subject: str
    namespace: str
    team: str
    used_ratio: float | None
    month: float | None = Field(description="wasted in a month of 730 hours; null without a price")
    why: str


class CostSummary(Part):
    """The whole document. Amounts are in ``currency``."""

    model_config = ConfigDict(title="Cost of a fvcapacity result")

    schema_version: Literal["fvcapacity/cost/1"]
    scenario: str
    start_utc: Utc
    time_zone: str
    duration_s: float
    quoted_on: str = Field(description="day to which the age of prices is counted")
    month_hours: Literal[730]
    replications: int
    currency: str
    digits: int = Field(description="decimals of its smallest unit")
    rate: RatePart | None = Field(description="null for dollars")
    by: Literal["service", "route", "team", "namespace"]
    total: Figure = Field(description="of the window")
    month: Figure = Field(description="of 730 hours at this pace")
    per_thousand_served: Figure
    orders: OrdersPart | None
    logs: LogsPart
    lines: list[LinePart]
    allocation: list[SharePart]
    days: list[PeriodPart]
    months: list[PeriodPart]
    waste: list[WastePart]
    unpriced: list[str] = Field(description="items without a price: every sum leaves them out")
    notes: list[str]


def cost_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the document."""
    schema = CostSummary.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
