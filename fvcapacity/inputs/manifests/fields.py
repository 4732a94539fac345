"""Typed access to the fields of a manifest that collects what is wrong instead of raising."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fvcapacity.errors import Location, Problem, Severity
from fvcapacity.inputs.manifests.located import LocatedMap, plain
from fvcapacity.inputs.model_validation import nearest, seen
from fvcapacity.units import Quantity, parse_written_quantity

_PERCENT = re.compile(r"[0-9]+%")
_INT32 = 2**31 - 1


class Fields:
    """One mapping of a manifest, the path to it, and the list that problems go to.

    Every reader returns the value, or its default when the field is absent, null or wrong; a wrong one
    leaves a `Problem` behind. The API takes null for absent, and so does this.
    """

    def __init__(self, data: LocatedMap, path: str, problems: list[Problem]) -> None:
        self.data = data
        self.path = path
        self.problems = problems

    def has(self, key: str) -> bool:
        """Tell whether a field is written and not null."""
        return self.data.get(key) is not None

    def place(self, key: str) -> Location:
        """Return where a field's key stands."""
        return self.data.place(key)

    def places(self, prefix: str = "", *keys: str) -> dict[str, Location]:
        """Return the places of those of the keys that are written, by prefix + key."""
        return {f"{prefix}{key}": self.data.place(key) for key in keys if self.has(key)}

    def problem(
        self, key: str, message: str, hint: str = "", *, rule: str = "manifest-value", severity: Severity = "error"
    ) -> None:
        """Note that something is wrong with a field."""
        path = f"{self.path}.{key}" if key else self.path
        place = self.data.value_place(key) if key else self.data.at
        self.problems.append(Problem(message, place, path, hint, severity, rule))

    def child(self, key: str) -> Fields:
        """Return the fields of an inner mapping; empty ones when it is absent."""
        value = self.data.get(key)
        if value is not None and not isinstance(value, LocatedMap):
            self._wrong(key, "a mapping", value)
        inner = value if isinstance(value, LocatedMap) else LocatedMap(self.data.place(key))
        return Fields(inner, f"{self.path}.{key}", self.problems)

    def items(self, key: str) -> Iterator[Fields]:
        """Yield the fields of every mapping in a list; an item that is none is a problem."""
        for index, item in enumerate(self.list(key)):
            if isinstance(item, LocatedMap):
                yield Fields(item, f"{self.path}.{key}[{index}]", self.problems)
            else:
                self._wrong(f"{key}[{index}]", "a mapping", item)

    def list(self, key: str) -> Sequence[Any]:
        """Return a list; empty when it is absent."""
        value = self.data.get(key)
        if value is None or isinstance(value, list):
            return value or ()
        self._wrong(key, "a list", value)
        return ()

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        self._wrong(key, "text", value)
        return default

    def choice(self, key: str, known: Sequence[str], default: str) -> str:
        """Return one of the known words."""
        value = self.text(key, default)
        if value in known or not value:
            return value or default
        close = nearest(value, known)
        hint = f"did you mean {close}?" if close else f"write one of {', '.join(known)}"
        self.problem(key, f"{value!r} is not one of {', '.join(known)}", hint)
        return default

    def boolean(self, key: str, default: bool = False) -> bool:
        """Return a boolean."""
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        self._wrong(key, "true or false", value)
        return default

    def integer(self, key: str, default: int | None = None, *, minimum: int = 0, maximum: int = _INT32) -> int | None:
        """Return a whole number inside its bounds."""
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self._wrong(key, "a whole number", value)
            return default
        if not minimum <= value <= maximum:
            self.problem(
                key,
                f"{value} is out of range",
                f"write {minimum} or more" if value < minimum else f"write {maximum} or less",
            )
            return default
        return value

    def number(self, key: str, default: int, *, minimum: int = 0) -> int:
        """Return a whole number that always has a value."""
        value = self.integer(key, default, minimum=minimum)
        return default if value is None else value

    def positive(self, key: str, default: int) -> int:
        """Return a whole number in which the API takes 0 for "not set" (probe timings)."""
        return self.number(key, default) or default

    def integer_or_text(self, key: str, default: int | str | None = None) -> int | str | None:
        """Return an ``IntOrString``, such as a port."""
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, int | str) and not isinstance(value, bool):
            return value
        self._wrong(key, "a whole number or text", value)
        return default

    def count_or_percent(self, key: str, default: int | str | None = None) -> int | str | None:
        """Return an ``IntOrString`` that counts pods: 2 or ``25%``."""
        value = self.integer_or_text(key, default)
        if (isinstance(value, int) and value >= 0) or value is None:
            return value
        if isinstance(value, str) and _PERCENT.fullmatch(value):
            return value
        self.problem(key, f"{value!r} is neither a count nor a percentage", 'write 1 or "25%"')
        return default

    def quantity(self, key: str) -> Quantity | None:
        """Return an exact quantity; None when it is absent or wrong."""
        value = self.data.get(key)
        if value is None:
            return None
        try:
            if not isinstance(value, str | int | float):
                raise ValueError(f"{seen(value)} is not a quantity")
            # The API reads the number's own text, so 010 has already become 8 by YAML 1.1.
            quantity = parse_written_quantity(value)
        except (ValueError, OverflowError) as error:
            self.problem(key, str(error), _quantity_hint(value), rule="manifest-quantity")
            return None
        written = self.data.written.get(key)
        if written is not None and re.fullmatch(r"[-+]?0[0-9o]+|[0-9_]*_[0-9_]*", written):
            message = f"{written} is read as the number {value}"
            self.problem(key, message, f'write {value}, or "{written}" in quotes', rule="yaml-trap", severity="warning")
        return quantity

    def amount(self, key: str) -> Quantity | None:
        """Return a quantity that cannot be negative."""
        quantity = self.quantity(key)
        if quantity is not None and quantity.exact < 0:
            self.problem(key, f"{quantity} is negative", "write 0 or more", rule="manifest-quantity")
            return None
        if quantity is not None and not quantity.countable:
            self.problem(key, "the amount is beyond any machine", "write what one has", rule="manifest-quantity")
            return None
        return quantity

    def texts(self, key: str) -> dict[str, str]:
        """Return a mapping of text to text (labels, annotations, a selector)."""
        inner = self.child(key)
        return {name: inner.text(name) for name, value in inner.data.items() if value is not None}

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a mapping of the API as plain data."""
        inner = self.child(key).data
        return {name: plain(value) for name, value in inner.items()}

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Warn of every key that the API does not know here: it drops (or refuses) them."""
        for key in self.data:
            if key not in known:
                close = nearest(key, known)
                hint = f"did you mean {close}?" if close else "remove it: the API server does not know it"
                path = f"{self.path}.{key}"
                message = f"unknown field {key!r}: it has no effect"
                self.problems.append(Problem(message, self.data.place(key), path, hint, "warning", "unknown-field"))

    def require(self, key: str, known: Sequence[str], message: str) -> None:
        """Note that a field is not there; a key that nobody knows is asked whether it was meant to be it.

        Parameters
        ----------
        known
            What else may stand here.
        """
        if self.has(key):
            return
        mistaken = nearest(key, [name for name in self.data if name not in known])
        hint = f"is {mistaken!r} meant to be {key!r}?" if mistaken else f"add {key}: ..."
        place = self.data.place(mistaken) if mistaken else self.data.at
        self.problems.append(Problem(message, place, f"{self.path}.{key}", hint, "error", "manifest-value"))

    def _wrong(self, key: str, expected: str, value: Any) -> None:
        written = self.data.written.get(key)
        if expected == "text" and isinstance(value, bool | int | float):
            shown = written if written is not None else seen(value)
            kind = "boolean" if isinstance(value, bool) else "number"
            message = f"expected text, found the {kind} {seen(value)}" + (f" (written {shown})" if written else "")
            self.problem(key, message, f'write "{shown}" in quotes', rule="manifest-type")
        else:
            self.problem(key, f"expected {expected}, found {seen(value)}", f"write {expected}", rule="manifest-type")


_UNITS = {"mb": "Mi", "gb": "Gi", "kb": "Ki", "mib": "Mi", "gib": "Gi", "kib": "Ki"}
_UNITS |= {"mi": "Mi", "gi": "Gi", "ki": "Ki", "g": "G", "k": "k", "cpu": "", "cores": "", "core": ""}


def _quantity_hint(value: Any) -> str:
    match = re.fullmatch(r"\s*([0-9.]+)\s*([A-Za-z]+)\s*", str(value))
    if match and match.group(2).lower() in _UNITS:
        return f"write {match.group(1)}{_UNITS[match.group(2).lower()]}"
    return "write it like 250m or 0.5 (cores), 256Mi or 1Gi (bytes)"


def selector_of(fields: Fields, key: str) -> Mapping[str, Any]:
    """Return a label selector as the API's mapping (``matchLabels``, ``matchExpressions``)."""
    inner = fields.child(key)
    inner.texts("matchLabels")
    return fields.mapping(key)
