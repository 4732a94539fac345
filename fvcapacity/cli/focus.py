"""``fvcap focus``: files in FOCUS 1.2."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fvcapacity.cli.check import CheckFormat, render_findings
from fvcapacity.cli.common import App
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug
from fvcapacity.cli.terminal import say

focus = App(help="Check files in FOCUS 1.2.", no_args_is_help=True, rich_markup_mode=None)


@focus.callback()
def commands() -> None:
    """Check files in FOCUS 1.2 (FinOps Open Cost and Usage Specification)."""


@focus.command()
def check(
    file: Annotated[Path, typer.Argument(help="CSV file, plain or gzip.", metavar="FILE")],
    output: Annotated[CheckFormat, typer.Option("--format", help="How to print.")] = CheckFormat.TABLE,
    debug: Debug = False,
) -> None:
    """Check a file against FOCUS 1.2: columns, types, values, empty cells, and what columns say of each other.

    Exits 1 on errors; what is recommended only is remarked.
    """
    with reported(debug=debug):
        from fvcapacity.cost.focus import check_focus

        found = check_focus(file)
        say(render_findings(found.problems, output), nl=False)
        if output is CheckFormat.TABLE:
            say(f"{found.rows:,} rows, BilledCost {found.billed:,.2f}.")
        if not found.conforms:
            raise typer.Exit(1)
