"""Values of fields: what may be given, and the one way in which each value is written.

A value is canonical text (``250m``, ``384Mi``, ``25%``, ``5m``), a whole number, a number, true or false; None means
"not written". Two values are the same exactly when their canonical forms are equal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from fvcapacity.frozen import Frozen
from fvcapacity.units import NS_PER_S, Quantity, format_duration, parse_duration_ns, parse_written_quantity

Value = str | int | float | bool | None


class ValueKind(Frozen):
    """One kind of value.

    Attributes
    ----------
    unit
        What is written, in the reference page.
    canonical
        Brings what was given, or what a manifest says, into the canonical form. Raises ValueError, with a message that
        says what is wrong with the value.
    written
        Brings a canonical value into the form that the API or the scenario's file takes.
    """

    unit: str
    canonical: Callable[[Any], Value]
    written: Callable[[Any], Any] = lambda value: value


def canonical_bytes(count: int) -> str:
    """Return bytes with the suffix that keeps them shortest and whole: ``384Mi``, or ``500M`` where no Ki fits."""
    binary = str(Quantity.of_bytes(count))
    return binary if not binary.isdigit() else str(Quantity(Quantity.of_bytes(count).exact))


def amount_kind(resource: str) -> str:
    """Return the kind of value of a resource by its name, also behind ``requests.`` and ``limits.`` of a quota."""
    last = resource.rpartition("/")[2].rpartition(".")[2] if resource.startswith(("requests.", "limits.")) else resource
    if last == "cpu":
        return "cpu"
    if last in ("memory", "storage", "ephemeral-storage") or last.startswith("hugepages-"):
        return "bytes"
    return "pieces"


def _quantity(value: Any) -> Quantity:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{value!r} is not a quantity (like 250m or 384Mi)")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a number")
    quantity = parse_written_quantity(value)
    if quantity.sign < 0:
        raise ValueError(f"{value} is negative")
    return quantity


def _cpu(value: Any) -> str:
    return str(Quantity(_quantity(value).rounded_to_milli().exact))


def _some_cpu(value: Any) -> str:
    if (text := _cpu(value)) == "0":
        raise ValueError("0 CPU: a container without CPU does not run; to write none, give nothing (null)")
    return text


def _bytes(value: Any) -> str:
    return canonical_bytes(_quantity(value).value)


def _some_bytes(value: Any) -> str:
    if (text := _bytes(value)) == "0":
        raise ValueError("0 bytes are none; to write no amount, give nothing (null)")
    return text


def _pieces(value: Any) -> str:
    quantity = _quantity(value)
    if quantity.exact.denominator != 1:
        raise ValueError(f"{value} is not a whole number")
    return str(Quantity(quantity.exact))


def _plain_quantity(value: Any) -> str:
    quantity = _quantity(value)
    if quantity.sign == 0:
        raise ValueError("0 is no target: it must be above 0")
    return str(Quantity(quantity.rounded_to_milli().exact))


def _whole(least: int, most: int | None = None) -> Callable[[Any], int]:
    def canonical(value: Any) -> int:
        number = _integer(value)
        if number < least or (most is not None and number > most):
            bounds = f"at least {least}" if most is None else f"between {least} and {most}"
            raise ValueError(f"{number} is not {bounds}")
        return number

    return canonical


def _integer(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]+", value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is not a whole number")
    return value


def percent(value: Any) -> int:
    """Return a utilization in percent; ``70%`` and 70 are the same.

    Raises
    ------
    ValueError
        When it is none.
    """
    number = _integer(value.removesuffix("%") if isinstance(value, str) else value)
    if number < 1:
        raise ValueError(f"{number} % is not above 0")
    return number


def _count_or_share(value: Any) -> Value:
    if isinstance(value, str) and value.endswith("%"):
        number = _integer(value[:-1])
        if not 0 <= number <= 100:
            raise ValueError(f"{value} is not between 0% and 100%")
        return f"{number}%"
    return _whole(0)(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text; write it in quotes")
    return value


def _words(value: Any) -> str:
    if not _text(value).strip():
        raise ValueError("it is empty")
    return str(value)


def _ratio(value: Any) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{value} is not a number from 0 on")
    return float(value)


def _bounded(value: Any, most: float, *, zero: bool = True) -> float:
    number = _ratio(value)
    if number > most or (number == 0 and not zero):
        raise ValueError(f"{value} is not {'above 0' if not zero else f'between 0 and {most:g}'}")
    return number


def _flag(value: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _duration(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} has no unit; write it like 90s or 5m")
    return format_duration(parse_duration_ns(value))


def _one_of(*names: str) -> Callable[[Any], str]:
    def canonical(value: Any) -> str:
        if value not in names:
            raise ValueError(f"{value!r} is none of {', '.join(names)}")
        return str(value)

    return canonical


def _list(value: Any) -> str:
    items = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not items or not all(isinstance(item, str) and item for item in items):
        raise ValueError(f"{value!r} is not a list of names, like a,b,c")
    return ",".join(items)


_POLICY = re.compile(r"\s*([0-9]+)(%?)\s*/\s*([0-9a-z]+)\s*")


def _policies(value: Any) -> str:
    """Return scaling policies as ``4/15s, 100%/15s``: pods, or per cent of the pods, in a period."""
    if isinstance(value, list | tuple):
        return ", ".join(_policy_text(item) for item in value)
    parts = []
    for part in _words(value).split(","):
        match = _POLICY.fullmatch(part)
        if match is None:
            raise ValueError(f"{part.strip()!r} is no scaling policy, like 4/15s or 100%/15s")
        number, unit, period = int(match.group(1)), match.group(2), parse_duration_ns(match.group(3))
        if number < 1 or period % NS_PER_S or not 1 <= period // NS_PER_S <= 1800:
            raise ValueError(f"{part.strip()!r}: the API takes whole numbers from 1 on and 1 s to 30 min")
        parts.append(f"{number}{unit}/{period // NS_PER_S}s")
    return ", ".join(parts)


def _policy_text(item: Any) -> str:
    if not isinstance(item, Mapping) or item.get("type") not in ("Pods", "Percent"):
        raise ValueError(f"{item!r} is no scaling policy with type, value and periodSeconds")
    unit = "%" if item["type"] == "Percent" else ""
    return _policies(f"{item.get('value')}{unit}/{item.get('periodSeconds')}s")


def _written_policies(text: str) -> list[dict[str, Any]]:
    found = []
    for part in text.split(", "):
        number, _, period = part.partition("/")
        kind = "Percent" if number.endswith("%") else "Pods"
        value = int(number.removesuffix("%"))
        found.append({"type": kind, "value": value, "periodSeconds": int(period.removesuffix("s"))})
    return found


_MODES = ("Max", "Min", "Disabled")
VALUE_KINDS: Mapping[str, ValueKind] = {
    "cpu": ValueKind("CPU cores as a quantity (`250m`)", _some_cpu),
    "bytes": ValueKind("bytes as a quantity (`384Mi`)", _some_bytes),
    "pieces": ValueKind("a whole number as a quantity (`2`)", _pieces),
    "quota cpu": ValueKind("CPU cores as a quantity (`8`); 0 allows none", _cpu),
    "quota bytes": ValueKind("bytes as a quantity (`16Gi`); 0 allows none", _bytes),
    "quota pieces": ValueKind("a whole number as a quantity (`100`); 0 allows none", _pieces),
    "quantity": ValueKind("a quantity above 0 (`50`, `2500m`)", _plain_quantity),
    "percent": ValueKind("per cent, a whole number from 1 on (70 or `70%`)", percent),
    "target": ValueKind("per cent of the request (70 or `70%`), or an average per pod as a quantity (`300m`)", _text),
    "amount": ValueKind("a quantity of that resource", _text),
    "count": ValueKind("a whole number from 0 on", _whole(0)),
    "count from 1": ValueKind("a whole number from 1 on", _whole(1)),
    "seconds": ValueKind("whole seconds", _whole(0)),
    "seconds to 1 h": ValueKind("whole seconds, at most 3600", _whole(0, 3600)),
    "count or share": ValueKind("a whole number of pods, or per cent (`25%`)", _count_or_share),
    "mode": ValueKind("`Max`, `Min` or `Disabled`", _one_of(*_MODES)),
    "policies": ValueKind("policies, pods or per cent in a period (`4/15s, 100%/15s`)", _policies, _written_policies),
    "tolerance": ValueKind("a ratio as a quantity (`50m`)", lambda value: str(Quantity(_quantity(value).exact))),
    "text": ValueKind("text", _text),
    "name": ValueKind("a name", _words),
    "names": ValueKind("names, parted by commas", _list, lambda text: tuple(text.split(","))),
    "ratio": ValueKind("a number from 0 on", _ratio),
    "positive": ValueKind("a number above 0", lambda value: _bounded(value, math.inf, zero=False)),
    "of hundred": ValueKind("a number from 0 to 100", lambda value: _bounded(value, 100)),
    "flag": ValueKind("true or false", _flag),
    "duration": ValueKind("a duration (`90s`)", _duration),
    "heap": ValueKind("bytes as a quantity, whole MiB (`192Mi`)", lambda value: _heap(value)),
}
"""Every kind of value by its name."""


def _heap(value: Any) -> str:
    text = _some_bytes(value)
    if _quantity(text).value % 2**20:
        raise ValueError(f"{text} is not a whole number of MiB")
    return text
