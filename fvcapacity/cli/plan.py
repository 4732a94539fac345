"""``fvcap plan``: the schedule of minimums that has pods ready before the waves on the calendar."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fvcapacity.cli.completion import scenario_files
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, Jobs, OutputFormat, Patches, Quiet, Seed, processes
from fvcapacity.cli.progress import saying
from fvcapacity.cli.terminal import remark, say

if TYPE_CHECKING:
    from fvcapacity.cli.view import Summary


def plan(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (YAML).", autocompletion=scenario_files)],
    event: Annotated[
        list[str] | None,
        typer.Option(help="Event of the traffic to plan for; may be given often [default: all that raise it]."),
    ] = None,
    lead: Annotated[
        list[str] | None,
        typer.Option(help="How long before a rise to try, like 5m; may be given often [default: 2m to 30m]."),
    ] = None,
    patch: Patches = None,
    start: Annotated[str | None, typer.Option(help="Start of the window (local time).")] = None,
    duration: Annotated[str | None, typer.Option(help="Length of the window, like 2d or 12h.")] = None,
    replications: Annotated[
        int | None, typer.Option(help="Replays of the proof [default: the scenario's, at least 3].", min=1)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Directory for the patches by date [default: none is written].")
    ] = None,
    seed: Seed = None,
    jobs: Jobs = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Find when to raise the minimums of HPAs and node pools before the events of the traffic, and by how much.

    Tried on the rise of each event on the same customers, next to leaving it to the HPA; the whole schedule is then
    replayed over the window with fresh seeds. An event that the HPA bears by itself is left to it.
    """
    leads = _leads(lead)
    with reported(debug=debug):
        from fvcapacity.inputs import load_scenario
        from fvcapacity.report.planned_days import check_plan_replaceable, write_plan
        from fvcapacity.run import prepare_plane
        from fvcapacity.study.planning import plan_days
        from fvcapacity.study.planning.summary import plan_summary

        given = {"seed": seed, "window.start": start, "window.duration": duration}
        loaded = load_scenario(scenario, overrides={name: value for name, value in given.items() if value is not None})
        loaded = loaded.with_patch(*patch) if patch else loaded
        if out is not None:
            check_plan_replaceable(loaded, out)
        if not quiet:
            prepare_plane(loaded, remark)
        with saying(quiet=quiet) as tell:
            found = plan_days(
                loaded, events=event, leads_ns=leads, replications=replications, jobs=processes(jobs), tell=tell
            )
        if out is not None:
            write_plan(found, loaded, out)
        say(_render(plan_summary(found), output), nl=False)
        if out is not None and not quiet:
            remark(f"Plan: {out}")


def _leads(texts: list[str] | None) -> list[int] | None:
    from fvcapacity.units import parse_duration_ns

    try:
        leads = [parse_duration_ns(text) for text in texts or ()]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--lead") from None
    if any(lead <= 0 for lead in leads):
        raise typer.BadParameter("a lead is longer than nothing; write it like 5m", param_hint="--lead")
    return leads or None


def _render(summary: Summary, output: OutputFormat) -> str:
    if output is OutputFormat.JSON:
        return json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    from fvcapacity.cli import render_plan

    if output is OutputFormat.MARKDOWN:
        return render_plan.render_plan_markdown(summary)
    return render_plan.render_plan_table(summary)
