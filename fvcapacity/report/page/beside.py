"""Two runs side by side, in words and tables."""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.frozen import Frozen
from fvcapacity.report.blocks import Cell, Row, Table, row
from fvcapacity.report.page.against import Measure, Setting, measures_of, route_p95, same_window, settings_of
from fvcapacity.report.page.diagram import milliseconds
from fvcapacity.report.page.facts import Facts
from fvcapacity.report.page.tables import make_table
from fvcapacity.report.tongue import NOTHING, Tongue, plain
from fvcapacity.results.result import Result
from fvcapacity.units import format_bytes, format_cpu

_SMALL = 1e-9


class Beside(Frozen):
    """What the page says of another run beside its own."""

    sentences: tuple[str, ...]
    measures: Table
    settings: Table | None
    routes: Table
    notes: tuple[str, ...]


def beside_of(
    first: Result, second: Result, facts: tuple[Facts, Facts], names: tuple[str, str], tongue: Tongue
) -> Beside:
    """Return two runs side by side; ``names`` are what they are called."""
    name, other = (plain(item, 60) for item in names)
    pair = f"against.status.{facts[0].status}.{facts[1].status}"
    said = [tongue.known(pair, tongue("against.status.other")).format(name=name, other=other)]
    measures = measures_of(first, second, facts)
    said += _money(measures, name, other, tongue)
    if not same_window(first, second):
        said.append(tongue("against.different"))
    heads = [tongue("t.measure"), f">{name}", f">{other}", f">{tongue('t.change')}"]
    settings = settings_of(first, second)
    notes = [tongue("against.dashed", other=other)]
    if any(item.change is not None and not item.clear and abs(item.change) > _SMALL for item in measures):
        notes.append(tongue("against.unclear"))
    return Beside(
        sentences=tuple(said),
        measures=make_table(heads, [_measure(item, tongue) for item in measures]),
        settings=_settings(settings, name, other, tongue) if settings else None,
        routes=make_table(
            [tongue("t.route"), *heads[1:]], [_route(*item, tongue) for item in route_p95(first, second)]
        ),
        notes=tuple(notes),
    )  # fmt: skip


def _money(measures: Sequence[Measure], name: str, other: str, tongue: Tongue) -> list[str]:
    month = next(item for item in measures if item.key == "month")
    first, change = month.values[0], month.change
    if change is None or not first:
        return []
    if not month.clear or abs(change) < 0.005 * first:
        return [tongue("against.sentence.same")]
    key = "against.sentence.worse" if change > 0 else "against.sentence.better"
    percent = tongue.percent(100 * abs(change) / first, 1)
    return [tongue(key, name=name, other=other, percent=percent, saving=tongue.usd(abs(change), 0))]


def _measure(item: Measure, tongue: Tongue) -> Row:
    change = item.change
    if change is None:
        return row(tongue(f"m.{item.key}"), *(_value(item, value, tongue) for value in item.values), NOTHING)
    if abs(change) <= _SMALL:
        cell = Cell("=")
    elif not item.clear:
        cell = Cell("≈")
    else:
        sign = "+" if change > 0 else "−"
        better = (change < 0) == item.less_is_better
        cell = Cell(sign + _value(item, abs(change), tongue), "good" if better else "bad")
    return row(tongue(f"m.{item.key}"), *(_value(item, value, tongue) for value in item.values), cell)


def _value(item: Measure, value: float | None, tongue: Tongue) -> str:
    if value is None:
        return NOTHING
    if item.kind == "ms":
        return milliseconds(value, tongue)
    if item.kind == "percent":
        return tongue.percent(value, 0 if value >= 10 else 1 if value >= 1 else 3 if value else 0)
    if item.kind in ("usd", "usd4"):
        return tongue.usd(value, 4 if item.kind == "usd4" else 2)
    return tongue.number(value, 1 if item.kind == "hours" else 0)


def _route(name: str, first: float | None, second: float | None, tongue: Tongue) -> Row:
    texts = [milliseconds(first, tongue), milliseconds(second, tongue)]
    change = Cell(NOTHING)
    if first and second is not None:
        percent = 100 * (second - first) / first
        # A percentile is known to about one percent: less than that is no difference.
        style = "" if abs(percent) < 2 else "good" if percent < 0 else "bad"
        change = Cell("=" if abs(percent) < 1 else tongue.percent(percent, 0, signed=True).replace("-", "−"), style)  # type: ignore[arg-type]
    return row(Cell(plain(name, 60), "code"), *texts, change)


def _settings(settings: Sequence[Setting], name: str, other: str, tongue: Tongue) -> Table:
    heads = [tongue("t.what"), tongue("t.field"), f">{name}", f">{other}"]
    rows = [
        row(
            Cell(plain(item.subject), "code"),
            Cell(item.field, "code"),
            *(_setting(item, value) for value in item.values),
        )
        for item in settings
    ]
    return make_table(heads, rows)


def _setting(item: Setting, value: float | None) -> str:
    if value is None:
        return NOTHING
    if item.kind == "cores":
        return format_cpu(value)
    return format_bytes(round(value)) if item.kind == "bytes" else str(round(value))
