"""``fvcap serve-prometheus``: the simulated cluster behind a Prometheus of its own, for dashboards and alert rules."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

from fvcapacity.cli.completion import results
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, Quiet
from fvcapacity.cli.progress import saying
from fvcapacity.cli.terminal import remark, say


def serve_prometheus(
    result: Annotated[Path, typer.Argument(help="Directory of a result.", metavar="RESULT", autocompletion=results)],
    data: Annotated[
        Path | None, typer.Option(help="Directory for the database [default: a temporary one, gone afterwards].")
    ] = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 for a free one.", min=0, max=65535)] = 9091,
    rules: Annotated[list[Path] | None, typer.Option(help="Rule file; may be given more than once.")] = None,
    replication: Annotated[int, typer.Option(help="Which replication.", min=0)] = 0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Serve the simulated cluster as a Prometheus on loopback, until Ctrl-C.

    The result is exported and backfilled into a database of its own: never into that of a live server, which blocks of
    another time would damage.
    """
    with reported(debug=debug):
        from fvcapacity.report.openmetrics.serving import served
        from fvcapacity.results.result import load_result

        loaded = load_result(result)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # the server ends with us, however we are ended
        with (
            saying(quiet=quiet) as tell,
            served(loaded, data, port=port, rules=rules or (), replication=replication, tell=tell) as simulated,
        ):
            say(f"Prometheus: {simulated.server.url}")
            say(f"Time range: {simulated.start_utc} to {simulated.end_utc}")
            labels = ", ".join(f'{name}="{value}"' for name, value in simulated.export.labels.items())
            say(f"Labels:     {labels}")
            remark("Ctrl-C ends it.")
            try:
                simulated.server.wait()
            except KeyboardInterrupt:
                remark("")
