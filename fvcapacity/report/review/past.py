"""The sections of a review that look back: the bill, who caused it, what was idle, incidents against objectives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.report.blocks import Cell, Chart, Row, Section, charts, heading, row, table, text
from fvcapacity.report.review import charts as draw
from fvcapacity.report.tongue import NOTHING, Tongue, plain

Summary = Mapping[str, Any]


def bill_section(summary: Summary, tongue: Tongue, *, drawn: bool) -> Section:
    """Return the bill, its change and how it came about day by day."""
    blocks = [text(_bill_sentence(summary, tongue))]
    if summary["previous_requests"]:
        change = 100 * (summary["requests"] / summary["previous_requests"] - 1)
        blocks.append(text(tongue("bill.traffic", percent=tongue.percent(change, 1, signed=True))))
    heads = [tongue("t.category"), f">{tongue('t.usd')}", f">{tongue('t.share')}", *_previous_heads(summary, tongue)]
    rows = [
        row(tongue.known(f"category.{part['name']}", plain(part["name"])), *_amounts(part, summary, tongue))
        for part in summary["by_category"]
    ]
    blocks.append(table(heads, [*rows, _total(summary, tongue)]))
    months = [
        row(tongue.month(part["month"]), tongue.amount(part["usd"]), tongue.number(part["requests"]))
        for part in summary["months"]
    ]
    blocks.append(table([tongue("t.month"), f">{tongue('t.usd')}", f">{tongue('t.requests')}"], months))
    if drawn:
        quarters = Chart(tongue("bill.quarters"), draw.quarters(summary, tongue))
        blocks.append(charts(quarters, Chart(tongue("bill.days"), draw.daily_cost(summary, tongue))))
    return Section(tongue("h.bill"), tuple(blocks))


def services_section(summary: Summary, tongue: Tongue, *, drawn: bool) -> Section:
    """Return the bill by service; what is nobody's stands in rows of its own."""
    parts = [part for part in summary["by_service"] if part["usd"] or part["previous_usd"]]
    heads = [tongue("t.service"), f">{tongue('t.usd')}", f">{tongue('t.share')}", *_previous_heads(summary, tongue)]
    rows = [row(_service_name(part, tongue), *_amounts(part, summary, tongue), style=_style(part)) for part in parts]
    bars = [(_service_name(part, tongue), part["usd"], part["previous_usd"]) for part in parts]
    told = table(heads, [*rows, _total(summary, tongue)])
    if not drawn:
        return Section(tongue("h.services"), (told,))
    chart = Chart(tongue("services.chart"), draw.by_service(bars, tongue, summary["previous_quarter"]))
    return Section(tongue("h.services"), (charts(chart), told))


def idle_section(summary: Summary, tongue: Tongue) -> Section:
    """Return what is paid for and not used."""
    idle = summary["idle"]
    if idle is None:
        return Section(tongue("h.idle"), (text(tongue("idle.none")),))
    sentence = tongue("idle.text", usd=tongue.usd(idle["usd"]), percent=tongue.percent(idle["percent"], 1))
    if idle["previous_percent"] is not None:
        before = tongue.percent(idle["previous_percent"], 1)
        sentence += " " + tongue("idle.before", quarter=summary["previous_quarter"], percent=before)
    blocks = [text(sentence)]
    rows = [
        row(
            Cell(plain(item["name"]), "code"),
            tongue.known(f"waste.{item['kind']}", plain(item["kind"])),
            tongue.percent(item["used_percent"]),
            tongue.amount(item["usd_per_month"]),
        )
        for item in idle["wasted"]
    ]
    if rows:
        heads = [tongue("t.what"), tongue("t.kind"), f">{tongue('t.used')}", f">{tongue('t.month-usd')}"]
        blocks.append(table(heads, rows))
    return Section(tongue("h.idle"), tuple(blocks))


def quality_section(summary: Summary, tongue: Tongue) -> Section:
    """Return what clients had: objectives, and incidents by their kind."""
    quality = summary["quality"]
    if quality["failed_percent"] is None:
        blocks = [text(tongue("quality.nothing"))]
    else:
        failed = tongue.percent(quality["failed_percent"], 3)
        blocks = [text(tongue("quality.text", requests=tongue.number(quality["requests"]), percent=failed))]
    heads = [tongue("t.objective"), tongue("t.state"), tongue("t.failing"), tongue("t.worst")]
    blocks.append(table(heads, [_objective(item, tongue) for item in quality["objectives"]]))
    if not quality["kinds"]:
        return Section(tongue("h.quality"), (*blocks, text(tongue("incidents.none"))))
    kinds = [
        row(_incident(item["kind"], tongue), tongue.number(item["count"]), tongue.number(item["minutes"]))
        for item in quality["kinds"]
    ]
    blocks.append(table([tongue("t.kind"), f">{tongue('t.count')}", f">{tongue('t.minutes')}"], kinds))
    worst = [
        row(
            tongue.day(item["day"]),
            item["time"],
            tongue.number(item["minutes"]),
            Cell(plain(item["subject"]), "code"),
            _incident(item["kind"], tongue),
        )
        for item in quality["worst"]
    ]
    heads = [tongue("t.day"), tongue("t.from"), f">{tongue('t.minutes')}", tongue("t.what"), tongue("t.kind")]
    blocks += [heading(tongue("incidents.longest")), table(heads, worst)]
    return Section(tongue("h.quality"), tuple(blocks))


def change_words(summary: Summary, tongue: Tongue) -> tuple[str, str] | None:
    """Return the change of the bill in dollars and per cent, signed; None without a quarter before."""
    before = summary["previous_total_usd"]
    if before is None:
        return None
    difference = summary["total_usd"] - before
    sign = "+" if difference > 0 else ""
    percent = tongue.percent(100 * difference / before, 1, signed=True) if before else NOTHING
    return f"{sign}{tongue.usd(difference)}", percent


def _bill_sentence(summary: Summary, tongue: Tongue) -> str:
    values = {"usd": tongue.usd(summary["total_usd"]), "requests": tongue.number(summary["requests"])}
    before = summary["previous_total_usd"]
    if before is None:
        return tongue("bill.alone", **values)
    difference = summary["total_usd"] - before
    values["quarter"] = summary["previous_quarter"]
    if abs(difference) < 0.005:
        return tongue("bill.same", **values)
    percent = tongue.percent(100 * abs(difference) / before, 1) if before else NOTHING
    key = "bill.more" if difference > 0 else "bill.less"
    return tongue(key, difference=tongue.usd(abs(difference)), percent=percent, **values)


def _previous_heads(summary: Summary, tongue: Tongue) -> list[str]:
    if summary["previous_quarter"] is None:
        return []
    return [f">{summary['previous_quarter']}", f">{tongue('t.change')}"]


def _amounts(part: Mapping[str, Any], summary: Summary, tongue: Tongue) -> list[str]:
    """Return what a part comes to, its share of the whole and, when there is a quarter before, its change."""
    total = summary["total_usd"]
    cells = [tongue.amount(part["usd"]), tongue.percent(100 * part["usd"] / total, 1) if total else NOTHING]
    if summary["previous_quarter"] is None:
        return cells
    before = part["previous_usd"]
    change = tongue.percent(100 * (part["usd"] / before - 1), 1, signed=True) if before else tongue("new")
    return [*cells, tongue.amount(before), change]


def _total(summary: Summary, tongue: Tongue) -> Row:
    cells = [tongue("t.total"), tongue.amount(summary["total_usd"]), tongue.percent(100)]
    change = change_words(summary, tongue)
    if change is not None:
        cells += [tongue.amount(summary["previous_total_usd"]), change[1]]
    return row(*cells, style="total")


def _service_name(part: Mapping[str, Any], tongue: Tongue) -> str:
    return plain(part["name"]) if part["kind"] == "service" else tongue(f"row.{part['kind']}")


def _style(part: Mapping[str, Any]) -> Any:
    return "" if part["kind"] == "service" else "rest"


def _objective(item: Mapping[str, Any], tongue: Tongue) -> Row:
    threshold = tongue.number(item["threshold"], 0 if item["threshold"] == int(item["threshold"]) else 1)
    style: Any = {"holds": "good", "missed": "bad"}.get(item["status"], "")
    failing = tongue(
        "failing.text",
        failing=tongue.number(item["failing_windows"]),
        judged=tongue.number(item["judged_windows"]),
    )
    worst = NOTHING
    if item["worst_scope"]:
        percent = tongue.percent(item["worst_failing_percent"], 1)
        name = tongue("route.all") if item["worst_scope"] == "all" else plain(item["worst_scope"])
        worst = tongue("failing.worst", route=name, percent=percent)
    state = Cell(tongue(f"state.{item['status']}"), style)
    share = tongue.percent(100 - item["allowed_failing_percent"])
    return row(tongue(f"objective.{item['objective']}", threshold=threshold, share=share), state, failing, worst)


def _incident(kind: str, tongue: Tongue) -> str:
    return tongue.known(f"incident.{kind}", plain(kind))
