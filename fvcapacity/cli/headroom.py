"""``fvcap headroom``: how much more traffic the system bears, and what breaks first."""

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


def headroom(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (YAML).", autocompletion=scenario_files)],
    patch: Patches = None,
    replications: Annotated[int, typer.Option(help="Runs of other customers, each bisected by itself.", min=1)] = 5,
    next_breaks: Annotated[
        int, typer.Option("--next", help="Causes to mend one after the other, to find what breaks then.", min=0, max=9)
    ] = 1,
    confirm: Annotated[
        bool, typer.Option("--confirm/--no-confirm", help="Replay the whole window at what was found.")
    ] = True,
    seed: Seed = None,
    jobs: Jobs = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Find the largest multiple of the traffic that keeps the objectives.

    Bisected on the same customers, on the stretches of the window that matter most; what is found is replayed over the
    whole window. Then what broke first is mended, step by step, and the next break is looked for.
    """
    with reported(debug=debug):
        from fvcapacity.inputs import load_scenario
        from fvcapacity.run import prepare_plane
        from fvcapacity.study.headroom import headroom as find
        from fvcapacity.study.headroom_summary import headroom_summary

        loaded = load_scenario(scenario, overrides={} if seed is None else {"seed": seed})
        loaded = loaded.with_patch(*patch) if patch else loaded
        if not quiet:
            prepare_plane(loaded, remark)
        with saying(quiet=quiet) as tell:
            found = find(
                loaded,
                replications=replications,
                jobs=processes(jobs),
                next_breaks=next_breaks,
                confirm=confirm,
                tell=tell,
            )
        say(_render(headroom_summary(found), output), nl=False)


def _render(summary: Summary, output: OutputFormat) -> str:
    if output is OutputFormat.JSON:
        return json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    from fvcapacity.cli import render_headroom

    if output is OutputFormat.MARKDOWN:
        return render_headroom.render_headroom_markdown(summary)
    return render_headroom.render_headroom_table(summary)
