"""A line of a bill, and how one is written: with its price, or without one and saying so."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from fvcapacity.cost.prices import ANY_REGION, MONTH_HOURS, Price, PriceList, caveats
from fvcapacity.frozen import Frozen, field_names, replace

NO_PRICE = "no price"
PRODUCTION = "production"
STAGING = "staging"


class Line(Frozen):
    """One line of a bill; a price that is not known is NaN."""

    category: str
    item: str
    quantity: float
    unit: str
    unit_price_usd: float
    basis: str
    """``list price``, ``stand-in`` (another region's), or ``no price``."""
    source: str
    as_of: str
    """Day of the price, or ``unknown``; empty without a price."""
    note: str
    kind: str
    """As a price list names it: instance, volume, egress..."""
    resource: str = ""
    """What is paid for, without its price: ``general/Standard_D2s_v5``, ``shop/postgres/data``."""
    namespace: str = ""
    """Of the object that is paid for; empty when it belongs to the whole cluster."""
    owner: str = ""
    """``kind/name`` of the workload that it is there for; empty when it serves all, or nobody is known."""
    purchase: str = ""
    """Of machines: on_demand, spot."""
    region: str = ""
    """That the price is of."""
    environment: str = PRODUCTION
    used_ratio: float = math.nan
    """Of a volume: how full it is; NaN when nobody knows."""

    @property
    def cost_usd(self) -> float:
        """Quantity times price; NaN without a price."""
        return self.quantity * self.unit_price_usd


class Thing(Frozen):
    """What a line is about, apart from amounts and prices."""

    category: str
    kind: str
    item: str
    resource: str = ""
    namespace: str = ""
    owner: str = ""
    purchase: str = ""


class Ledger(Frozen):
    """What every line needs: the prices, where, and when."""

    prices: PriceList
    region: str | None
    run_date: date

    def line(self, thing: Thing, amount: float, unit: str, price: Price | None, *notes: str) -> Line:
        """Return a line; ``amount`` counts in ``unit`` when the price is missing, else in the price's own."""
        if price is None:
            place = f"in region {self.region}" if self.region else "(no region is chosen)"
            missing = f"no price for {thing.item} {place}: left out of the total"
            return unpriced(thing, amount, unit, missing, *notes)
        basis = "list price" if price.region in (ANY_REGION, self.region) else "stand-in"
        remarks = "; ".join([*notes, *caveats(price, self.region, self.run_date)])
        return Line(
            quantity=amount,
            unit=unit,
            unit_price_usd=price.price,
            basis=basis,
            source=price.source,
            as_of=str(price.as_of),
            note=remarks,
            region=price.region,
            **_fields(thing),
        )

    def by_time(self, thing: Thing, count_hours: float, price: Price | None) -> Line:
        """Return the line of something that is paid by the hour or by the month."""
        if price is not None and price.unit == "per_month":
            return self.line(thing, count_hours / MONTH_HOURS, "months", price)
        return self.line(thing, count_hours, "hours", price)


def unpriced(thing: Thing, amount: float, unit: str, *notes: str) -> Line:
    """Return a line without cost, that says why."""
    return Line(
        quantity=amount,
        unit=unit,
        unit_price_usd=math.nan,
        basis=NO_PRICE,
        source="",
        as_of="",
        note="; ".join(notes),
        **_fields(thing),
    )


def of_staging(line: Line) -> Line:
    """Return a line of production's as one of staging's."""
    return replace(line, environment=STAGING, item=f"{STAGING}: {line.item}")


def _fields(thing: Thing) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in field_names(Thing)}
