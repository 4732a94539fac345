"""The sections of a review that look ahead: the recommendation, the forecast with budget and what-if, and remarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.report.blocks import Block, Cell, Chart, Section, bullets, charts, heading, row, table, text
from fvcapacity.report.review import charts as draw
from fvcapacity.report.tongue import NOTHING, Tongue, plain

Summary = Mapping[str, Any]


def advice_section(summary: Summary, tongue: Tongue) -> Section:
    """Return what a search found, with its proven saving."""
    advice = summary["recommendation"]
    if advice is None:
        return Section(tongue("h.advice"), (text(tongue("advice.none")),))
    blocks = []
    today, usd = advice["today_usd"], advice["usd"]
    if today is None or usd is None:
        blocks.append(text(tongue("advice.no-money")))
    elif advice["changes"]:
        saving = today - usd
        blocks.append(
            text(
                tongue(
                    "advice.saves" if saving >= 0 else "advice.costs",
                    usd=tongue.usd(usd),
                    today=tongue.usd(today),
                    saving=tongue.usd(abs(saving)),
                    percent=tongue.percent(100 * abs(saving) / today, 1) if today else NOTHING,
                )
            )
        )
    if advice["verdict"]:
        blocks.append(
            text(tongue("advice.verdict", verdict=tongue.known(f"state.{advice['verdict']}", plain(advice["verdict"]))))
        )
    if tongue.language == "en" and advice["sentence"]:  # a sentence of another document, which knows English alone
        blocks.append(text(plain(advice["sentence"], 600)))
    changes = [
        row(Cell(plain(item["path"]), "code"), plain(item["before"]) or NOTHING, plain(item["after"]) or NOTHING)
        for item in advice["changes"]
    ]
    if changes:
        blocks.append(table([tongue("t.field"), tongue("t.before"), tongue("t.after")], changes))
    else:
        blocks.append(text(tongue("advice.unchanged")))
    return Section(tongue("h.advice"), tuple(blocks))


def forecast_section(summary: Summary, tongue: Tongue, *, drawn: bool) -> Section:
    """Return the next quarter: requests, money, budget, what-if."""
    forecast = summary["forecast"]
    if forecast is None:
        return Section(tongue("h.forecast", quarter=_next(summary["quarter"])), (text(tongue("forecast.none")),))
    money = forecast["money"]
    blocks = [text(_expected(forecast, tongue)), text(_source(forecast["source"], tongue))]
    if forecast["coverage"]:
        blocks.append(text(_coverage(forecast["coverage"], tongue)))
    if drawn:
        blocks.append(charts(Chart(tongue("forecast.chart"), draw.expected_requests(forecast, tongue))))
    blocks.append(_months(forecast, tongue))
    if money:
        blocks += [heading(tongue("h.budget")), *_budget(money["budget"], tongue)]
        lines = [_what_if(item, tongue) for item in money["what_if"]]
        if lines:
            blocks += [heading(tongue("h.what-if")), bullets(lines)]
        if money["replays"]:
            days = "; ".join(
                tongue("replay.ratio", day=tongue.day(item["day"]), ratio=tongue.number(item["ratio"], 3))
                for item in money["replays"]
            )
            blocks.append(text(tongue("forecast.replayed", days=days)))
        if money["unpriced"]:
            blocks.append(text(tongue("forecast.unpriced", count=tongue.number(len(money["unpriced"])))))
    return Section(tongue("h.forecast", quarter=forecast["quarter"]), tuple(blocks))


def notes_section(summary: Summary, tongue: Tongue) -> Section:
    """Return what a reader must know."""
    found = [_note(item, tongue) for item in summary["notes"]]
    return Section(tongue("h.notes"), (bullets([*found, tongue("note.incidents"), tongue("note.month")]),))


def _expected(forecast: Mapping[str, Any], tongue: Tongue) -> str:
    requests = forecast["requests"]
    if forecast["money"] is None:
        low, high = tongue.number(requests["low_80"]), tongue.number(requests["high_80"])
        middle = tongue.number(requests["median"])
        return tongue("forecast.requests", quarter=forecast["quarter"], requests=middle, low=low, high=high)
    total = forecast["money"]["total_usd"]
    return tongue(
        "forecast.money",
        quarter=forecast["quarter"],
        usd=tongue.usd(total["median"]),
        low=tongue.usd(total["low_80"]),
        high=tongue.usd(total["high_80"]),
        requests=tongue.number(requests["median"]),
    )


def _source(source: Mapping[str, Any], tongue: Tongue) -> str:
    if source["kind"] == "history":
        first, last = tongue.day(source["first_day"]), tongue.day(source["last_day"])
        words = tongue("forecast.history", days=tongue.number(source["known_days"]), first=first, last=last)
    else:
        words = tongue("forecast.assumed")
    if source["growth_basis"] != "none":
        percent = tongue.percent(100 * source["growth_per_year"], 1, signed=True)
        words += " " + tongue("forecast.growth", percent=percent, basis=tongue(f"growth.{source['growth_basis']}"))
    return words


def _coverage(coverage: Mapping[str, Any], tongue: Tongue) -> str:
    return tongue(
        "forecast.coverage",
        days=tongue.number(coverage["days"]),
        horizon=tongue.number(coverage["horizon_days"]),
        day80=tongue.percent(100 * coverage["day_coverage_80"]),
        day95=tongue.percent(100 * coverage["day_coverage_95"]),
        total80=tongue.percent(100 * coverage["total_coverage_80"]),
        total95=tongue.percent(100 * coverage["total_coverage_95"]),
    )


def _months(forecast: Mapping[str, Any], tongue: Tongue) -> Block:
    priced = forecast["money"] is not None
    heads = [tongue("t.month"), f">{tongue('t.requests')}", f">{tongue('t.range80')}"]
    rows = []
    for part in forecast["months"]:
        cells = [
            tongue.month(part["month"]),
            tongue.number(part["requests"]["median"]),
            _range(part["requests"], tongue),
        ]
        if priced:
            usd = part["usd"]
            cells += [tongue.amount(usd["median"]), f"{tongue.amount(usd['low_80'])} – {tongue.amount(usd['high_80'])}"]
        rows.append(row(*cells))
    return table([*heads, *([f">{tongue('t.usd')}", f">{tongue('t.range80')}"] if priced else [])], rows)


def _range(part: Mapping[str, float], tongue: Tongue) -> str:
    return f"{tongue.number(part['low_80'])} – {tongue.number(part['high_80'])}"


def _budget(budget: Mapping[str, Any], tongue: Tongue) -> list[Block]:
    blocks = []
    if budget["usd"] is not None:
        percent = tongue.percent(100 * budget["overrun_probability"], 1)
        blocks.append(text(tongue("budget.given", usd=tongue.usd(budget["usd"]), percent=percent)))
    rows = [
        row(tongue.amount(usd), tongue("budget.risk", percent=tongue.percent(float(risk))))
        for risk, usd in budget["needed_usd"].items()
    ]
    return [*blocks, table([f">{tongue('budget.amount')}", tongue("budget.chance")], rows)]


def _what_if(item: Mapping[str, Any], tongue: Tongue) -> str:
    saving, usd = item["saving_usd"], item["usd"]
    values = {"name": plain(item["name"]), "pool": plain(item["pool"]), "machines": tongue.number(item["machines"])}
    values["term"] = tongue.known(f"term.{item['term']}", item["term"])
    values["break_even"] = NOTHING if item["break_even"] is None else tongue.percent(100 * item["break_even"])
    if saving is None or usd is None:
        return tongue(f"what-if.{item['kind']}.unpriced", **values)
    cheaper = saving["median"] >= 0
    if item["kind"] == "reservation" and not item["machines"]:
        cheaper = False
    low, high = (
        sorted((saving["low_80"], saving["high_80"])) if cheaper else sorted((-saving["low_80"], -saving["high_80"]))
    )
    return tongue(
        f"what-if.{item['kind']}.{'less' if cheaper else 'more'}",
        usd=tongue.usd(usd["median"]),
        saving=tongue.usd(abs(saving["median"])),
        low=tongue.usd(low),
        high=tongue.usd(high),
        **values,
    )


def _note(item: Mapping[str, Any], tongue: Tongue) -> str:
    values = {
        name: tongue.number(value, 0 if value == int(value) else 1) if isinstance(value, int | float) else plain(value)
        for name, value in item["values"].items()
    }
    if item["names"]:
        priced = item["code"] in ("unpriced", "old-price")
        values["names"] = _names([_thing(name, tongue) for name in item["names"]] if priced else item["names"])
    return tongue(f"note.{item['code']}", **values)


def _thing(name: str, tongue: Tongue) -> str:
    """Return what is paid for: the word for its kind, and the resource where that says more than its kind."""
    kind, _, resource = name.partition(" ")
    word = tongue.known(f"kind.{kind}", kind)
    return f"{word} {resource}" if resource and resource.replace(" ", "_") != kind else word


def _names(names: list[str]) -> str:
    return ", ".join(plain(name) for name in names)


def _next(quarter: str) -> str:
    from fvcapacity.review.quarters import Quarter

    return str(Quarter.parse(quarter).next)
