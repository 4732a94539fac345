"""Instants, amounts and units as bills write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_COUNTED = re.compile(r"(\d[\d,]*)\s*(/\s*|\s)\s*(.+)")
_UNITS = {
    "hours": ("hours", "hour", "hrs", "hr", "h", "instancehours", "computehours", "lbhours", "lbhrs"),
    "months": ("months", "month", "mo"),
    "GiB-months": ("gibmonths", "gibmonth", "gbmonths", "gbmonth", "gbmo", "gibmo", "gibibytemonth", "gigabytemonth"),
    "GiB": ("gib", "gb", "gigabytes", "gigabyte", "gibibyte", "gibibytes"),
    "GiB-hours": ("gibhours", "gbhours", "gbhour", "gibhour", "gibibytehour", "gigabytehour"),
    "seconds": ("seconds", "second", "s", "sec"),
}
_NAMES = {name: unit for unit, names in _UNITS.items() for name in names}
_FACTORS = {"seconds": ("hours", Decimal(1) / 3600), "GiB-hours": ("GiB-months", Decimal(1) / 730)}
"""Units that are counted in others; 730 hours a month."""


@lru_cache(maxsize=4096)
def parse_instant(text: str) -> datetime:
    """Return an instant in UTC; a time without an offset is UTC, as both formats have it.

    Raises
    ------
    ValueError
        When it is none.
    """
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_amount(text: str) -> Decimal:
    """Return a number exactly as it is written.

    Raises
    ------
    ValueError
        When it is none.
    """
    cleaned = text.strip()
    if not _NUMBER.fullmatch(cleaned):
        raise ValueError(f"{text!r} is not a number")
    try:
        return Decimal(cleaned)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None


@lru_cache(maxsize=1024)
def parse_unit(text: str) -> tuple[str, Decimal]:
    """Return what a unit is called here, and how many of it one unit of the bill is.

    Providers write ``Hrs``, ``Hours``, ``1 Hour``, ``100 Hours``, ``GB-Mo``, ``1/Month``. Their gigabytes of storage
    and traffic are taken as GiB, as the price lists do.

    Returns
    -------
    tuple
        ``hours``, ``months``, ``GiB-months``, ``GiB``, or the unit as it is written; and a factor.
    """
    given, factor = text.strip(), Decimal(1)
    if match := _COUNTED.fullmatch(given):
        factor, given = Decimal(match[1].replace(",", "")), match[3]
    unit = _NAMES.get(re.sub(r"[^a-z]", "", given.lower()))
    if unit is None:
        return text.strip(), Decimal(1)
    base, more = _FACTORS.get(unit, (unit, Decimal(1)))
    return base, factor * more
