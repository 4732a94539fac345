"""``fvcap diff``: what a change of manifests comes to, before anybody applies it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fvcapacity.cli.failures import INTERRUPTED, reported
from fvcapacity.cli.options import Debug, Jobs, OutputFormat, Plane, Quiet, Seed, processes
from fvcapacity.cli.progress import progress_bar
from fvcapacity.cli.terminal import complain, remark, say

if TYPE_CHECKING:
    from fvcapacity.inputs.sides import Side
    from fvcapacity.study.comparison import Comparison


def diff(
    base: Annotated[Path, typer.Argument(help="Manifests, or a scenario file.", metavar="BASE")],
    overlay: Annotated[
        Path,
        typer.Argument(
            help="Manifests, an overlay, a Component, a file of strategic-merge patches, or another scenario.",
            metavar="OVERLAY",
        ),
    ],
    scenario: Annotated[
        Path | None, typer.Option(help="Scenario whose traffic, machines and prices count; both are replayed on it.")
    ] = None,
    replay: Annotated[
        bool | None,
        typer.Option("--replay/--no-replay", help="Replay both [default: with --scenario].", show_default=False),
    ] = None,
    start: Annotated[str | None, typer.Option(help="Start of the replayed window (local time).")] = None,
    duration: Annotated[str | None, typer.Option(help="Length of the replayed window, like 2h or 90m.")] = None,
    scale: Annotated[float | None, typer.Option(help="Multiply the traffic.", min=0)] = None,
    replications: Annotated[
        int | None, typer.Option(help="Pairs of runs [default: the scenario's, at least 5].", min=1)
    ] = None,
    seed: Seed = None,
    jobs: Jobs = None,
    plane: Plane = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Exit 1 on a new risk of severity error, or when B misses an objective.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what differs between two configurations: fields, pods, machines, money, risks, and the replay.

    Machines, money and the replay need a scenario: as BASE, or with --scenario. Nothing is applied, no cluster asked.
    """
    if replay and scenario is None and _is_tree(base):
        raise typer.BadParameter("a replay needs a scenario: as BASE, or with --scenario", param_hint="--replay")
    with reported(debug=debug):
        from fvcapacity.inputs.sides import load_sides
        from fvcapacity.report.difference import difference_of

        given = {"window.start": start, "window.duration": duration, "traffic.scale": scale}
        overrides = {field: value for field, value in given.items() if value is not None}
        one, two = load_sides(base, overlay, scenario, overrides)
        comparison = None
        if replay or (replay is None and scenario is not None):
            options = {"seed": seed, "replications": replications, "plane": plane.value if plane else None}
            comparison = _replay(one, two, quiet, jobs=processes(jobs), **options)
        difference = difference_of(one, two, comparison)
        say(_render(difference, output), nl=False)
        _end(difference, comparison, enforce)


def _is_tree(base: Path) -> bool:
    return base.is_dir() or base.name.startswith("kustomization")


def _end(difference: dict[str, Any], comparison: Comparison | None, enforce: bool) -> None:
    if comparison is not None and not comparison.complete:
        complain("Interrupted: the replay's differences are those of the pairs that were finished.")
        raise typer.Exit(INTERRUPTED)
    grave = any(risk["severity"] == "error" for risk in difference["risks"])
    if enforce and (grave or (comparison is not None and comparison.status == "missed")):
        raise typer.Exit(1)


def _replay(one: Side, two: Side, quiet: bool, **options: Any) -> Comparison:
    from fvcapacity.errors import ScenarioError
    from fvcapacity.run import prepare_plane
    from fvcapacity.study.compare import compare, pairs_of_runs

    if one.scenario is None or two.scenario is None:
        raise ScenarioError("a replay needs a scenario", hint="give it as BASE, or with --scenario")
    count = pairs_of_runs(one.scenario, two.scenario, options["replications"])
    if not quiet:
        prepare_plane(one.scenario, remark, plane=options["plane"])
    with progress_bar(2 * count, quiet=quiet) as progress:
        return compare(one.scenario, two.scenario, progress=progress, **options)


def _render(difference: dict[str, Any], output: OutputFormat) -> str:
    if output is OutputFormat.JSON:
        import json

        return json.dumps(difference, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    from fvcapacity.cli import render_difference

    if output is OutputFormat.MARKDOWN:
        return render_difference.render_difference_markdown(difference)
    return render_difference.render_difference_table(difference)
