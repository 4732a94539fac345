"""Quantities: syntax, canonical text, rounding, comparison and arithmetic, against ``fvcapacity.units``."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from fvcapacity.units import Quantity, parse_quantity
from tests.truth.vectors import Json, only


def answer(case: Json) -> dict[str, Any]:
    """Return what the package says; a text that is no quantity gives an error, of whichever kind."""
    given = case["input"]
    function, fields = _OPERATIONS[given["op"]]
    only(given, {"op", *fields})
    return function(*(given[name] for name in fields))


def agrees(got: Json, want: Json, case: Json) -> bool:
    """Compare fields; where Go's int64 arithmetic went wrong nothing is asked, and what it printed is no contract."""
    known = {"error", "canonical", "exact", "format", "sign", "value", "milli_value", "cmp", "equal"}
    quirk = "go_int64_quirk" in case.get("tags", ())
    only(want, known | {"go_value", "go_milli_value"} if quirk else known)
    if want.get("error") is not None:
        return got.get("error") is not None
    asked = {name: value for name, value in want.items() if not name.startswith("go_")}
    if quirk:
        asked = {name: value for name, value in asked.items() if value is not None or name == "error"}
    # Not every operation records the exact number.
    complete = set(got) - {"exact"} <= set(want)
    return complete and all(name in got and got[name] == value for name, value in asked.items())


def _parse(a: str) -> dict[str, Any]:
    try:
        quantity = parse_quantity(a)
    except ValueError as error:
        return {"error": str(error)}
    return {
        "error": None,
        "canonical": str(quantity),
        "exact": _decimal(quantity.exact),
        "format": quantity.format,
        "sign": quantity.sign,
        "value": quantity.value,
        "milli_value": quantity.milli_value,
    }


def _compare(a: str, b: str) -> dict[str, Any]:
    result = parse_quantity(a).compare(parse_quantity(b))
    return {"cmp": result, "equal": result == 0}


def _combined(function: Callable[[Quantity, Quantity], Quantity]) -> Callable[[str, str], dict[str, Any]]:
    def run(a: str, b: str) -> dict[str, Any]:
        result = function(parse_quantity(a), parse_quantity(b))
        return {"canonical": str(result), "exact": _decimal(result.exact)}

    return run


def _negative(a: str) -> dict[str, Any]:
    result = -parse_quantity(a)
    return {"canonical": str(result), "exact": _decimal(result.exact)}


def _decimal(number: Fraction) -> str:
    """Return a number as a plain decimal without needless zeros."""
    exact = Context(prec=200).divide(Decimal(number.numerator), Decimal(number.denominator))
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_OPERATIONS: dict[str, tuple[Callable[..., dict[str, Any]], tuple[str, ...]]] = {
    "parse": (_parse, ("a",)),
    "cmp": (_compare, ("a", "b")),
    "add": (_combined(lambda a, b: a + b), ("a", "b")),
    "sub": (_combined(lambda a, b: a - b), ("a", "b")),
    "neg": (_negative, ("a",)),
    "milli_quantity": (lambda a: {"canonical": str(Quantity.of_milli(int(a)))}, ("a",)),
    "binary_quantity": (lambda a: {"canonical": str(Quantity.of_bytes(int(a)))}, ("a",)),
}
