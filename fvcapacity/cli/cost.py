"""``fvcap cost``: what a saved result cost, who caused it, and what of it nobody used."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fvcapacity.cli.completion import results
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug
from fvcapacity.cli.terminal import say

if TYPE_CHECKING:
    from fvcapacity.cli.view import Summary


class By(StrEnum):
    """What costs are told apart by."""

    SERVICE = "service"
    ROUTE = "route"
    TEAM = "team"
    NAMESPACE = "namespace"


class CostFormat(StrEnum):
    """How costs are printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


class CurrencyName(StrEnum):
    """In which amounts are shown."""

    USD = "USD"
    EUR = "EUR"
    CLP = "CLP"


def cost(
    result: Annotated[
        Path, typer.Argument(help="Result directory, of a scenario with prices.", autocompletion=results)
    ],
    by: Annotated[By, typer.Option(help="What costs are told apart by.")] = By.SERVICE,
    currency: Annotated[
        CurrencyName | None, typer.Option(help="Currency of the amounts [default: the scenario's].")
    ] = None,
    rates: Annotated[
        Path | None, typer.Option(help="File of exchange rates, each with its day and source (data/prices/rates.yaml).")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of quoting, for the age of prices [default: the window's first]."),
    ] = None,
    output: Annotated[CostFormat, typer.Option("--format", help="How to print.")] = CostFormat.TABLE,
    debug: Debug = False,
) -> None:
    """Tell what a result cost, who caused it, and what nobody used.

    Reads a saved result and runs nothing. Machines are told apart by what containers request or use, whichever is more;
    what is idle, shared or nobody's stands in rows of its own, and the rows add up to the bill.
    """
    with reported(debug=debug):
        from fvcapacity.cost.statement import cost_of
        from fvcapacity.inputs.rates import load_rates
        from fvcapacity.results.result import load_result

        found = cost_of(
            load_result(result),
            by=by.value,
            currency=None if currency is None else currency.value,
            rates=() if rates is None else load_rates(rates),
            on=None if on is None else on.date(),
        )
        say(_render(found.summary, output), nl=False)


def _render(summary: Summary, output: CostFormat) -> str:
    if output is CostFormat.JSON:
        return json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    from fvcapacity.cli import render_cost

    if output is CostFormat.MARKDOWN:
        return render_cost.render_cost_markdown(summary)
    if output is CostFormat.CSV:
        return render_cost.render_cost_csv(summary)
    return render_cost.render_cost_table(summary)
