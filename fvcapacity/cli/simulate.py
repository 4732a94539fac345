"""``fvcap simulate``: run a scenario and say what happens."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fvcapacity.cli.completion import scenario_files, workloads
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
from fvcapacity.cli.refusals import tell_refusals
from fvcapacity.cli.start_up import load_compiled_rules, loading, spare_threads
from fvcapacity.cli.terminal import complain, remark, say
from fvcapacity.cli.tongue import spoken, tongue_asked_for

if TYPE_CHECKING:
    from fvcapacity.results.result import Result


_WORTH_DRAWING_NS = 600 * 10**9
"""A shorter window has a point or two on every curve; its figures would take longer than the run."""


class Arrivals(StrEnum):
    """How requests arrive inside an interval."""

    CLUSTER = "cluster"
    POISSON = "poisson"
    GAMMA = "gamma"


def simulate(
    scenario: Annotated[
        Path, typer.Argument(help="Scenario file (YAML).", metavar="SCENARIO", autocompletion=scenario_files)
    ],
    traffic: Annotated[
        Path | None, typer.Option(help="Counts to replay instead (CSV or Parquet: timestamp, [route,] requests).")
    ] = None,
    traffic_from: Annotated[
        str | None, typer.Option(help="Instant of the traffic file that the scenario's start is.")
    ] = None,
    scale: Annotated[float | None, typer.Option(help="Multiply the traffic.", min=0)] = None,
    arrivals: Annotated[Arrivals | None, typer.Option(help="How requests arrive inside an interval.")] = None,
    start: Annotated[str | None, typer.Option(help="Start of the window (local time).")] = None,
    duration: Annotated[str | None, typer.Option(help="Length of the window, like 2h or 90m.")] = None,
    requests_from: Annotated[
        str | None, typer.Option(help="Write down every request from this instant on (with --requests-for).")
    ] = None,
    requests_for: Annotated[str | None, typer.Option(help="For how long, like 10m.")] = None,
    monitoring_interval: Annotated[
        str | None, typer.Option(help="Write the run down at this interval, a whole part of a minute like 15s.")
    ] = None,
    seed: Seed = None,
    replications: Annotated[int | None, typer.Option(help="How often to run, each with its own seed.", min=1)] = None,
    precision: Precision = None,
    measure: Measure = MeasureName.P95,
    max_replications: MaxReplications = 40,
    jobs: Jobs = None,
    plane: Plane = None,
    out: Annotated[Path | None, typer.Option(help="Result directory [default: results/NAME].")] = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    enforce: Annotated[bool, typer.Option("--enforce", help="Exit 1 when an objective is missed.")] = False,
    events: Annotated[bool, typer.Option("--events", help="Print the cluster's events as well.")] = False,
    events_for: Annotated[
        str | None,
        typer.Option(
            help="Print the events of one object: deployment/order-service, node/general-1.", autocompletion=workloads
        ),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Write a page for people as well: report.html in the result directory.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run a scenario and say what happens.

    Latency, errors, throttling, restarts, replicas, nodes, money, and the verdict.

    The result is printed on stdout and kept in a directory; progress goes to stderr. Ctrl-C keeps what is finished.
    """
    refuse_both(replications, precision)
    with reported(debug=debug):
        if report:
            from fvcapacity.report.page import check_libraries

            check_libraries()  # not only after a long run
        overrides = scenario_overrides(scenario, traffic, traffic_from, scale, arrivals, start, duration)
        written = {
            "requests.start": requests_from,
            "requests.duration": requests_for,
            "monitoring.interval": monitoring_interval,
        }
        overrides |= {field: value for field, value in written.items() if value is not None}
        result, directory = _run(
            scenario,
            overrides,
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
        say(_render(result, output, events or events_for is not None, events_for or ""), nl=False)
        if not quiet:
            remark(tongue_asked_for()("result", path=directory))
        if report:
            _write_page(result, directory, quiet)
        if not result.complete:
            complain(tongue_asked_for()("interrupted"))
            raise typer.Exit(INTERRUPTED)
        if enforce and result.status == "missed":
            raise typer.Exit(1)


def scenario_overrides(
    scenario: Path,
    traffic: Path | None,
    traffic_from: str | None,
    scale: float | None,
    arrivals: Arrivals | None,
    start: str | None,
    duration: str | None,
) -> dict[str, Any]:
    """Return the options as fields of the scenario file, by their path."""
    overrides: dict[str, Any] = {}
    if traffic is not None:
        # Paths of a scenario are relative to its file; this one was given relative to where we are.
        relative = os.path.relpath(traffic, scenario.parent)
        overrides |= {"traffic.file": relative, "traffic.weekly": None, "traffic.users": None}
    given = {
        "traffic.read_from": traffic_from,
        "traffic.scale": scale,
        "traffic.arrivals": None if arrivals is None else {"kind": arrivals.value},
        "window.start": start,
        "window.duration": duration,
    }
    return overrides | {field: value for field, value in given.items() if value is not None}


def _run(path: Path, overrides: dict[str, Any], out: Path | None, quiet: bool, **options: Any) -> tuple[Result, Path]:
    spare_threads()
    with loading():
        from fvcapacity.inputs import load_scenario
        from fvcapacity.results.result import check_replaceable
        from fvcapacity.run import prepare_plane
        from fvcapacity.run import simulate as run
        from fvcapacity.scenario.findings import refusals

        loaded = load_scenario(path, overrides=overrides)
    sources = (os.path.normpath(path.parent / source) for source in loaded.file.manifests)
    tell_refusals(refusals(loaded.cluster), sources)
    directory = out or Path("results") / loaded.name
    check_replaceable(directory)
    if not quiet:
        prepare_plane(loaded, lambda text: remark(spoken(text)), plane=options["plane"])
    with loading():
        load_compiled_rules()
    fixed = options["replications"] or loaded.file.replications
    count = options["max_replications"] if options["precision"] else fixed
    with progress_bar(count, quiet=quiet) as progress:
        result = run(loaded, progress=progress, **options)
    plots = loaded.file.window.duration >= _WORTH_DRAWING_NS
    return result, result.save(directory, plots=plots, jobs=options["jobs"])


def _write_page(result: Result, directory: Path, quiet: bool) -> None:
    from fvcapacity.report.page import write_report

    page = write_report(result, directory / "report.html")
    if not quiet:
        remark(tongue_asked_for()("report", path=page))


def _render(result: Result, output: OutputFormat, events: bool, events_for: str) -> str:
    from fvcapacity.cli.events import events_text

    if output is OutputFormat.JSON:
        return result.to_json()
    if output is OutputFormat.MARKDOWN:
        from fvcapacity.cli.render_markdown import render_markdown

        text = render_markdown(result.summary)
    else:
        from fvcapacity.cli.render_table import render_table

        text = render_table(result.summary)
    return text + ("\n" + events_text(result, events_for) if events else "")
