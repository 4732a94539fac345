"""What the columns of a row of FOCUS say of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from fvcapacity.cost.focus.amounts import cost_of, decimal_text
from fvcapacity.cost.focus.cells import INSTANT, NUMBER, Fault
from fvcapacity.cost.focus.columns import SUBCATEGORIES, other_of

Row = Mapping[str, str]
"""Cells by their column; a column that the file does not have is not there."""
RowRule = Callable[[Row], Iterator[Fault]]

TOLERANCE = Decimal("1e-9")
"""Of a product of price and quantity, as a share of it: what a double may lose."""
_PRICED = (
    "PricingQuantity",
    "PricingUnit",
    "PricingCategory",
    "ListUnitPrice",
    "ContractedUnitPrice",
    "SkuId",
    "SkuPriceId",
)
_FOLLOWING = (
    ("BillingAccountType", "BillingAccountId", True),
    ("PricingUnit", "PricingQuantity", True),
    ("ResourceName", "ResourceId", False),
    ("ResourceType", "ResourceId", True),
    ("RegionName", "RegionId", True),
    ("ConsumedUnit", "ConsumedQuantity", True),
    ("SkuMeter", "SkuId", False),
    ("SkuPriceDetails", "SkuPriceId", False),
    ("SubAccountName", "SubAccountId", True),
    ("SubAccountType", "SubAccountId", True),
    ("CommitmentDiscountCategory", "CommitmentDiscountId", True),
    ("CommitmentDiscountType", "CommitmentDiscountId", True),
    ("CommitmentDiscountName", "CommitmentDiscountId", False),
    ("CommitmentDiscountQuantity", "CommitmentDiscountId", False),
    ("CommitmentDiscountUnit", "CommitmentDiscountQuantity", True),
    ("CapacityReservationStatus", "CapacityReservationId", False),
)
"""A column, the one that it belongs to, and whether it must be there whenever that is."""


def periods(row: Row) -> Iterator[Fault]:
    """Periods end after they begin; the end is exclusive."""
    for name in ("BillingPeriod", "ChargePeriod"):
        start, end = row.get(f"{name}Start", ""), row.get(f"{name}End", "")
        if INSTANT.fullmatch(start) and INSTANT.fullmatch(end) and start >= end:
            yield Fault("focus-period", f"{name}End", f"{end} is not after {start}", "the end is exclusive")


def subcategory(row: Row) -> Iterator[Fault]:
    """A subcategory belongs to its category."""
    category, name = row.get("ServiceCategory", ""), row.get("ServiceSubcategory", "")
    known = SUBCATEGORIES.get(category)
    if known is not None and name and name not in (*known, other_of(category)):
        hint = f"one of {', '.join((*known, other_of(category)))}"
        yield Fault("focus-subcategory", "ServiceSubcategory", f"{name!r} is no part of {category!r}", hint)


def pricing(row: Row) -> Iterator[Fault]:
    """Usage and purchases say what was counted and at which price; a tax says none of it."""
    category = row.get("ChargeCategory", "")
    for name in _PRICED:
        text = row.get(name)
        if text is None:
            continue
        if category in ("Usage", "Purchase") and row.get("ChargeClass") != "Correction" and not text:
            yield Fault("focus-pricing", name, f"it is empty, and must not be for {category}")
        if category == "Tax" and text:
            yield Fault("focus-pricing", name, f"{text!r}: it must be empty for a tax")


def products(row: Row) -> Iterator[Fault]:
    """A cost is its unit price times the quantity."""
    if row.get("ChargeClass") == "Correction":
        return
    for cost, price in (("ListCost", "ListUnitPrice"), ("ContractedCost", "ContractedUnitPrice")):
        texts = [row.get(name, "") for name in (cost, price, "PricingQuantity")]
        if not all(NUMBER.fullmatch(text) for text in texts):
            continue
        given, unit, quantity = (Decimal(text) for text in texts)
        product = cost_of(unit, quantity)
        if abs(given - product) > TOLERANCE * max(abs(product), Decimal(1)):
            message = f"{texts[0]} is not {price} times PricingQuantity, which is {decimal_text(product)}"
            yield Fault("focus-product", cost, message, "write all digits; round none of the three by itself")


def consumption(row: Row) -> Iterator[Fault]:
    """Only usage is consumed."""
    category, text = row.get("ChargeCategory", ""), row.get("ConsumedQuantity")
    if text is None:
        return
    if text and category != "Usage":
        yield Fault("focus-consumed", "ConsumedQuantity", f"{text!r}: it must be empty for {category or 'no category'}")
    unused = row.get("CommitmentDiscountStatus") == "Unused"
    if not text and category == "Usage" and not unused and row.get("ChargeClass") != "Correction":
        yield Fault("focus-consumed", "ConsumedQuantity", "it is empty, and must not be for usage")


def frequency(row: Row) -> Iterator[Fault]:
    """A purchase is paid once or again and again, not by use."""
    if row.get("ChargeCategory") == "Purchase" and row.get("ChargeFrequency") == "Usage-Based":
        yield Fault("focus-frequency", "ChargeFrequency", "a purchase is not Usage-Based", "One-Time or Recurring")


def commitments(row: Row) -> Iterator[Fault]:
    """A committed price names its commitment."""
    identifier = row.get("CommitmentDiscountId")
    if row.get("PricingCategory") == "Committed" and identifier == "":
        yield Fault("focus-commitment", "CommitmentDiscountId", "it is empty, and PricingCategory is Committed")
    status = row.get("CommitmentDiscountStatus")
    if status and not identifier:
        yield Fault("focus-commitment", "CommitmentDiscountStatus", f"{status!r} of no commitment")


def companions(row: Row) -> Iterator[Fault]:
    """Names and kinds are there when what they belong to is, and only then."""
    for name, of, always in _FOLLOWING:
        text, whose = row.get(name), row.get(of)
        if text is None or whose is None:
            continue
        if text and not whose:
            yield Fault("focus-companion", name, f"{text!r}, and {of} is empty", f"leave it empty, or give {of}")
        if always and whose and not text:
            yield Fault("focus-companion", name, f"it is empty, and {of} is {whose!r}")


def credits_(row: Row) -> Iterator[Fault]:
    """A credit is no money that anybody pays."""
    if row.get("ChargeCategory") == "Credit":
        for name in ("BilledCost", "EffectiveCost"):
            text = row.get(name, "")
            if NUMBER.fullmatch(text) and Decimal(text) > 0:
                yield Fault("focus-credit", name, f"a credit of {text}: it is not negative", "credits lower a bill")


ROW_RULES: tuple[RowRule, ...] = (
    periods,
    subcategory,
    pricing,
    products,
    consumption,
    frequency,
    commitments,
    companions,
    credits_,
)
