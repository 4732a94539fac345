"""``fvcap export``: a result in the formats of other tools."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fvcapacity.cli.common import App
from fvcapacity.cli.completion import results
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, Quiet
from fvcapacity.cli.progress import saying
from fvcapacity.cli.terminal import remark, say

export = App(help="Write a result in the formats of other tools.", no_args_is_help=True, rich_markup_mode=None)


class FocusKindName(StrEnum):
    """What the rows of a FOCUS file are."""

    ACTUAL = "actual"
    FORECAST = "forecast"
    SAVINGS = "savings"


@export.callback()
def formats() -> None:
    """Write a result in the formats of other tools."""


@export.command()
def openmetrics(
    result: Annotated[Path, typer.Argument(help="Directory of a result.", metavar="RESULT", autocompletion=results)],
    out: Annotated[Path, typer.Option(help="Directory for the files, one a day.")],
    replication: Annotated[int, typer.Option(help="Which replication.", min=0)] = 0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the simulated cluster as the metrics that the real one exposes.

    Every series carries the labels `scenario` and `run_id`. The files are for promtool; `fvcap serve-prometheus` does
    all of it.
    """
    with reported(debug=debug):
        from fvcapacity.report.openmetrics.export import check_export_replaceable, export_openmetrics
        from fvcapacity.results.result import load_result

        check_export_replaceable(out)
        with saying(quiet=quiet) as tell:
            written = export_openmetrics(load_result(result), out, replication=replication, tell=tell)
        say(f"{written.samples:,} samples in {len(written.files)} files: {out}")


@export.command()
def grafana(debug: Debug = False) -> None:
    """Print a Grafana dashboard that holds the simulated cluster against the real one.

    It is ready for Grafana's import and asks for two sources of data: the real Prometheus, and the one of `fvcap
    serve-prometheus`.
    """
    with reported(debug=debug):
        from fvcapacity.report.grafana.dashboard import dashboard_text

        say(dashboard_text(), nl=False)


@export.command()
def focus(
    result: Annotated[Path, typer.Argument(help="Directory of a result.", metavar="RESULT", autocompletion=results)],
    out: Annotated[Path, typer.Option(help="The file (CSV).", metavar="FILE")],
    kind: Annotated[
        FocusKindName, typer.Option(help="The bill of a run, one to be expected, or what a change would save.")
    ] = FocusKindName.ACTUAL,
    base: Annotated[
        Path | None,
        typer.Option(
            help="For savings: a result of the same window as it is today.", metavar="RESULT", autocompletion=results
        ),
    ] = None,
    replication: Annotated[int | None, typer.Option(help="For actuals: which one [default: 0].", min=0)] = None,
    account: Annotated[str | None, typer.Option(help="BillingAccountId [default: the scenario's name].")] = None,
    provider: Annotated[str | None, typer.Option(help="ProviderName [default: that of the price list].")] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the bill in FOCUS 1.2, for cost tools: one row for each line and day, costs exact.

    What was simulated says so in `x_Kind`. What has no price has no row, and is named on stderr.
    """
    with reported(debug=debug):
        from fvcapacity.cost.focus import export_focus
        from fvcapacity.results.result import load_result

        written = export_focus(
            load_result(result),
            out,
            kind=kind.value,
            base=None if base is None else load_result(base),
            replication=replication,
            account=account,
            provider=provider,
        )
        for item in () if quiet else written.unpriced:
            remark(f"No price, no row: {item}")
        before = "" if written.baseline is None else f", before {written.baseline:,.2f} USD"
        say(f"{written.rows:,} rows, {written.total:,.2f} USD{before}: {out}")
