"""The tables behind the charts: what a chart shows, for who cannot see it, or wants to copy it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fvcapacity.report.blocks import Cell, Head, Row, Table, row
from fvcapacity.report.page.boxes import THROTTLED_HIGH, Box
from fvcapacity.report.page.clock import Clock
from fvcapacity.report.page.diagram import milliseconds
from fvcapacity.report.page.facts import mean
from fvcapacity.report.page.marks import Mark, tallies
from fvcapacity.report.page.series import Panel, total
from fvcapacity.report.tongue import NOTHING, Tongue, plain
from fvcapacity.results.result import Result

_MOST_ROWS = 50
_MOST_TALLIES = 80


def make_table(heads: Sequence[str], rows: Sequence[Row]) -> Table:
    """Return a table; a leading ``>`` puts a column to the right."""
    return Table(tuple(Head(head.lstrip(">"), head.startswith(">")) for head in heads), tuple(rows))


def timeline_table(panels: Sequence[Panel], clock: Clock, tongue: Tongue) -> Table:
    """Return the timeline by hours, or so coarse that it has at most fifty rows: the most of each stretch."""
    steps_s = (300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 43200.0, 86400.0, 7 * 86400.0)
    step = next((item for item in steps_s if clock.duration_s / item <= _MOST_ROWS), 28 * 86400.0)
    count = max(int(np.ceil(clock.duration_s / step)), 1)
    columns = [_coarse(panel, step, count) for panel in panels]
    heads = [tongue("t.time"), *(f">{tongue(f'panel.{panel.key}')}" for panel in panels)]
    rows = [
        row(
            clock.words(number * step, tongue),
            *(_figure(panel, column[number], tongue) for panel, column in zip(panels, columns, strict=True)),
        )
        for number in range(count)
    ]
    return make_table(heads, rows)


def events_table(marks: Sequence[Mark], clock: Clock, tongue: Tongue) -> Table:
    """Return how often each kind of thing happened to what."""
    heads = ["t.what", "t.service", ">t.count", "t.first", "t.last"]
    rows = [
        row(
            tongue(f"lane.{item.lane}"),
            Cell(plain(item.subject), "code"),
            tongue.number(item.count),
            clock.words(item.first_s, tongue),
            clock.words(item.last_s, tongue),
        )
        for item in tallies(tuple(marks))[:_MOST_TALLIES]
    ]
    return make_table(_heads(heads, tongue), rows)


def path_table(
    columns: Sequence[Sequence[str]], calls: Mapping[tuple[str, str], float], boxes: Mapping[str, Box], tongue: Tongue
) -> Table:
    """Return the boxes of the request path, from left to right."""
    heads = ["t.service", ">t.pods", ">t.p95", ">t.cpu-mean", ">t.cpu-peak", "t.of", ">t.throttled", "t.calls"]
    rows = []
    for name in (name for column in columns for name in column if name in boxes):
        box = boxes[name]
        called = [plain(service) for caller, service in calls if caller == name]
        low, high = box.replicas
        throttled = Cell(
            tongue.percent(box.throttled_percent), "bad" if box.throttled_percent >= THROTTLED_HIGH else ""
        )
        rows.append(
            row(
                Cell(plain(name), "code"),
                str(low) if low == high else f"{low}–{high}",
                milliseconds(box.p95_ms, tongue),
                tongue.percent(box.cpu_mean_percent),
                tongue.percent(box.cpu_peak_percent),
                tongue(f"of.{box.of}") if box.of else NOTHING,
                throttled,
                ", ".join(called) or NOTHING,
            )
        )
    return make_table(_heads(heads, tongue), rows)


def money_table(result: Result, tongue: Tongue) -> Table:
    """Return the bill by category."""
    cost = result.summary["cost"]
    whole = mean(cost["total_usd"]) or 0.0
    rows = []
    for category, part in cost["by_category_usd"].items():
        usd = mean(part)
        text = tongue("money.no-price") if usd is None else tongue.amount(usd)
        share = tongue.percent(100 * usd / whole) if usd is not None and whole else NOTHING
        rows.append(row(tongue.known(f"category.{category}", plain(category)), text, share))
    rows.append(row(tongue("t.total"), tongue.amount(whole), tongue.percent(100) if whole else NOTHING, style="total"))
    return make_table(_heads(["t.category", ">t.usd", ">t.share"], tongue), rows)


def _heads(keys: Sequence[str], tongue: Tongue) -> list[str]:
    return [(">" if key.startswith(">") else "") + tongue(key.lstrip(">")) for key in keys]


def _coarse(panel: Panel, step: float, count: int) -> np.ndarray[Any, Any]:
    values = total(panel) if panel.unit == "count" else np.fmax.reduce([line.values for line in panel.lines])
    bins = np.minimum((panel.grid.times_s // step).astype(int), count - 1)
    result = np.full(count, np.nan)
    for number in range(count):
        own = values[bins == number]
        own = own[np.isfinite(own)]
        if len(own):
            result[number] = own.mean() if panel.unit == "rps" else own.max()
    return result


def _figure(panel: Panel, value: float, tongue: Tongue) -> Cell:
    missed = panel.limit is not None and value >= panel.limit
    digits = 0 if panel.unit == "count" or value >= 10 else 1
    return Cell(tongue.number(value, digits), "bad" if missed else "")
