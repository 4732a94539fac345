"""``fvcap compare``: what a change is worth, on the same customers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fvcapacity.cli.completion import scenario_files
from fvcapacity.cli.failures import INTERRUPTED, reported
from fvcapacity.cli.options import (
    Debug,
    Jobs,
    MaxReplications,
    Measure,
    MeasureName,
    OutputFormat,
    Plane,
    Precision,
    Quiet,
    Seed,
    processes,
    refuse_both,
)
from fvcapacity.cli.progress import progress_bar
from fvcapacity.cli.terminal import complain, remark, say
from fvcapacity.cli.tongue import spoken, tongue_asked_for

if TYPE_CHECKING:
    from fvcapacity.scenario.model import Scenario
    from fvcapacity.study.comparison import Comparison


def compare(
    first: Annotated[Path, typer.Argument(help="Scenario file (YAML).", metavar="A", autocompletion=scenario_files)],
    second: Annotated[
        Path | None, typer.Argument(help="Second scenario of the same window [default: A].", metavar="B")
    ] = None,
    patch: Annotated[
        list[Path] | None,
        typer.Option(
            help="Strategic-merge patch for the manifests of B (a file, or a directory with a kustomization.yaml); may "
            "be given more than once.",
        ),
    ] = None,
    start: Annotated[str | None, typer.Option(help="Start of the window of both (local time).")] = None,
    duration: Annotated[str | None, typer.Option(help="Length of the window of both, like 2h or 90m.")] = None,
    scale: Annotated[float | None, typer.Option(help="Multiply the traffic of both.", min=0)] = None,
    seed: Seed = None,
    replications: Annotated[
        int | None, typer.Option(help="Pairs of runs [default: the scenarios', at least 5].", min=1)
    ] = None,
    precision: Precision = None,
    measure: Measure = MeasureName.P95,
    max_replications: MaxReplications = 40,
    jobs: Jobs = None,
    plane: Plane = None,
    out: Annotated[
        Path | None, typer.Option(help="Directory for the comparison and both results [default: none is written].")
    ] = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    enforce: Annotated[bool, typer.Option("--enforce", help="Exit 1 when B misses an objective.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Replay two scenarios on the same customers and say what differs.

    B is another scenario file, or A with patched manifests, or both. Differences are B minus A, replication by
    replication on common random numbers, with 95 % intervals. A precision is a share of the mean of A.
    """
    refuse_both(replications, precision)
    if second is None and not patch:
        raise typer.BadParameter("name a second scenario, or a change with --patch", param_hint="B")
    with reported(debug=debug):
        given = {"window.start": start, "window.duration": duration, "traffic.scale": scale}
        overrides = {field: value for field, value in given.items() if value is not None}
        one, two = _load(first, second, patch or [], overrides)
        comparison = _run(
            one,
            two,
            out,
            quiet,
            seed=seed,
            replications=replications,
            jobs=processes(jobs),
            plane=plane.value if plane else None,
            precision=precision,
            measure=measure.value,
            max_replications=max_replications,
        )
        say(_render(comparison, output), nl=False)
        if out is not None and not quiet:
            remark(tongue_asked_for()("comparison", path=out))
        if not comparison.complete:
            complain(tongue_asked_for()("comparison.interrupted"))
            raise typer.Exit(INTERRUPTED)
        if enforce and comparison.status == "missed":
            raise typer.Exit(1)


def _load(
    first: Path, second: Path | None, patches: list[Path], overrides: dict[str, Any]
) -> tuple[Scenario, Scenario]:
    from fvcapacity.inputs import load_scenario

    one = load_scenario(first, overrides=overrides)
    two = one if second is None else load_scenario(second, overrides=overrides)
    return one, two.with_patch(*patches) if patches else two


def _run(one: Scenario, two: Scenario, out: Path | None, quiet: bool, **options: Any) -> Comparison:
    from fvcapacity.run import prepare_plane
    from fvcapacity.study.compare import compare as run
    from fvcapacity.study.compare import pairs_of_runs
    from fvcapacity.study.comparison import check_comparison_replaceable

    if out is not None:
        check_comparison_replaceable(out)
    fixed = pairs_of_runs(one, two, options["replications"])
    count = options["max_replications"] if options["precision"] else fixed
    if not quiet:
        prepare_plane(one, lambda text: remark(spoken(text)), plane=options["plane"])
    with progress_bar(2 * count, quiet=quiet) as progress:
        comparison = run(one, two, progress=progress, **options)
    if out is not None:
        comparison.save(out)
    return comparison


def _render(comparison: Comparison, output: OutputFormat) -> str:
    if output is OutputFormat.JSON:
        return comparison.to_json()
    from fvcapacity.cli import render_comparison

    if output is OutputFormat.MARKDOWN:
        return render_comparison.render_comparison_markdown(comparison.summary)
    return render_comparison.render_comparison_table(comparison.summary)
