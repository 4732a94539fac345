"""The formats: which columns of a header tell what, and how a row is read with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.bills.bill import CostBasis, Purchase
from fvcapacity.inputs.bills.complaints import Complaints
from fvcapacity.inputs.bills.recognise import Properties, Words
from fvcapacity.inputs.bills.values import parse_amount, parse_instant, parse_unit

Cell = Callable[[str], str]
"""Returns the cell of a row under a column; empty where the bill has no such column."""


class Row(Frozen):
    """A row, read."""

    start: datetime
    end: datetime
    cost: Decimal
    currency: str
    quantity: Decimal | None
    unit: str
    words: Words
    item: str


class BillFormat(Frozen):
    """One format of bills.

    Attributes
    ----------
    marks
        Columns by which it is told, all of them.
    needed
        Further columns without which a row cannot be read.
    costs
        The columns that hold the cost, by what is asked for; the first that is not empty counts.
    """

    name: str
    marks: tuple[str, ...]
    needed: tuple[str, ...]
    start: str
    end: str
    currency: str
    quantity: str
    unit: str
    costs: Mapping[CostBasis, tuple[str, ...]]
    words: Callable[[Cell], Words]
    item: Callable[[Cell], str]
    rename: Callable[[str], str] = str

    def fits(self, header: Sequence[str]) -> bool:
        """Tell whether a header is one of this format."""
        names = {self.rename(name) for name in header}
        return all(mark in names for mark in self.marks)

    def cost(self, cell: Cell, basis: CostBasis) -> str:
        """Return the text of a row's cost."""
        if basis == "effective" and self.name == "AWS CUR":
            return _cur_effective(cell)
        return next((text for name in self.costs[basis] if (text := cell(name))), "")


def read_row(
    form: BillFormat, cell: Cell, basis: CostBasis, line: int, complaints: Complaints, names: Mapping[str, str]
) -> Row | None:
    """Return a row, or None after everything that is wrong with it was told.

    Parameters
    ----------
    names
        What the file calls the columns of the format.
    """
    known = len(complaints)

    def told(name: str, error: ValueError | str, hint: str) -> None:
        complaints.add("bill-value", str(error), line=line, column=names.get(name, name), hint=hint)

    instants: list[datetime] = []
    for name in (form.start, form.end):
        try:
            instants.append(parse_instant(cell(name)))
        except ValueError:
            told(name, f"{cell(name)!r} is not an instant", "write it like 2026-02-01T00:00:00Z")
    if len(instants) == 2 and instants[0] > instants[1]:
        told(form.end, f"the period ends at {cell(form.end)}, before its start", "the end is exclusive")
    cost = _amount(form.cost(cell, basis), form.costs[basis][0], told, needed=True)
    quantity = _amount(cell(form.quantity), form.quantity, told, needed=False)
    currency = cell(form.currency)
    if not re.fullmatch(r"[A-Z]{3}", currency):
        told(form.currency, f"{currency!r} is no currency", "three capital letters, such as USD (ISO 4217)")
    if len(complaints) != known or cost is None:
        return None
    unit, factor = parse_unit(cell(form.unit))
    counted = None if quantity is None else quantity * factor
    return Row(instants[0], instants[1], cost, currency, counted, unit, form.words(cell), form.item(cell))


def _amount(text: str, name: str, told: Callable[[str, ValueError, str], None], *, needed: bool) -> Decimal | None:
    if not text and not needed:
        return None
    try:
        return parse_amount(text)
    except ValueError as error:
        told(name, error, "a plain number, with a point and without signs of currency or thousands")
        return None


def _focus_words(cell: Cell) -> Words:
    purchases: dict[str, Purchase] = {"dynamic": "spot", "committed": "committed"}
    meter = " ".join((cell("SkuMeter"), cell("x_UsageType"), cell("x_SkuMeterName"), cell("ChargeDescription")))
    return Words(
        charge=cell("ChargeCategory"),
        category=cell("ServiceCategory"),
        subcategory=cell("ServiceSubcategory"),
        service=cell("ServiceName"),
        meter=f"{meter} {cell('ResourceType')}",
        purchase=purchases.get(cell("PricingCategory").lower(), "on_demand"),
        properties=_properties(cell("SkuPriceDetails")),
    )


@lru_cache(maxsize=1024)
def _properties(text: str) -> Properties:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return ()
    return tuple((str(key), str(value)) for key, value in found.items()) if isinstance(found, dict) else ()


def _focus_item(cell: Cell) -> str:
    what = cell("SkuMeter") or cell("x_UsageType") or cell("ChargeDescription") or cell("ResourceType")
    return ": ".join(text for text in (cell("ServiceName"), what) if text)


_CUR_CHARGES = {
    "tax": "Tax",
    "credit": "Credit",
    "refund": "Credit",
    "fee": "Purchase",
    "rifee": "Purchase",
    "savingsplanupfrontfee": "Purchase",
    "savingsplanrecurringfee": "Purchase",
    "savingsplannegation": "Adjustment",
    "bundleddiscount": "Credit",
    "edpdiscount": "Credit",
    "privateratediscount": "Credit",
}
"""Line item types of the report that are no usage, as FOCUS would call them."""


def _cur_words(cell: Cell) -> Words:
    kind = cell("line_item_line_item_type").lower()
    usage = cell("line_item_usage_type")
    committed = kind in ("discountedusage", "savingsplancoveredusage")
    return Words(
        charge=_CUR_CHARGES.get(kind, "Usage"),
        service=f"{cell('line_item_product_code')} {cell('product_product_name')}",
        meter=f"{usage} {cell('line_item_line_item_description')}",
        purchase="committed" if committed else "spot" if "SpotUsage" in usage else "on_demand",
        properties=tuple(
            (name, text)
            for name, column in (("InstanceType", "product_instance_type"), ("StorageClass", "product_volume_api_name"))
            if (text := cell(column))
        ),
    )


def _cur_effective(cell: Cell) -> str:
    """Return the cost with commitments spread over what they cover (AWS, *Cost and Usage Reports User Guide*)."""
    kind = cell("line_item_line_item_type").lower()
    if kind == "discountedusage":
        return cell("reservation_effective_cost")
    if kind == "savingsplancoveredusage":
        return cell("savings_plan_savings_plan_effective_cost")
    if kind == "rifee":
        upfront = "reservation_unused_amortized_upfront_fee_for_billing_period"
        return _summed(cell(upfront), cell("reservation_unused_recurring_fee"))
    if kind == "savingsplanrecurringfee":
        used = cell("savings_plan_used_commitment")
        return _summed(cell("savings_plan_total_commitment_to_date"), f"-{used}" if used else "")
    if kind in ("savingsplannegation", "savingsplanupfrontfee"):
        return "0"
    return cell("line_item_unblended_cost")


def _summed(*texts: str) -> str:
    """Return the sum of amounts, empty ones left out; the first that is none instead, so that it is complained of."""
    total = Decimal(0)
    for text in filter(None, texts):
        try:
            total += parse_amount(text)
        except ValueError:
            return text
    return str(total)


def _cur_item(cell: Cell) -> str:
    what = cell("line_item_usage_type") or cell("line_item_line_item_description")
    return ": ".join(text for text in (cell("line_item_product_code"), what) if text)


def _cur_name(name: str) -> str:
    """Return a column of the older report (``lineItem/UsageStartDate``) under its newer name."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("/", "_"))
    return words.lower()


FORMATS = (
    BillFormat(
        name="FOCUS",
        marks=("ChargePeriodStart", "BilledCost"),
        needed=("ChargePeriodEnd", "BillingCurrency", "ChargeCategory", "ServiceName"),
        start="ChargePeriodStart",
        end="ChargePeriodEnd",
        currency="BillingCurrency",
        quantity="PricingQuantity",
        unit="PricingUnit",
        costs={"billed": ("BilledCost",), "effective": ("EffectiveCost",), "list": ("ListCost",)},
        words=_focus_words,
        item=_focus_item,
    ),
    BillFormat(
        name="AWS CUR",
        marks=("line_item_usage_start_date", "line_item_unblended_cost"),
        needed=("line_item_usage_end_date", "line_item_currency_code", "line_item_line_item_type"),
        start="line_item_usage_start_date",
        end="line_item_usage_end_date",
        currency="line_item_currency_code",
        quantity="line_item_usage_amount",
        unit="pricing_unit",
        costs={
            "billed": ("line_item_unblended_cost",),
            "effective": ("line_item_unblended_cost",),
            "list": ("pricing_public_on_demand_cost", "line_item_unblended_cost"),
        },
        words=_cur_words,
        item=_cur_item,
        rename=_cur_name,
    ),
)
