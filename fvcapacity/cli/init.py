"""``fvcap init``: a first scenario that runs, from manifests, a Prometheus, or the shipped shop."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fvcapacity.cli.counting import counted
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, Quiet
from fvcapacity.cli.refusals import tell_refusals
from fvcapacity.cli.terminal import remark, say

if TYPE_CHECKING:
    from fvcapacity.report.starter import Started, StartOptions

_DEFAULT = Path("capacity")


class CloudName(StrEnum):
    """Whose prices and machines."""

    NONE = "none"
    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"


def init(
    sources: Annotated[
        list[str] | None,
        typer.Option("--from", help="Manifests: a directory, kustomization or file, or - for a pipe; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help=f"New directory for the scenario [default: {_DEFAULT}].")] = None,
    example: Annotated[bool, typer.Option("--example", help="Copy the shipped shop instead.")] = False,
    name: Annotated[str | None, typer.Option(help="Name of the scenario [default: that of the directory].")] = None,
    rps: Annotated[float | None, typer.Option(help="Mean requests a second [default: 10].", min=0.001)] = None,
    p95: Annotated[float | None, typer.Option(help="Objective for p95 in ms [default: 500].", min=1)] = None,
    cloud: Annotated[CloudName | None, typer.Option(help="Whose prices and machines [default: none].")] = None,
    region: Annotated[str, typer.Option(help="Region of the price list [default: its first].")] = "",
    time_zone: Annotated[str, typer.Option(help="Time zone of the scenario.")] = "America/Santiago",
    prometheus: Annotated[str | None, typer.Option(help="Address of a Prometheus to read traffic from.")] = None,
    start: Annotated[
        str | None, typer.Option(help="Day to simulate; of a Prometheus the begin of the range [default: a day ago].")
    ] = None,
    end: Annotated[str | None, typer.Option(help="End of the Prometheus' range [default: now].")] = None,
    profile: Annotated[list[str] | None, typer.Option(help="As of `fvcap pull`; may be repeated.")] = None,
    namespace: Annotated[list[str] | None, typer.Option(help="As of `fvcap pull`; may be repeated.")] = None,
    match: Annotated[str, typer.Option(help="As of `fvcap pull`.")] = "",
    entry: Annotated[list[str] | None, typer.Option(help="As of `fvcap pull`; may be repeated.")] = None,
    auth: Annotated[Path | None, typer.Option(help="As of `fvcap pull`: where credentials are read from.")] = None,
    ask: Annotated[
        bool | None, typer.Option("--ask/--no-ask", help="Ask what is not given [default: at a terminal].")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a first scenario that runs, and say what to do next.

    Services come from the manifests, traffic from a Prometheus when one is given; what nobody tells is assumed, and
    marked as assumed. Nothing that stands there is replaced.
    """
    with reported(debug=debug):
        from fvcapacity.report.starter import copy_example

        piped = "-" in (sources or ())
        asking = (sys.stdin.isatty() if ask is None else ask) and not piped and not example
        if asking:
            sources, prometheus, rps, p95, cloud, out = _asked(sources, prometheus, rps, p95, cloud, out)
            example = not sources
        target = out or _DEFAULT
        if example:
            written = copy_example(target)
            _tell(f"The shop of the documentation: {written}", written / "scenarios" / "valentines.yaml", [], quiet)
            return
        if not sources:
            _refuse_nothing()
        options = _options(
            name=name or "", rps=rps or 10.0, p95_ms=p95 or 500.0, cloud=(cloud or CloudName.NONE).value, region=region,
            time_zone=time_zone, prometheus=prometheus or "", start=start, end=end,
            pull=_pull_options(profile, namespace, match, entry, auth),
        )  # fmt: skip
        done = _start(sources or [], target, options, quiet)
        _tell(_headline(done), done.scenario, list(done.assumed), quiet)
        tell_refusals(done.refused, sources or [])


def _asked(
    sources: list[str] | None,
    prometheus: str | None,
    rps: float | None,
    p95: float | None,
    cloud: CloudName | None,
    out: Path | None,
) -> tuple[list[str], str, float, float, CloudName, Path]:
    """Ask for what was not given; an empty answer takes the default."""
    if not sources:
        given = typer.prompt("Manifests (directory, kustomization or file; empty for the shipped shop)", "", err=True)
        sources = [given] if given else []
    if not sources:
        return [], "", 10.0, 500.0, CloudName.NONE, out or Path(typer.prompt("New directory", str(_DEFAULT), err=True))
    if prometheus is None:
        prometheus = typer.prompt("Address of a Prometheus to read traffic from (empty for none)", "", err=True)
    if not prometheus and rps is None:
        rps = typer.prompt("Mean requests a second", 10.0, type=float, err=True)
    if p95 is None:
        p95 = typer.prompt("Objective for p95, in milliseconds", 500.0, type=float, err=True)
    if cloud is None:
        cloud = CloudName(typer.prompt("Prices of (none, aws, azure, gcp)", "none", type=CloudName, err=True))
    if out is None:
        out = Path(typer.prompt("New directory", str(_DEFAULT), err=True))
    return sources, prometheus, rps or 10.0, p95, cloud, out


def _refuse_nothing() -> None:
    from fvcapacity.errors import InputError, Problem

    hint = "give your manifests, such as --from k8s/ or kubectl kustomize . | fvcap init --from -; or take --example"
    raise InputError(Problem("there is nothing to make a scenario from", field="--from", hint=hint))


def _options(*, start: str | None, end: str | None, prometheus: str, **given: Any) -> StartOptions:
    from datetime import UTC

    from fvcapacity.cli.pull import moment
    from fvcapacity.report.starter import StartOptions

    if prometheus:
        last = moment(end, "--end") if end else datetime.now(UTC).replace(second=0, microsecond=0)
        first = moment(start, "--start") if start else last - timedelta(days=1)
        return StartOptions(first, last, prometheus=prometheus, **given)
    today = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    first = moment(start, "--start").replace(tzinfo=None) if start else today
    return StartOptions(first, first + timedelta(days=1), **given)


def _pull_options(
    profile: list[str] | None, namespace: list[str] | None, match: str, entry: list[str] | None, auth: Path | None
) -> dict[str, Any]:
    from fvcapacity.inputs.prometheus.auth import load_credentials

    given: dict[str, Any] = {"profiles": profile or (), "namespaces": namespace or (), "match": match}
    return given | {"entry": entry or (), "credentials": load_credentials(auth) if auth else None}


def _start(sources: list[str], target: Path, options: StartOptions, quiet: bool) -> Started:
    from fvcapacity.cli.progress import pieces_bar
    from fvcapacity.report.starter import start_scenario

    with pieces_bar(quiet=quiet or not options.prometheus) as progress:
        return start_scenario(sources, target, options, progress=progress)


def _headline(done: Started) -> str:
    traffic = "traffic of the Prometheus" if done.measured else "traffic assumed"
    services, routes = counted(len(done.services), "service"), counted(len(done.routes), "route")
    return f"{services}, {routes}, {traffic}: {done.directory}"


def _tell(headline: str, scenario: Path, assumed: list[str], quiet: bool) -> None:
    say(headline)
    if quiet:
        return
    for line in assumed:
        remark(f"- {line}")
    topology = scenario.parent / "topology.yaml"
    look = f"look over {topology}: what is marked as assumed is a guess; then" if topology.exists() else ""
    remark(f"Next: {look}\n  fvcap simulate {scenario}" if look else f"Next: fvcap simulate {scenario}")
