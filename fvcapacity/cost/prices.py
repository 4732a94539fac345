"""What a reader of a bill must know of a price: how old it is, whose it is, what it leaves out."""

from __future__ import annotations

from datetime import date

from fvcapacity.scenario.prices import ANY_REGION, MONTH_HOURS, Price, PriceList

__all__ = ["ANY_REGION", "MAX_AGE_DAYS", "MONTH_HOURS", "Price", "PriceList", "caveats"]

MAX_AGE_DAYS = 365
"""Older figures are noted on the bill."""


def caveats(price: Price, region: str | None, run_date: date) -> list[str]:
    """Return what to know before a price is believed; empty for a fresh figure of the region itself.

    Parameters
    ----------
    price
        The figure that is used.
    region
        Region that it is used for.
    run_date
        Day of the run; the age of the figure is counted to it.
    """
    found = []
    if price.region not in (ANY_REGION, region):
        found.append(f"price of region {price.region} stands in for {region}")
    if price.as_of == "unknown":
        found.append("the price has no date")
    elif (run_date - price.as_of).days > MAX_AGE_DAYS:
        found.append(f"the price is of {price.as_of}, more than a year before the run")
    if price.up_to_gib is not None:
        found.append(f"the price holds for the first {price.up_to_gib:g} GiB of a month")
    return [*found, price.note] if price.note else found
