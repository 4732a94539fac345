"""``fvcap alerts``: which alerts would have fired, and what none of them noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fvcapacity.cli.completion import results
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, OutputFormat, Quiet
from fvcapacity.cli.progress import saying
from fvcapacity.cli.terminal import say


def alerts(
    rules: Annotated[Path, typer.Argument(help="Rule file of Prometheus, or PrometheusRule objects.")],
    result: Annotated[Path, typer.Argument(help="Result directory.", autocompletion=results)],
    more_rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="A further rule file; may be given several times.")
    ] = None,
    replication: Annotated[int, typer.Option(help="Which replication to look at.", min=0)] = 0,
    plot: Annotated[Path | None, typer.Option(help="Directory for a timeline (PNG and SVG).")] = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    enforce: Annotated[bool, typer.Option("--enforce", help="Exit 1 when an incident went unnoticed.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say which alerts would have fired over a result, when, for how long, and which incident no rule noticed.

    The simulated cluster is exported as metrics, and a Prometheus on loopback evaluates the rules over them.
    """
    with reported(debug=debug):
        from fvcapacity.cli.render_alerts import render_alerts
        from fvcapacity.report.alerts import check_alerts, write_timeline
        from fvcapacity.results.result import load_result

        loaded = load_result(result)
        with saying(quiet=quiet) as tell:
            report = check_alerts([rules, *(more_rules or ())], loaded, replication=replication, tell=tell)
        if plot is not None:
            write_timeline(report, plot)
        say(render_alerts(report, output), nl=False)
        if enforce and report.unnoticed:
            raise typer.Exit(1)
