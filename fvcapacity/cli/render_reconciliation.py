"""A bill held against the model, for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fvcapacity.cli.render_markdown import escaped, section
from fvcapacity.cli.render_table import drawn, print_grids
from fvcapacity.cli.view import NONE, Grid, Summary

if TYPE_CHECKING:
    from rich.console import Console

_BRIDGE = (
    ("model_usd", "The model", ""),
    ("quantity_usd", "more or less of the same", "+"),
    ("price_usd", "other prices of the same", "+"),
    ("no_price_usd", "no price in the list", "+"),
    ("fees_usd", "taxes, credits, commitments", "+"),
    ("units_usd", "units that cannot be compared", "+"),
    ("bill_only_usd", "only in the bill", "+"),
    ("model_only_usd", "only in the model", "-"),
    ("bill_usd", "The bill", ""),
)
_MOST_NAMES = 2


def render_reconciliation_table(document: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a reconciliation as text for a terminal, ``width`` and ``color`` as for a comparison."""
    return drawn(lambda console: _print(console, document), width, color)


def render_reconciliation_markdown(document: Summary) -> str:
    """Return a reconciliation as GitHub-flavoured Markdown."""
    parts = [
        f"# {reconciliation_headline(document)}",
        *(section(grid) for grid in _grids(document)),
        escaped(" ".join(document["notes"])),
    ]
    return "\n\n".join(parts) + "\n"


def reconciliation_headline(document: Summary) -> str:
    """Return the outcome in one line."""
    bridge = document["bridge"]
    share = bridge["unexplained_percent"]
    rest = f"{usd(bridge['unexplained_usd'])} USD" + ("" if share is None else f" ({share:+.1f} % of the bill)")
    return (
        f"{document['bill']['file']}: {usd(bridge['bill_usd'])} USD, the model {usd(bridge['model_usd'])} USD; "
        f"not explained: {rest}"
    )


def bridge_grid(document: Summary) -> Grid:
    """Return the way from the model to the bill."""
    rows = tuple((f"{sign} {words}".strip(), usd(document["bridge"][name])) for name, words, sign in _BRIDGE)
    return Grid("From the model to the bill", ("", ">USD"), rows)


def lines_grid(document: Summary) -> Grid:
    """Return the lines: pairs first."""
    rows = tuple(
        (
            _what(line),
            line["status"],
            line["unit"] or NONE,
            _amount(line["model_quantity"]),
            _amount(line["bill_quantity"]),
            _amount(line["model_usd"]),
            _amount(line["bill_usd"]),
            NONE if line["model_usd"] is line["bill_usd"] is None else usd(line["difference_usd"], signed=True),
            "" if line["bill_line"] is None else str(line["bill_line"]),
        )
        for line in document["lines"]
    )
    heads = ("What", "", "Unit", ">Model", ">Bill", ">USD", ">USD", ">Differs", ">Line")
    return Grid("Lines", heads, rows)


def usd(text: str, *, signed: bool = False) -> str:
    """Return an exact amount to the cent."""
    value = Decimal(text)
    return f"{value:+,.2f}" if signed else f"{value:,.2f}"


def _grids(document: Summary) -> tuple[Grid, Grid]:
    return bridge_grid(document), lines_grid(document)


def _what(line: Mapping[str, Any]) -> str:
    names = line["model_items"] or line["bill_items"]
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _amount(text: str | None) -> str:
    return NONE if text is None else usd(text)


def _print(console: Console, document: Summary) -> None:
    from rich.text import Text

    console.print(Text(reconciliation_headline(document), style="bold"))
    print_grids(console, _grids(document))
    console.print()
    console.print(Text(" ".join(document["notes"]), style="dim"))
