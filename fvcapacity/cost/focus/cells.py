"""What a single cell of FOCUS must be: its type, its format, one of its values, or empty."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import NamedTuple

from fvcapacity.cost.focus.columns import FocusColumn
from fvcapacity.inputs.model_validation import nearest

INSTANT = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")
NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)")
CURRENCY = re.compile(r"[A-Z]{3}")
_PLACEHOLDERS = ("null", "none", "nan", "n/a", "na", "not applicable", "-", "undefined")
_SHOWN = 40


class Fault(NamedTuple):
    """What is wrong with a row, in one column."""

    rule: str
    column: str
    message: str
    hint: str = ""


def cell_fault(column: FocusColumn, text: str) -> Fault | None:
    """Return what is wrong with a cell by itself; None when nothing is.

    Parameters
    ----------
    text
        As it stands in the file; empty is null.
    """
    if not text:
        if column.nullable:
            return None
        return Fault("focus-null", column.name, "it is empty, and must not be")
    shown = repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")
    if text.strip().lower() in _PLACEHOLDERS and column.type != "json":
        return Fault("focus-null", column.name, f"{shown} stands for nothing", "leave the cell empty")
    if column.allowed and text not in column.allowed:
        close = nearest(text, column.allowed)
        hint = f"did you mean {close!r}?" if close else f"one of {', '.join(column.allowed[:12])}"
        return Fault("focus-value", column.name, f"{shown} is not among its values", hint)
    if column.type == "decimal":
        return _number_fault(column, text, shown)
    if column.type == "datetime" and not INSTANT.fullmatch(text):
        hint = "ISO 8601 in UTC, to the second: 2026-07-01T00:00:00Z"
        return Fault("focus-datetime", column.name, f"{shown} is no instant of FOCUS", hint)
    if column.type == "json":
        return _json_fault(column, text, shown)
    if text != text.strip():
        return Fault("focus-string", column.name, f"{shown} has blanks at its ends", "take them away")
    if column.name.endswith("Currency") and not CURRENCY.fullmatch(text):
        return Fault("focus-currency", column.name, f"{shown} is no currency", "ISO 4217: three capitals, such as USD")
    return None


def _number_fault(column: FocusColumn, text: str, shown: str) -> Fault | None:
    if not NUMBER.fullmatch(text):
        hint = "digits and one point; no exponent, plus sign, separator or unit"
        return Fault("focus-number", column.name, f"{shown} is no number of FOCUS", hint)
    if not column.negative and Decimal(text) < 0:
        return Fault("focus-number", column.name, f"{shown} is negative", "a price is not")
    return None


def _json_fault(column: FocusColumn, text: str, shown: str) -> Fault | None:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return Fault(
            "focus-json", column.name, f"{shown} is no JSON object", 'pairs of names and values: {"team": "web"}'
        )
    nested = [name for name, value in found.items() if isinstance(value, dict | list)]
    if nested:
        return Fault(
            "focus-json", column.name, f"{nested[0]!r} holds more than one value", "a text, a number, true or false"
        )
    return None
