"""What a reader is shown of a cost, as text cells: the table and the Markdown say the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fvcapacity.cli.view import NONE, Grid, Summary, figures_of, number_text, window_text
from fvcapacity.cost.rounding import money, rounded_together

_MOST_DAYS = 14
_MOST_WASTE = 10
_COMPONENTS = ("cpu", "memory", "storage", "network", "other")


def headline(summary: Summary) -> str:
    """Return what it is about, in one line."""
    return f"Cost of {summary['scenario']}: {window_text(summary)}"


def sentences(summary: Summary) -> list[str]:
    """Return the money in a few words: of the window, of a month, of requests and orders."""
    currency, digits = summary["currency"], summary["digits"]
    month = f"{number_text(summary['month'], digits)} {currency} a month at this pace"
    lines = [f"{number_text(summary['total'], digits)} {currency} for the window; {month}."]
    each = [f"{number_text(summary['per_thousand_served'], digits + 2)} {currency} for 1,000 requests served"]
    if summary["orders"] is not None:
        per_order = number_text(summary["orders"]["per_order"], digits + 2)
        each.append(f"{per_order} {currency} for an order ({summary['orders']['route']})")
    return [*lines, "; ".join(each) + "."]


def allocation_grid(summary: Summary) -> Grid:
    """Return who caused the bill; the column of totals adds up to its last row."""
    digits, rows = summary["digits"], summary["allocation"]
    by_route = summary["by"] == "route"
    totals = rounded_together([row["total"]["mean"] for row in rows], digits)
    cells = []
    for row, total in zip(rows, totals, strict=True):
        name = row["name"] if row["share"] in ("allocated", row["name"]) else f"{row['share']}: {row['name']}"
        parts = [_amount(row[part], digits) if row[part] else "" for part in _COMPONENTS]
        thousand = NONE if row["per_thousand"] is None else _amount(row["per_thousand"], digits + 2)
        percent = NONE if row["percent"] is None else f"{row['percent']:.1f} %"
        more = (thousand,) if by_route else ()
        cells.append((name, *parts, f"{total:,}", percent, _amount(row["month"], digits), *more))
    whole = summary["total"]["mean"]
    empty = ("",) * len(_COMPONENTS)
    last = (NONE,) if by_route else ()
    shown = NONE if whole is None else _amount(whole, digits)
    month = NONE if summary["month"]["mean"] is None else _amount(summary["month"]["mean"], digits)
    cells.append(("the bill", *empty, shown, "100.0 %", month, *last))
    heads = (
        *(summary["by"].capitalize(), ">CPU", ">Memory", ">Storage", ">Network", ">Other"),
        *(f">{summary['currency']}", ">Share", ">A month"),
        *((">1,000 requests",) if by_route else ()),
    )
    return Grid(title=f"By {summary['by']}", heads=heads, rows=tuple(cells))


def lines_grid(summary: Summary) -> Grid:
    """Return the lines of the bill."""
    digits, lines = summary["digits"], summary["lines"]
    costs = rounded_together([line["cost"]["mean"] or 0.0 for line in lines], digits)
    rows = tuple(
        (
            line["item"],
            NONE if line["quantity"] is None else f"{line['quantity']:,.2f}",
            line["unit"],
            NONE if line["unit_price_usd"] is None else f"{line['unit_price_usd']:g}",
            f"{line['as_of']}{' !' if line['stale'] else ''}" if line["as_of"] else NONE,
            NONE if line["cost"]["mean"] is None else f"{cost:,}",
        )
        for line, cost in zip(lines, costs, strict=True)
    )
    heads = ("Line", ">Quantity", "Unit", ">USD each", "As of", f">{summary['currency']}")
    remark = "! is a price without a day, or more than a year old." if any(line["stale"] for line in lines) else ""
    return Grid(title="The bill", heads=heads, rows=rows, remark=remark)


def periods_grid(summary: Summary) -> Grid | None:
    """Return the days of a short window, the months of a long one; None for a single one."""
    days, months = summary["days"], summary["months"]
    parts, title = (days, "Days") if len(days) <= _MOST_DAYS else (months, "Months")
    if len(parts) < 2:
        return None
    amounts = rounded_together([part["cost"]["mean"] or 0.0 for part in parts], summary["digits"])
    rows = tuple(
        (part["name"], f"{part['hours']:g}", f"{amount:,}") for part, amount in zip(parts, amounts, strict=True)
    )
    return Grid(title=title, heads=(title[:-1], ">Hours", f">{summary['currency']}"), rows=rows)


def waste_grid(summary: Summary) -> Grid | None:
    """Return what nobody used, the dearest first; None when everything is used."""
    found = summary["waste"]
    if not found:
        return None
    rows = tuple(
        (
            item["kind"],
            item["subject"],
            NONE if item["used_ratio"] is None else f"{100 * item['used_ratio']:.0f} %",
            NONE if item["month"] is None else _amount(item["month"], summary["digits"]),
            item["why"],
        )
        for item in found[:_MOST_WASTE]
    )
    left = len(found) - len(rows)
    remark = f"{left} more are in --format json." if left else ""
    heads = ("Kind", "What", ">Used", f">{summary['currency']} a month", "Why")
    return Grid(title="Paid for and not used", heads=heads, rows=rows, remark=remark, wrapped=4)


def remarks(summary: Summary) -> list[str]:
    """Return what a reader has to know besides."""
    return [figures_of(summary["replications"]), *summary["notes"]]


def allocation_rows(summary: Summary) -> list[dict[str, Any]]:
    """Return the allocation as records for a CSV file; amounts are exact."""
    plain = [(row, {name: row[name] for name in ("share", *_COMPONENTS)}) for row in summary["allocation"]]
    return [
        {
            summary["by"]: row["name"],
            **cells,
            "total": row["total"]["mean"],
            "month": row["month"],
            "percent": row["percent"],
            "per_thousand": row["per_thousand"],
            "currency": summary["currency"],
        }
        for row, cells in plain
    ]


def grids_of(summary: Summary) -> Sequence[Grid]:
    """Return all grids in their order."""
    grids = (allocation_grid(summary), lines_grid(summary), periods_grid(summary), waste_grid(summary))
    return [grid for grid in grids if grid is not None]


def _amount(value: float, digits: int) -> str:
    return f"{money(value, digits):,}"
