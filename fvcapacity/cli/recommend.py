"""``fvcap recommend``: the cheapest configuration that keeps the objectives, with its proof, as patches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fvcapacity.cli.completion import bounds, fields, scenario_files_and_answers, workloads
from fvcapacity.cli.failures import INTERRUPTED, reported
from fvcapacity.cli.options import Debug, Jobs, OutputFormat, PatchFormatName, Quiet, Seed, processes, seconds
from fvcapacity.cli.progress import saying
from fvcapacity.cli.terminal import complain, remark, say

if TYPE_CHECKING:
    from fvcapacity.recommend.answer import Answer

_FOUND = ("recommended", "left alone")


def recommend(
    scenario: Annotated[
        Path,
        typer.Argument(
            help="Scenario file (YAML); with --explain also what an earlier call wrote.",
            metavar="SCENARIO",
            autocompletion=scenario_files_and_answers,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Directory for the overlay, or for what was tried when nothing is recommended.")
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            parser=seconds, metavar="DURATION", help="End the search after so long, like 5m; the proof comes on top."
        ),
    ] = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=fields,
            help="Field that stays as it is, or a pattern: 'deployment/postgres*'; may be given often.",
        ),
    ] = None,
    bound: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH=LOW:HIGH",
            autocompletion=bounds,
            help="Values that a field may have: 'deployment/shop.requests.cpu=100m:'; may be given often.",
        ),
    ] = None,
    replications: Annotated[
        int, typer.Option(help="Replays of every stretch in the proof, with seeds that the search has not seen.", min=2)
    ] = 4,
    explain: Annotated[
        str | None,
        typer.Option(
            autocompletion=workloads,
            metavar="WORKLOAD",
            help="Show every field of a workload with its reason: deployment/shop.",
        ),
    ] = None,
    patch_format: Annotated[
        PatchFormatName, typer.Option(help="Strategic-merge patches, or JSON 6902 with a test of every old value.")
    ] = PatchFormatName.STRATEGIC,
    helm: Annotated[bool, typer.Option("--helm", help="Write the changes as Helm values too.")] = False,
    seed: Seed = None,
    jobs: Jobs = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Find the cheapest configuration that keeps the objectives, and prove it before it is printed.

    Searched on the peaks of the history; replayed with other seeds on history and holdout, beside today's system and
    what other tools would say. Exits 0 when something is recommended or all is left alone, 1 when nothing holds.
    """
    with reported(debug=debug):
        if explain and (scenario.is_dir() or scenario.suffix == ".json"):
            from fvcapacity.recommend.document import load_recommendation

            say(_render(load_recommendation(scenario), output, explain), nl=False)
            return
        given: dict[str, Any] = {
            "explain": explain,
            "pins": pin or (),
            "bounds": bound or (),
            "replications": replications,
        }
        answer = _answer(scenario, out, seed=seed, jobs=processes(jobs), quiet=quiet, time_limit_s=time_limit, **given)
        from fvcapacity.recommend.document import recommendation_document

        document = recommendation_document(answer)
        if out is not None:
            _write(answer, out, patch_format, helm, quiet)
        say(_render(document, output, explain if document["fields"] else None), nl=False)
        raise typer.Exit(0 if answer.verdict in _FOUND else 1)


def _answer(path: Path, out: Path | None, *, seed: int | None, quiet: bool, **given: Any) -> Answer:
    from fvcapacity.inputs import load_scenario
    from fvcapacity.recommend.answer import recommend_with_evidence
    from fvcapacity.recommend.explanation import check_owner
    from fvcapacity.recommend.overrides import parse_bounds
    from fvcapacity.recommend.trials import trials_directory
    from fvcapacity.report.handover import check_recommendation_replaceable
    from fvcapacity.run import prepare_plane

    bounds = parse_bounds(given.pop("bounds"))
    loaded = load_scenario(path, overrides={} if seed is None else {"seed": seed})
    check_owner(loaded, given.pop("explain"))
    if out is not None:
        check_recommendation_replaceable(loaded, out)
    if not quiet:
        prepare_plane(loaded, remark)
    cache = trials_directory()
    try:
        with saying(quiet=quiet) as tell:
            return recommend_with_evidence(loaded, bounds=bounds, cache=cache, tell=tell, **given)
    except KeyboardInterrupt:
        kept = "its trials are kept, and the same command goes on from them" if cache else "nothing of it is kept"
        complain(f"Interrupted: {kept}. Nothing was written.")
        raise typer.Exit(INTERRUPTED) from None


def _write(answer: Answer, out: Path, patch_format: PatchFormatName, helm: bool, quiet: bool) -> None:
    from fvcapacity.report.handover import write_recommendation

    written = write_recommendation(answer, out, patch_format=patch_format.value, helm=helm)
    if quiet:
        return
    if written.verification is None:
        remark(f"No overlay: what was tried stands in {out}")
        return
    skipped = [check.name for check in written.verification.checks if check.status == "skipped"]
    remark(f"Overlay: {out}; try it with `kubectl diff -k {out}`")
    if skipped:
        remark(f"Not checked: {', '.join(skipped)}; see {out / 'README.md'}")


def _render(document: dict[str, Any], output: OutputFormat, owner: str | None) -> str:
    from fvcapacity.cli import render_recommendation as render
    from fvcapacity.recommend.document import document_json, fields_of

    if owner is not None:
        fields = fields_of(document, owner)
        if output is OutputFormat.JSON:
            return document_json({"owner": owner, "fields": fields})
        if output is OutputFormat.MARKDOWN:
            return render.render_owner_markdown(document, owner)
        return render.render_owner_table(document, owner)
    if output is OutputFormat.JSON:
        return document_json(document)
    if output is OutputFormat.MARKDOWN:
        return render.render_recommendation_markdown(document)
    return render.render_recommendation_table(document)
