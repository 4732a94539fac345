"""What a reader is shown of a forecast, as text cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.cli.view import NONE, Grid, Summary

_MOST_SPECIAL = 12


def forecast_headline(summary: Summary) -> str:
    """Return what is forecast, in one line."""
    of_what = f" of {summary['scenario']}" if summary["scenario"] else ""
    text = f"Forecast of {summary['quarter']}{of_what}: {_range(summary['requests'], 0)} requests"
    money = summary["money"]
    return f"{text}, {_range(money['total_usd'], 2)} USD" if money else text


def forecast_grids(summary: Summary) -> list[Grid]:
    """Return the tables: months, special days, money, machines, replays, what-if."""
    grids = [_months(summary)]
    if summary["special_days"]:
        grids.append(_special(summary))
    if summary["money"]:
        money = summary["money"]
        grids += [_categories(money), _pools(money), _budget(money)]
        if money["replays"]:
            grids.append(_replays(money))
        if money["what_if"]:
            grids.append(_what_if(money))
    return grids


def forecast_lines(summary: Summary) -> list[str]:
    """Return the remarks, one line each."""
    source = summary["source"]
    if source["kind"] == "history":
        first = f"Learnt from {source['file']}, {source['first_day']} to {source['last_day']}"
        lines = [f"{first} ({source['known_days']} whole days)."]
    else:
        lines = [f"Made from an assumed week ({source['file']})."]
    if source["growth_basis"] != "none":
        lines.append(f"Growth of {100 * source['growth_per_year']:+.1f} % a year ({source['growth_basis']}).")
    if summary["coverage"]:
        lines.append(f"{summary['coverage']['sentence']}.")
    if summary["money"] and summary["money"]["unpriced"]:
        lines.append(f"Without a price, and left out: {', '.join(summary['money']['unpriced'])}.")
    lines += [f"{note[:1].upper()}{note[1:]}." for note in summary["notes"]]
    ranges = "Ranges hold 80 % of the draws around the median"
    return [*lines, f"{ranges} ({summary['draws']:,} draws, seed {summary['seed']}; {summary['time_zone']})."]


def _months(summary: Summary) -> Grid:
    rows = []
    for month in summary["months"]:
        usd = month["usd"]
        rows.append(
            (
                month["month"],
                f"{month['requests']['median']:,.0f}",
                _bounds(month["requests"], 0),
                NONE if usd is None else f"{usd['median']:,.2f}",
                NONE if usd is None else _bounds(usd, 2),
            )
        )
    return Grid("Months", ("Month", ">Requests", ">80 %", ">USD", ">80 %"), tuple(rows))


def _special(summary: Summary) -> Grid:
    rows = [
        (day["day"], _special_name(day), f"{day['requests']['median']:,.0f}", _bounds(day["requests"], 0), day["basis"])
        for day in summary["special_days"][:_MOST_SPECIAL]
    ]
    heads = ("Day", "What", ">Requests", ">80 %", "Told by")
    left = len(summary["special_days"]) - _MOST_SPECIAL
    return Grid("Special days", heads, tuple(rows), f"and {left} more" if left > 0 else "")


def _special_name(day: Mapping[str, Any]) -> str:
    return f"{day['name']} {day['offset']:+d} d" if day["offset"] else str(day["name"])


def _categories(money: Mapping[str, Any]) -> Grid:
    parts = sorted(money["by_category_usd"].items(), key=lambda item: -item[1]["median"])
    rows = [(name, f"{usd['median']:,.2f}", _bounds(usd, 2)) for name, usd in parts]
    rows.append(("all", f"{money['total_usd']['median']:,.2f}", _bounds(money["total_usd"], 2)))
    return Grid("Money", ("Category", ">USD", ">80 %"), tuple(rows))


def _pools(money: Mapping[str, Any]) -> Grid:
    rows = [
        (
            pool["pool"],
            pool["instance_type"],
            f"{pool['node_hours']['median']:,.0f}",
            _bounds(pool["node_hours"], 0),
            str(pool["most"]),
        )
        for pool in money["pools"]
    ]
    return Grid("Machines", ("Pool", "Type", ">Machine-hours", ">80 %", ">Most at once"), tuple(rows))


def _budget(money: Mapping[str, Any]) -> Grid:
    budget = money["budget"]
    rows = [(f"{float(risk):g} % of the draws cost more", f"{usd:,.2f}") for risk, usd in budget["needed_usd"].items()]
    if budget["usd"] is not None:
        chance = 100 * budget["overrun_probability"]
        rows.insert(0, (f"the budget: {chance:.1f} % of the draws cost more", f"{budget['usd']:,.2f}"))
    return Grid("Budget", ("Of which", ">USD"), tuple(rows))


def _replays(money: Mapping[str, Any]) -> Grid:
    rows = [
        (
            replay["day"],
            replay["like"],
            replay["pool"],
            f"{replay['node_hours']:.1f}",
            f"{replay['closed_form_node_hours']:.1f}",
            f"{replay['ratio']:.3f}",
            replay["objectives"],
        )
        for replay in money["replays"]
    ]
    heads = ("Day", "For", "Pool", ">Machine-hours", ">Closed form", ">Ratio", "Objectives")
    return Grid("Replayed days", heads, tuple(rows), "Machine-hours of such days are multiplied by the ratio.")


def _what_if(money: Mapping[str, Any]) -> Grid:
    rows = [(f"{item['sentence'][:1].upper()}{item['sentence'][1:]}",) for item in money["what_if"]]
    return Grid("What if", ("On the same draws",), tuple(rows), wrapped=0)


def _bounds(part: Mapping[str, float], digits: int) -> str:
    return f"{part['low_80']:,.{digits}f} to {part['high_80']:,.{digits}f}"


def _range(part: Mapping[str, float], digits: int) -> str:
    return f"{part['median']:,.{digits}f} ({_bounds(part, digits)})"
