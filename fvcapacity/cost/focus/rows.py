"""From a charge to a row of FOCUS 1.2."""

from __future__ import annotations

import json
from decimal import Decimal

import pandas as pd

from fvcapacity.cost.focus.amounts import focus_decimal
from fvcapacity.cost.focus.charges import Charge
from fvcapacity.cost.focus.services import OTHER, SERVICES, Provider
from fvcapacity.frozen import Frozen

CURRENCY = "USD"
"""Of price lists and bills."""
COLUMNS = (
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "Tags",
)
"""The columns that are written, in order. Empty are ``AvailabilityZone`` (a line is of all zones of a pool),
``InvoiceId`` (no invoice was issued) and those of commitments (bills are of list prices)."""
CUSTOM = ("x_Kind", "x_Note", "x_PriceAsOf", "x_PriceBasis", "x_PriceSource", "x_RunId", "x_Scenario")
"""Columns of our own that every file has."""
_UNITS = {"hours": "Hours", "months": "Months", "GiB-months": "GiB-Months", "GiB": "GiB"}
_DISK = "x_DiskType"


class Account(Frozen):
    """Who is billed, by whom, and for which run."""

    identifier: str
    name: str
    provider: Provider
    time_zone: str
    kind: str
    run_id: str
    scenario: str


def focus_row(charge: Charge, account: Account) -> dict[str, str]:
    """Return a charge as a row: texts by the name of their column; what is empty is null."""
    thing, service = charge.thing, SERVICES.get(charge.thing.kind, OTHER)
    cost, price, quantity = (focus_decimal(value) for value in (charge.cost, thing.price, charge.quantity))
    unit = focus_unit(thing.unit)
    month = pd.Period(charge.period.day, "M")
    region = "" if thing.region == "any" else thing.region
    sku = f"{thing.kind}/{thing.sku}".rstrip("/")
    resource = thing.resource or thing.owner
    return {
        "BilledCost": cost,
        "BillingAccountId": account.identifier,
        "BillingAccountName": account.name,
        "BillingAccountType": "Billing Account",
        "BillingCurrency": CURRENCY,
        "BillingPeriodEnd": utc_text(_midnight(month + 1, account.time_zone)),
        "BillingPeriodStart": utc_text(_midnight(month, account.time_zone)),
        "ChargeCategory": "Usage",
        "ChargeDescription": thing.item,
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": utc_text(charge.period.end),
        "ChargePeriodStart": utc_text(charge.period.start),
        "ConsumedQuantity": quantity,
        "ConsumedUnit": unit,
        "ContractedCost": cost,
        "ContractedUnitPrice": price,
        "EffectiveCost": cost,
        "InvoiceIssuerName": account.provider.name,
        "ListCost": cost,
        "ListUnitPrice": price,
        "PricingCategory": "Dynamic" if thing.purchase == "spot" else "Standard",
        "PricingCurrency": CURRENCY,
        "PricingCurrencyContractedUnitPrice": price,
        "PricingCurrencyEffectiveCost": cost,
        "PricingCurrencyListUnitPrice": price,
        "PricingQuantity": quantity,
        "PricingUnit": unit,
        "ProviderName": account.provider.name,
        "PublisherName": account.provider.name,
        "RegionId": region,
        "RegionName": region,
        "ResourceId": resource,
        "ResourceName": thing.item if resource else "",
        "ResourceType": service.resource_type if resource else "",
        "ServiceCategory": service.category,
        "ServiceName": account.provider.service(thing.kind),
        "ServiceSubcategory": service.subcategory,
        "SkuId": sku,
        "SkuMeter": service.meter,
        "SkuPriceDetails": _details(charge),
        "SkuPriceId": "/".join(part for part in (sku, thing.purchase, region) if part),
        "Tags": _json({name: getattr(thing, name) for name in ("environment", "namespace", "owner")}),
        "x_Kind": account.kind,
        "x_Note": thing.note,
        "x_PriceAsOf": thing.as_of,
        "x_PriceBasis": thing.basis,
        "x_PriceSource": thing.source,
        "x_RunId": account.run_id,
        "x_Scenario": account.scenario,
    }


def focus_unit(unit: str) -> str:
    """Return a unit of a bill as FOCUS writes it (*Unit Format*: capitalised, in the plural)."""
    if unit in _UNITS:
        return _UNITS[unit]
    return "-".join(part[:1].upper() + part[1:] for part in unit.replace(" ", "-").split("-"))


def utc_text(moment: pd.Timestamp) -> str:
    """Return an instant as FOCUS writes it: ISO 8601 in UTC, to the second."""
    return f"{moment.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}"


def _midnight(month: pd.Period, time_zone: str) -> pd.Timestamp:
    """Return the first instant of a month of a time zone."""
    return month.start_time.tz_localize(time_zone, nonexistent="shift_forward", ambiguous=True)


def _details(charge: Charge) -> str:
    """Return ``SkuPriceDetails``: the properties that FOCUS knows, and our own."""
    thing = charge.thing
    if not thing.sku:
        return ""
    return _json({"InstanceType" if thing.kind == "instance" else _DISK: thing.sku})


def _json(pairs: dict[str, str]) -> str:
    given = {name: text for name, text in pairs.items() if text}
    return json.dumps(given, ensure_ascii=False) if given else ""


def money_text(value: float | Decimal | None) -> str:
    """Return an amount of money of our own columns: exact where it is, to a millionth of a dollar where it is not."""
    if value is None:
        return ""
    return focus_decimal(value if isinstance(value, Decimal) else Decimal(repr(value)).quantize(Decimal("1e-6")))
