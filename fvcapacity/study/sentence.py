"""What a comparison says, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.frozen import Frozen
from fvcapacity.results.measures import MEASURES, MeasureName
from fvcapacity.study.comparison import DifferencePart

_TOLD: tuple[MeasureName, ...] = ("p95", "errors", "cost")


class Scale(Frozen):
    """How a measure is printed: its factor and digits, and the units of a figure and of a difference."""

    factor: float
    digits: int
    unit: str
    difference_unit: str


SCALES: dict[str, Scale] = {
    "s": Scale(1e3, 0, "ms", "ms"),
    "1": Scale(1e2, 2, "%", "points"),
    "USD": Scale(1.0, 2, "USD", "USD"),
    "h": Scale(1.0, 2, "h", "h"),
}
"""By the unit of a measure."""


def comparison_sentence(parts: Sequence[DifferencePart]) -> str:
    """Return what B changes over the whole, without a full stop.

    Parameters
    ----------
    parts
        Differences of the whole; of them p95, errors and cost are told.
    """
    clauses = [_clause(part) for name in _TOLD for part in parts if part.measure == name]
    text = "; ".join(clauses)
    return text[:1].upper() + text[1:]


def _clause(part: DifferencePart) -> str:
    words, scale = MEASURES[part.measure].words, SCALES[part.unit]
    before, after, mean = part.first.mean, part.second.mean, part.difference.mean
    if before is None or after is None or mean is None:
        return f"{words} cannot be compared: no pair has a figure of both"
    low, high = part.difference.low_95, part.difference.high_95
    interval = "" if low is None or high is None else f" ±{_number((high - low) / 2, scale)}"
    change = f"{_signed(mean, scale)}{interval} {scale.difference_unit}"
    course = f"from {_number(before, scale)} to {_number(after, scale)} {scale.unit}"
    if part.reading == "same":
        return f"{words} stays at {_number(before, scale)} {scale.unit}"
    if part.reading == "no interval":
        verb = "stays the same" if mean == 0 else "falls" if mean < 0 else "rises"
        return f"{words} {verb} {course} ({change}, of one replication)" if mean else f"{words} {verb}"
    if part.reading == "not told apart":
        return f"{words} cannot be told apart ({change})"
    return f"{words} {'falls' if part.reading == 'lower' else 'rises'} {course} ({change})"


def _number(value: float, scale: Scale) -> str:
    return f"{value * scale.factor:,.{scale.digits}f}"


def _signed(value: float, scale: Scale) -> str:
    return f"{value * scale.factor:+,.{scale.digits}f}"
