"""What a reader is shown of a comparison, as text cells: the table and the Markdown say the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.cli.tongue import ENGLISH, Tongue, spoken_word
from fvcapacity.cli.view import NONE, Grid, Summary, window_text

_SCALES = {"s": (1e3, 0), "1": (1e2, 2), "USD": (1.0, 2), "h": (1.0, 2)}
"""By the unit of a figure: what it is multiplied by, and its digits."""
_TIMES = "\N{MULTIPLICATION SIGN}"


def verdicts(summary: Summary) -> tuple[str, str]:
    """Return the verdict on A and on B: ``MISSED``, ``HOLDS``."""
    return str(summary["first"]["status"]).upper(), str(summary["second"]["status"]).upper()


def comparison_headline(summary: Summary, tongue: Tongue) -> str:
    """Return the verdicts in one line: ``A MISSED, B HOLDS  Sat 14 Feb 2026 17:00 America/Santiago, 3h``."""
    first, second = verdicts(summary)
    return f"A {spoken_word(first)}, B {spoken_word(second)}  {window_text(summary['run'], tongue)}"


def side_lines(summary: Summary, tongue: Tongue = ENGLISH) -> list[str]:
    """Return what A and B are, one line each."""
    return [f"{letter}: {_side_text(summary[side], tongue)}" for letter, side in (("A", "first"), ("B", "second"))]


def differences_grid(summary: Summary, tongue: Tongue = ENGLISH) -> Grid:
    """Return the differences over the whole."""
    return Grid(
        title=tongue("differences"),
        heads=(
            tongue("t.figure"), ">A", ">B", ">B - A", f">{tongue('t.relative')}", f">{tongue('t.narrowed')}",
        ),
        rows=tuple(
            (tongue(f"measure.{part['measure']}"), *map(tongue.figure, (*_sides(part), *_changes(part))))
            for part in summary["differences"]
        ),
    )  # fmt: skip


def route_differences_grid(summary: Summary, tongue: Tongue = ENGLISH) -> Grid:
    """Return the differences of every route that both have."""
    rows = []
    for p95 in (part for part in summary["routes"] if part["measure"] == "p95"):
        errors = next(part for part in summary["routes"] if part["route"] == p95["route"] and part is not p95)
        cells = [(*_sides(part), _difference(part), _narrowing(part)) for part in (p95, errors)]
        rows.append((p95["route"], *(tongue.figure(cell) for cell in (*cells[0], *cells[1]))))
    narrowed = f">{tongue('t.narrowed')}"
    return Grid(
        title=tongue("routes"),
        heads=(
            tongue("t.route"), ">p95 ms A", ">B", ">B - A", narrowed, f">{tongue('t.errors-of')}", ">B", ">B - A",
            narrowed,
        ),
        rows=tuple(rows),
    )  # fmt: skip


def comparison_remarks(summary: Summary, tongue: Tongue = ENGLISH) -> list[str]:
    """Return what a reader must know to read the figures."""
    run = summary["run"]
    lines = []
    if run["replications"] > 1:
        lines += [tongue("pairs", n=run["replications"]), tongue("narrowed", times=_TIMES)]
    lines += map(tongue.sentence, summary["notes"])
    lines.append(tongue("rules", seed=run["seed"], plane=run["plane"], kubernetes=run["kubernetes"]))
    return lines


def _side_text(side: Mapping[str, Any], tongue: Tongue) -> str:
    name, changes = str(side["name"]), ", ".join(side["changes"])
    return tongue("changed", name=name, changes=changes) if changes else name


def _sides(part: Mapping[str, Any]) -> tuple[str, str]:
    factor, digits = _SCALES[part["unit"]]
    first, second = (
        NONE if figure["mean"] is None else f"{figure['mean'] * factor:,.{digits}f}"
        for figure in (part["first"], part["second"])
    )
    return first, second


def _changes(part: Mapping[str, Any]) -> tuple[str, str, str]:
    return _difference(part), _relative(part), _narrowing(part)


def _difference(part: Mapping[str, Any]) -> str:
    factor, digits = _SCALES[part["unit"]]
    figure = part["difference"]
    if figure["mean"] is None:
        return NONE
    text = _signed(figure["mean"] * factor, digits)
    if figure["low_95"] is None:
        return text
    return f"{text} ±{(figure['high_95'] - figure['low_95']) / 2 * factor:,.{digits}f}"


def _relative(part: Mapping[str, Any]) -> str:
    return NONE if part["relative_percent"] is None else f"{_signed(part['relative_percent'], 1)} %"


def _signed(value: float, digits: int) -> str:
    """Return a number with its sign; what rounds to zero has none."""
    return f"{0.0:.{digits}f}" if round(value, digits) == 0 else f"{value:+,.{digits}f}"


def _narrowing(part: Mapping[str, Any]) -> str:
    return NONE if part["narrowing"] is None else f"{part['narrowing']:,.1f}{_TIMES}"
