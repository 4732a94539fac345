"""Amounts as they are printed: rounded so that they add up to what is printed below them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal


def money(amount: float, digits: int) -> Decimal:
    """Return an amount in the smallest unit of its currency; of two as near, the even one."""
    return Decimal(repr(float(amount))).quantize(_unit(digits), rounding=ROUND_HALF_EVEN)


def rounded_together(amounts: Sequence[float], digits: int) -> list[Decimal]:
    """Return amounts in the smallest unit of their currency, so that their sum is the rounded sum of the amounts.

    Each is off by less than one unit: all are rounded down, and the units that are then missing go to those that lost
    the most (the method of the largest remainder; of equal ones the first).

    Parameters
    ----------
    amounts
        Finite.
    digits
        Decimals of the currency.
    """
    unit = _unit(digits)
    exact = [Decimal(repr(float(amount))) for amount in amounts]
    down = [amount.quantize(unit, rounding=ROUND_FLOOR) for amount in exact]
    missing = int((sum(exact, Decimal(0)).quantize(unit, rounding=ROUND_HALF_EVEN) - sum(down, Decimal(0))) / unit)
    by_loss = sorted(range(len(exact)), key=lambda number: (down[number] - exact[number], number))
    for number in by_loss[:missing]:
        down[number] += unit
    return down


def _unit(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)
