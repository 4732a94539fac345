"""``fvcap calibrate``: from measurements to a topology with numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fvcapacity.cli.completion import scenario_files
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, OutputFormat, Quiet, Seed, share
from fvcapacity.cli.progress import saying
from fvcapacity.cli.terminal import remark, say

if TYPE_CHECKING:
    from fvcapacity.study.calibrate import Calibration


def calibrate(
    measured: Annotated[
        Path, typer.Argument(help="Directory of measurements, as fvcap pull writes it.", metavar="MEASURED")
    ],
    scenario: Annotated[
        Path,
        typer.Argument(
            help="Scenario file: its topology gives the call graph.", metavar="SCENARIO", autocompletion=scenario_files
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Directory for topology, tables and plots [default: calibrations/NAME].")
    ] = None,
    least_coverage: Annotated[
        float,
        typer.Option(parser=share, metavar="PERCENT", help="Least share of the intervals that must be measured whole."),
    ] = "50%",  # type: ignore[assignment]
    seed: Seed = 1,
    variability: Annotated[
        bool,
        typer.Option("--variability/--no-variability", help="Fit the variability of demands to measured latency."),
    ] = True,
    plots: Annotated[bool, typer.Option("--plots/--no-plots", help="Draw figures.")] = True,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Estimate CPU by route, memory, visits and burstiness from measurements.

    Writes a topology with measured numbers and their intervals, and tables and plots that say how far to trust them.
    What the data cannot tell stays as it is in the scenario's topology, and is named.
    """
    with reported(debug=debug):
        from fvcapacity.inputs import load_scenario
        from fvcapacity.inputs.measurements import load_measurements
        from fvcapacity.run import prepare_plane
        from fvcapacity.study.calibrate import CalibrationOptions
        from fvcapacity.study.calibrate import calibrate as run
        from fvcapacity.study.calibrate.calibration import check_replaceable

        loaded = load_scenario(scenario)
        target = out or Path("calibrations") / loaded.name
        check_replaceable(target)
        options = CalibrationOptions(
            least_coverage=least_coverage, seed=1 if seed is None else seed, variability=variability
        )
        history = load_measurements(measured)
        if variability and not quiet:
            prepare_plane(loaded, remark)
        with saying(quiet=quiet) as tell:
            calibration = run(history, loaded, options, tell=tell)
        calibration.save(target, plots=plots)
        say(_render(calibration, output), nl=False)
        if not quiet:
            remark(f"Calibration: {target}; use it with `topology: {target / 'topology.yaml'}`")


def _render(calibration: Calibration, output: OutputFormat) -> str:
    if output is OutputFormat.JSON:
        return calibration.to_json()
    from fvcapacity.cli import render_calibration

    if output is OutputFormat.MARKDOWN:
        return render_calibration.render_calibration_markdown(calibration)
    return render_calibration.render_calibration_table(calibration)
