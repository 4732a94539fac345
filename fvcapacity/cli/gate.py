"""``fvcap gate``: whether a branch may be merged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fvcapacity.cli.completion import scenario_files
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, Jobs, OutputFormat, Plane, Quiet, Seed, processes
from fvcapacity.cli.progress import progress_bar
from fvcapacity.cli.terminal import remark, say

if TYPE_CHECKING:
    from fvcapacity.cli.view import Summary
    from fvcapacity.scenario.model import Scenario


def increase(text: str) -> float:
    """Return an increase that is written as a percentage or as a share.

    Raises
    ------
    typer.BadParameter
        When it is neither, or negative.
    """
    try:
        value = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no percentage; write it like 5%") from None
    if not 0 <= value < float("inf"):
        raise typer.BadParameter(f"{text!r} is no increase; write it like 5%")
    return value


def gate(
    scenario: Annotated[
        Path, typer.Argument(help="Scenario file (YAML) of the working tree.", autocompletion=scenario_files)
    ],
    base: Annotated[
        str, typer.Option(help="Branch, tag or commit to hold it against, like origin/main.", metavar="REF")
    ],
    max_cost_increase: Annotated[
        float | None,
        typer.Option(parser=increase, metavar="PERCENT", help="Break when the window costs more by more than this."),
    ] = None,
    start: Annotated[str | None, typer.Option(help="Start of the window of both (local time).")] = None,
    duration: Annotated[str | None, typer.Option(help="Length of the window of both, like 2h or 90m.")] = None,
    scale: Annotated[float | None, typer.Option(help="Multiply the traffic of both.", min=0)] = None,
    replications: Annotated[
        int | None, typer.Option(help="Pairs of runs [default: the scenario's, at least 5].", min=1)
    ] = None,
    seed: Seed = None,
    jobs: Jobs = None,
    plane: Plane = None,
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Break on every missed objective, also one that REF misses no less.")
    ] = False,
    output: Annotated[
        OutputFormat, typer.Option("--format", help="How to print; markdown is for a pull request.")
    ] = OutputFormat.MARKDOWN,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Judge a branch: replay its scenario and that of REF on the same customers, and print a pull request's comment.

    Traffic, window and price list are the branch's for both. Exits 1 when the budget, an objective or a manifest
    breaks.
    """
    with reported(debug=debug):
        from fvcapacity.report.gate import gate_change

        given = {"window.start": start, "window.duration": duration, "traffic.scale": scale}

        def ready(loaded: Scenario) -> None:
            from fvcapacity.run import prepare_plane

            if not quiet:
                prepare_plane(loaded, remark, plane=plane.value if plane else None)

        with progress_bar(2 * (replications or 5), quiet=quiet) as progress:
            document = gate_change(
                scenario,
                base,
                max_cost_increase=max_cost_increase,
                enforce=enforce,
                overrides={field: value for field, value in given.items() if value is not None},
                replications=replications,
                jobs=processes(jobs),
                seed=seed,
                plane=plane.value if plane else None,
                progress=progress,
                ready=ready,
            )
        say(_render(document, output), nl=False)
        if document["status"] == "broken":
            raise typer.Exit(1)


def _render(document: Summary, output: OutputFormat) -> str:
    if output is OutputFormat.JSON:
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    from fvcapacity.cli import render_gate

    if output is OutputFormat.MARKDOWN:
        return render_gate.render_gate_markdown(document)
    return render_gate.render_gate_table(document)
