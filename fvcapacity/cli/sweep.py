"""``fvcap sweep``: a scenario over a grid of values, on this machine or on a Dask cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fvcapacity.cli.completion import bounds, scenario_files
from fvcapacity.cli.failures import INTERRUPTED, reported
from fvcapacity.cli.options import Debug, Jobs, OutputFormat, Patches, Plane, Quiet, Seed, processes
from fvcapacity.cli.progress import runs_bar
from fvcapacity.cli.terminal import complain, remark, say

if TYPE_CHECKING:
    from fvcapacity.study.sweep import Sweep


def sweep(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (YAML).", autocompletion=scenario_files)],
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="PATH=VALUES",
            autocompletion=bounds,
            help="A field by its path and its values: a list (1,2,3) or a range with its step (50:90:10); may be given "
            "more than once.",
        ),
    ],
    patch: Patches = None,
    start: Annotated[str | None, typer.Option(help="Start of the window (local time).")] = None,
    duration: Annotated[str | None, typer.Option(help="Length of the window, like 2h or 90m.")] = None,
    replications: Annotated[
        int | None, typer.Option(help="Runs of each point [default: the scenario's].", min=1)
    ] = None,
    seed: Seed = None,
    jobs: Jobs = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Run on the workers of this Dask scheduler, like tcp://dask-scheduler:8786."
        ),
    ] = None,
    plane: Plane = None,
    out: Annotated[
        Path | None, typer.Option(help="Directory for tables, document and plot [default: results/FILE-sweep].")
    ] = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Replay a scenario at every point of a grid of values.

    Every run is put away as it finishes: after a kill or an interruption the same command goes on. The table does not
    depend on what ran it.
    """
    with reported(debug=debug):
        given = {"window.start": start, "window.duration": duration}
        overrides = {field: value for field, value in given.items() if value is not None}
        target = out or Path("results") / f"{scenario.stem}-sweep"
        try:
            found = _run(
                scenario,
                vary,
                target,
                quiet,
                replications=replications,
                jobs=processes(jobs),
                scheduler=scheduler,
                seed=seed,
                plane=plane.value if plane else None,
                overrides=overrides,
                patches=tuple(patch or ()),
            )
        except KeyboardInterrupt:
            complain(f"Interrupted. What is finished is kept in {target}; the same command goes on.")
            raise typer.Exit(INTERRUPTED) from None
        say(_render(found, output), nl=False)
        if not quiet:
            again = f" ({found.recalled:,} of {len(found.runs):,} runs were there already)" if found.recalled else ""
            remark(f"Sweep: {target}{again}")


def _run(scenario: Path, vary: list[str], target: Path, quiet: bool, **options: Any) -> Sweep:
    from fvcapacity.plots.sweep import write_sweep_plot
    from fvcapacity.study.sweep import sweep as run
    from fvcapacity.tabular.directory import write_directory

    tell = None if quiet else remark
    with runs_bar(quiet=quiet) as progress:
        found = run(scenario, vary, out=target, progress=progress, tell=tell, **options)
    write_directory(target / "plots", lambda directory: write_sweep_plot(found.summary, directory))
    return found


def _render(found: Sweep, output: OutputFormat) -> str:
    if output is OutputFormat.JSON:
        return found.to_json()
    from fvcapacity.cli import render_sweep

    if output is OutputFormat.MARKDOWN:
        return render_sweep.render_sweep_markdown(found.summary)
    return render_sweep.render_sweep_table(found.summary)
