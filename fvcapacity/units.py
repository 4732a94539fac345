"""Kubernetes quantities and durations: exact values in, canonical text out.

Milli-units and GiB live only here, in YAML and in print; everywhere else CPU is cores, memory is
bytes, and simulated time is integer nanoseconds.

The quantity rules are those of ``apimachinery/pkg/api/resource`` (Kubernetes 1.36): what is finer than
10^-9 is rounded up away from zero, and the canonical form has an integer mantissa with the largest
suffix that keeps it one.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Literal

from fvcapacity.frozen import Frozen

Format = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_QUANTITY = re.compile(r"([+-]?)([0-9]*(?:\.[0-9]*)?)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?|[eE][+-]?[0-9]+)")
_NANO = Fraction(1, 10**9)
_INT64_MAX = 2**63 - 1
_LONGEST = 500
"""Characters of a quantity or a duration."""
_BEYOND = 10**_LONGEST


class Quantity(Frozen):
    """An exact Kubernetes quantity: a number, and the family of suffixes it was written in."""

    exact: Fraction
    format: Format = "DecimalSI"

    @classmethod
    def of_milli(cls, count: int) -> Quantity:
        """Return an amount of thousandths (``NewMilliQuantity`` with DecimalSI)."""
        return cls(Fraction(count, 1000))

    @classmethod
    def of_bytes(cls, count: int) -> Quantity:
        """Return an amount of bytes (``NewQuantity`` with BinarySI)."""
        return cls(Fraction(count), "BinarySI")

    @property
    def value(self) -> int:
        """The number rounded away from zero to an integer (``Quantity.Value``)."""
        return _ceil_away(self.exact)

    @property
    def milli_value(self) -> int:
        """Thousandths, rounded away from zero (``Quantity.MilliValue``)."""
        return _ceil_away(self.exact * 1000)

    def rounded_to_milli(self) -> Quantity:
        """Return the quantity in whole thousandths, rounded away from zero (``RoundUp(Milli)``)."""
        return Quantity(Fraction(self.milli_value, 1000), self.format)

    @property
    def countable(self) -> bool:
        """Whether its thousandths fit into 64 bits, as those of everything that there is do."""
        return abs(self.exact) * 1000 <= _INT64_MAX

    @property
    def sign(self) -> int:
        """-1, 0 or 1 (``Quantity.Sign``)."""
        return (self.exact > 0) - (self.exact < 0)

    def compare(self, other: Quantity) -> int:
        """Return -1, 0 or 1: the numbers alone are compared, not how they are written (``Quantity.Cmp``)."""
        return (self.exact > other.exact) - (self.exact < other.exact)

    def __lt__(self, other: Quantity) -> bool:
        return self.exact < other.exact

    def __gt__(self, other: Quantity) -> bool:
        return self.exact > other.exact

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.exact + other.exact, self.format if self.exact else other.format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.exact - other.exact, self.format if self.exact else other.format)

    def __mul__(self, count: int) -> Quantity:
        return Quantity(self.exact * count, self.format)

    def __neg__(self) -> Quantity:
        return Quantity(-self.exact, self.format)

    def __str__(self) -> str:
        """Return the canonical text (``250m``, ``384Mi``)."""
        return _canonical(self)


def parse_quantity(text: str | int | float) -> Quantity:
    """Parse a Kubernetes quantity such as ``250m``, ``1.5Gi`` or ``12e6``.

    Like Kubernetes it takes a missing number for zero (``.``, ``+``, ``Mi``); `parse_written_quantity` does not.

    Parameters
    ----------
    text
        What the manifest says. Plain numbers of YAML are taken by their shortest decimal text.

    Raises
    ------
    ValueError
        When the text is no quantity; the message names it.
    """
    if isinstance(text, bool):
        raise ValueError(f"{text!r} is not a quantity")
    source = repr(text) if isinstance(text, float) else _short(text)
    match = _QUANTITY.fullmatch(source)
    if match is None or not source:
        raise _no_quantity(source)
    sign, digits, suffix = match.groups()
    number = Fraction(f"0{digits}0" if "." in digits else digits or 0)
    family: Format = "DecimalSI"
    if suffix in _BINARY:
        family = "BinarySI"
        number *= Fraction(1024) ** _BINARY[suffix]
    elif suffix in _DECIMAL:
        number *= Fraction(10) ** _DECIMAL[suffix]
    else:
        family = "DecimalExponent"
        exponent = int(suffix[1:])
        if abs(exponent) > 400:
            raise ValueError(f"{source!r}: the exponent {exponent} is beyond any quantity")
        number *= Fraction(10) ** exponent
    number = Fraction(math.ceil(number / _NANO)) * _NANO
    if family == "BinarySI":
        number = min(number, Fraction(_INT64_MAX))
        family = "DecimalSI" if 0 < number < 1 else "BinarySI"
    return Quantity(-number if sign == "-" else number, family)


def parse_written_quantity(text: str | int | float) -> Quantity:
    """Parse a quantity that somebody wrote: one without a number (``Mi``) is a slip, though Kubernetes reads 0.

    Raises
    ------
    ValueError
        When the text is no quantity, or has no number.
    """
    quantity = parse_quantity(text)
    if isinstance(text, str) and not re.search("[0-9]", text):
        raise _no_quantity(text)
    return quantity


def _no_quantity(text: str) -> ValueError:
    return ValueError(f"{text!r} is not a Kubernetes quantity (like 250m, 0.5, 256Mi)")


def parse_cpu_cores(text: str | int | float) -> float:
    """Return CPU cores of a quantity, to the millicore that Kubernetes keeps (``1.5m`` counts as 2m).

    Raises
    ------
    ValueError
        When the text is no quantity, or one that 64 bits do not hold.
    """
    quantity = parse_written_quantity(text)
    if not quantity.countable:
        raise ValueError(f"{_shown(text)} is beyond any machine")
    return quantity.milli_value / 1000


def parse_bytes(text: str | int | float) -> int:
    """Return whole bytes of a quantity such as ``256Mi``.

    Raises
    ------
    ValueError
        When the text is no quantity, or one that 64 bits do not hold.
    """
    quantity = parse_written_quantity(text)
    if abs(quantity.exact) > _INT64_MAX:
        raise ValueError(f"{_shown(text)} is beyond any machine")
    return quantity.value


def _short(text: str | int) -> str:
    """Return what was written as text; a number of thousands of digits is none that anybody means.

    Raises
    ------
    ValueError
        When it is too long to be one.
    """
    if isinstance(text, int) and abs(text) > _BEYOND:
        raise ValueError("a number of hundreds of digits is beyond any quantity")
    source = str(text)
    if len(source) > _LONGEST:
        raise ValueError(f"{_shown(source)} is no quantity and no duration: it has {len(source):,} characters")
    return source


def _shown(text: object) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def format_cpu(cores: float) -> str:
    """Return cores as the canonical quantity: ``format_cpu(0.25) == "250m"``."""
    return str(Quantity(Fraction(round(cores * 1000), 1000)))


def format_bytes(count: int) -> str:
    """Return bytes as the canonical binary quantity: ``format_bytes(268435456) == "256Mi"``."""
    return str(Quantity.of_bytes(count))


def millicores(cores: float) -> int:
    """Return cores as the integer millicores in which the kubelet and the scheduler count."""
    return round(cores * 1000)


_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(ns|us|µs|ms|s|m|h|d|w)")
_DURATION_NS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
    "w": 604_800 * 10**9,
}


def parse_duration_ns(text: str) -> int:
    """Return the nanoseconds of a duration such as ``90s``, ``1h30m``, ``250ms`` or ``2d``.

    Raises
    ------
    ValueError
        When the text has no unit or an unknown one.
    """
    _short(text)
    position, total = 0, Fraction(0)
    for part in _DURATION_PART.finditer(text):
        if part.start() != position:
            break
        total += Fraction(part.group(1)) * _DURATION_NS[part.group(2)]
        position = part.end()
    if position != len(text) or position == 0:
        raise ValueError(f"{text!r} is not a duration (like 500ms, 90s, 1h30m, 2d)")
    if total > _INT64_MAX:
        raise ValueError(f"{_shown(text)} is longer than time is counted here (292 years)")
    return math.ceil(total)


def format_duration(nanoseconds: int) -> str:
    """Return a duration in its largest units: ``format_duration(5_400 * 10**9) == "1h30m"``."""
    rest, parts = abs(nanoseconds), []
    for unit in ("d", "h", "m", "s", "ms", "us", "ns"):
        count, rest = divmod(rest, _DURATION_NS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if nanoseconds < 0 else "") + ("".join(parts) or "0s")


def _ceil_away(number: Fraction) -> int:
    return math.ceil(number) if number >= 0 else math.floor(number)


def _canonical(quantity: Quantity) -> str:
    number = quantity.exact
    if number == 0:
        return "0"
    if quantity.format == "BinarySI" and number.denominator == 1 and abs(number) >= 1024:
        mantissa, power = int(number), 0
        while mantissa % 1024 == 0 and power < 6:
            mantissa //= 1024
            power += 1
        return f"{mantissa}{['', *_BINARY][power]}"
    exponent = 18
    while exponent > -9 and (number / Fraction(10) ** exponent).denominator != 1:
        exponent -= 3
    mantissa = int(number / Fraction(10) ** exponent)
    if quantity.format == "DecimalExponent":
        while mantissa % 1000 == 0:  # this family knows no largest suffix
            mantissa //= 1000
            exponent += 3
        return f"{mantissa}e{exponent}" if exponent else str(mantissa)
    suffix = {power: name for name, power in _DECIMAL.items()}[exponent]
    return f"{mantissa}{suffix}"
