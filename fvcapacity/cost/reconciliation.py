"""The document that ``fvcap reconcile --format json`` prints. Money is exact: decimals as text."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, PlainSerializer

from fvcapacity.cost.focus.amounts import decimal_text
from fvcapacity.inputs.bills.bill import CostBasis
from fvcapacity.results.summary import Part, Utc

RECONCILIATION_SCHEMA: Final = "fvcapacity/reconciliation/1"
"""Changes when a reader of older documents would stumble."""

Exact = Annotated[Decimal, PlainSerializer(decimal_text, return_type=str, when_used="json")]


class WindowPart(Part):
    """The window of the result, over which both are compared."""

    start_utc: Utc
    end_utc: Utc
    scenario: str
    replications: int = Field(description="that the model's figures are means of")


class BillPart(Part):
    """What was read of the bill."""

    file: str
    format: str = Field(description="FOCUS or AWS CUR")
    basis: CostBasis = Field(description="which cost counts")
    currency: str
    usd_rate: Exact | None = Field(description="units of the currency for one US dollar; null for dollars")
    rows: int
    outside_rows: int
    outside_usd: Exact = Field(description="what lies outside the window, and is left out")
    prorated_rows: int = Field(description="rows that reach beyond the window, of which the part inside is counted")


class BridgePart(Part):
    """From the model to the bill: the parts add up exactly, those only in the model with a minus."""

    model_usd: Exact
    quantity_usd: Exact = Field(description="more or less of the same thing, at the model's price")
    price_usd: Exact = Field(description="another price of the same thing, for the bill's quantity")
    no_price_usd: Exact = Field(description="what the price list has no price of, and the bill has")
    fees_usd: Exact = Field(description="taxes, credits, commitments, adjustments: not in a model of usage")
    bill_only_usd: Exact = Field(description="usage that only the bill has")
    units_usd: Exact = Field(description="pairs whose units cannot be compared")
    model_only_usd: Exact = Field(description="what only the model has")
    bill_usd: Exact
    unexplained_usd: Exact = Field(description="the rest: bill_only + units - model_only")
    unexplained_percent: float | None = Field(description="of the bill; null when that is zero")


class LinePart(Part):
    """One thing: lines of both that belong together, or a line that only one has."""

    status: Literal["matched", "bill only", "model only"]
    kind: str
    name: str
    purchase: str
    model_items: list[str]
    bill_items: list[str]
    bill_line: int | None = Field(description="line of the bill on which its first row stands")
    bill_rows: int
    unit: str = Field(description="of both quantities; empty when they have none in common")
    model_quantity: Exact | None
    bill_quantity: Exact | None
    model_usd: Exact | None = Field(description="null without a price, or on the other side only")
    bill_usd: Exact | None
    difference_usd: Exact = Field(description="bill minus model")
    quantity_usd: Exact
    price_usd: Exact
    no_price_usd: Exact
    units_usd: Exact


class Reconciliation(Part):
    """The whole document."""

    model_config = ConfigDict(title="A bill held against the model")

    schema_version: Literal["fvcapacity/reconciliation/1"]
    window: WindowPart
    bill: BillPart
    bridge: BridgePart
    lines: list[LinePart] = Field(description="pairs first, the dearest first")
    notes: list[str]


def reconciliation_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a reconciliation."""
    schema = Reconciliation.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
