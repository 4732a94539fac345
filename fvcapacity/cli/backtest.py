"""``fvcap backtest``: calibrate on one part of the history, predict the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fvcapacity.cli.completion import scenario_files
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, Jobs, OutputFormat, Quiet, Seed, processes
from fvcapacity.cli.progress import progress_bar
from fvcapacity.cli.terminal import remark, say

if TYPE_CHECKING:
    from fvcapacity.study.backtest import Backtest


def backtest(
    measured: Annotated[
        Path, typer.Argument(help="Directory of measurements, as fvcap pull writes it.", metavar="MEASURED")
    ],
    scenario: Annotated[
        Path, typer.Argument(help="Scenario file: the system.", metavar="SCENARIO", autocompletion=scenario_files)
    ],
    train: Annotated[
        str | None,
        typer.Option(help="What is learnt from, local times: 2026-03-02..2026-03-06 [default: the first two thirds]."),
    ] = None,
    test: Annotated[str | None, typer.Option(help="What is predicted [default: the rest].")] = None,
    replications: Annotated[int, typer.Option(help="Simulations of it; two or more give a band.", min=1)] = 3,
    out: Annotated[
        Path | None, typer.Option(help="Directory for tables, plots and the calibration [default: backtests/NAME].")
    ] = None,
    variability: Annotated[
        bool,
        typer.Option("--variability/--no-variability", help="Fit the variability of demands to measured latency."),
    ] = True,
    jobs: Jobs = None,
    seed: Seed = None,
    plots: Annotated[bool, typer.Option("--plots/--no-plots", help="Draw figures.")] = True,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Learn how far to trust the model: calibrate on one part of the history, predict the other by simulation.

    The other part is simulated under its measured traffic; CPU, memory, replicas, p95 and errors are held together in
    bins of five minutes.
    """
    with reported(debug=debug):
        from fvcapacity.inputs import load_scenario
        from fvcapacity.inputs.measurements import load_measurements
        from fvcapacity.run import prepare_plane
        from fvcapacity.study.backtest import BacktestOptions
        from fvcapacity.study.backtest import backtest as run
        from fvcapacity.study.backtest.backtest import check_replaceable
        from fvcapacity.study.calibrate import CalibrationOptions

        loaded = load_scenario(scenario)
        target = out or Path("backtests") / loaded.name
        check_replaceable(target)
        history = load_measurements(measured)
        if not quiet:
            prepare_plane(loaded, remark)
        options = BacktestOptions(
            train, test, replications, processes(jobs), seed, CalibrationOptions(variability=variability)
        )
        with progress_bar(replications, quiet=quiet) as progress:
            found = run(history, loaded, options, progress=progress)
        found.save(target, plots=plots)
        say(_render(found, output), nl=False)
        if not quiet:
            remark(f"Backtest: {target}")


def _render(found: Backtest, output: OutputFormat) -> str:
    if output is OutputFormat.JSON:
        return found.to_json()
    from fvcapacity.cli.render_calibration import markdown_grids, render_grids
    from fvcapacity.cli.view_backtest import backtest_headline, backtest_lines, score_grids

    render = markdown_grids if output is OutputFormat.MARKDOWN else render_grids
    return render(backtest_headline(found), score_grids(found), backtest_lines(found))
