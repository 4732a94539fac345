"""Exact decimals: amounts of a bill as FOCUS writes them, so that no sum is off by a cent."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

QUANTITY_DIGITS = Decimal("1e-9")
"""Quantities are rounded to so much; prices are not rounded at all, and a cost is the exact product of both."""
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


def quantity_of(value: float) -> Decimal:
    """Return a quantity, rounded to `QUANTITY_DIGITS`."""
    return Decimal(repr(float(value))).quantize(QUANTITY_DIGITS, context=_WIDE)


def price_of(value: float) -> Decimal:
    """Return a price exactly as a price list writes it."""
    return Decimal(repr(float(value)))


def cost_of(price: Decimal, quantity: Decimal) -> Decimal:
    """Return the product of both, exactly."""
    with localcontext(_WIDE):
        return price * quantity


def total_of(amounts: list[Decimal]) -> Decimal:
    """Return a sum, exactly."""
    with localcontext(_WIDE):
        return sum(amounts, Decimal(0))


def decimal_text(value: Decimal) -> str:
    """Return a number without exponent, plus sign or idle zeros (FOCUS, *Numeric Format*)."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def focus_decimal(value: Decimal) -> str:
    """Return a number as FOCUS writes decimals: with a point, so that no reader takes a column for whole numbers."""
    text = decimal_text(value)
    return text if "." in text else f"{text}.0"
