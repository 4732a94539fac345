"""From dollars, in which bills are kept, to the currency that is read: by a rate with a day and a source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fvcapacity.errors import PriceError
from fvcapacity.scenario.costs import MINOR_DIGITS, Rate
from fvcapacity.scenario.prices import is_stale

CURRENCIES = tuple(MINOR_DIGITS)
DOLLAR = "USD"


def rate_for(currency: str, rates: Sequence[Rate]) -> Rate | None:
    """Return the rate of a currency; None for dollars, which need none.

    Raises
    ------
    PriceError
        When the currency is not known, or nobody has given its rate.
    """
    if currency not in CURRENCIES:
        raise PriceError(f"{currency!r} is no currency that amounts can be shown in", hint=f"use {_list(CURRENCIES)}")
    if currency == DOLLAR:
        return None
    found = next((rate for rate in rates if rate.currency == currency), None)
    if found is None:
        raise PriceError(
            f"there is no rate for {currency}, and none is invented",
            hint="write it with its day and source into a file like data/prices/rates.yaml and give that with --rates, "
            "or write it into the scenario below `cost: rates:`",
        )
    return found


def rate_caveat(rate: Rate, on: date) -> str:
    """Return what to know of a rate: its day and source, and that it is old when it is."""
    old = ", more than a year old" if is_stale(str(rate.as_of), on) else ""
    return f"1 USD = {rate.per_usd:g} {rate.currency}, {rate.as_of}{old} ({rate.source})"


def _list(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
