"""``fvcap reconcile``: a real bill next to the model's figures."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fvcapacity.cli.completion import results
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, OutputFormat
from fvcapacity.cli.terminal import say

if TYPE_CHECKING:
    from fvcapacity.cli.view import Summary


class BasisName(StrEnum):
    """Which cost of a bill counts."""

    BILLED = "billed"
    EFFECTIVE = "effective"
    LIST = "list"


def rate(text: str) -> Decimal:
    """Return a rate of exchange, exactly.

    Raises
    ------
    typer.BadParameter
        When it is none.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is no number") from None
    if not value.is_finite() or value <= 0:
        raise typer.BadParameter(f"{text!r} is no rate: it is above zero")
    return value


def reconcile(
    result: Annotated[
        Path, typer.Argument(help="Directory of a result with prices.", metavar="RESULT", autocompletion=results)
    ],
    bill: Annotated[
        Path, typer.Argument(help="FOCUS or AWS Cost and Usage Report: CSV, plain or gzip.", metavar="BILL")
    ],
    basis: Annotated[
        BasisName,
        typer.Option("--cost", help="As invoiced, with commitments spread over what they cover, or at list prices."),
    ] = BasisName.BILLED,
    mapping: Annotated[
        Path | None, typer.Option("--map", help="Rules of your own for what rows pay for (YAML).", metavar="FILE")
    ] = None,
    usd_rate: Annotated[
        Decimal | None,
        typer.Option(parser=rate, metavar="NUMBER", help="Units of the bill's currency for one US dollar."),
    ] = None,
    replication: Annotated[int | None, typer.Option(help="Of the result [default: the mean of all].", min=0)] = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    debug: Debug = False,
) -> None:
    """Hold a real bill against the model, line by line, and show the rest that nothing explains.

    Both are compared over the window of the result. Model, differences and rest add up to the bill exactly.
    """
    with reported(debug=debug):
        from fvcapacity.cost.reconcile import reconcile as run
        from fvcapacity.inputs.bills import load_bill_map
        from fvcapacity.results.result import load_result

        found = run(
            load_result(result),
            bill,
            basis=basis.value,
            replication=replication,
            mapping=None if mapping is None else load_bill_map(mapping),
            usd_rate=usd_rate,
        )
        say(_render(found.model_dump(mode="json"), output), nl=False)


def _render(document: Summary, output: OutputFormat) -> str:
    if output is OutputFormat.JSON:
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    from fvcapacity.cli import render_reconciliation

    if output is OutputFormat.MARKDOWN:
        return render_reconciliation.render_reconciliation_markdown(document)
    return render_reconciliation.render_reconciliation_table(document)
