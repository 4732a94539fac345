"""What a reader of a bill must know of a price: how old it is, whose it is, what it leaves out."""

from __future__ import annotations

from datetime import date

from fvcapacity.scenario.prices import ANY_REGION, MAX_AGE_DAYS, MONTH_HOURS, Price, PriceList, is_stale

__all__ = ["ANY_REGION", "MAX_AGE_DAYS", "MONTH_HOURS", "Price", "PriceList", "caveats", "is_stale"]

UNDATED = "the price has no date"


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
        found.append(UNDATED)
    elif is_stale(str(price.as_of), run_date):
        found.append(f"the price is of {price.as_of}, more than a year before the run")
    if price.up_to_gib is not None and not price.from_gib:
        found.append(f"the price holds for the first {price.up_to_gib:g} GiB of a month")
    elif price.from_gib:
        end = "" if price.up_to_gib is None else f" up to {price.up_to_gib:g} GiB"
        found.append(f"the price holds beyond {price.from_gib:g} GiB of a month{end}")
    return [*found, price.note] if price.note else found
