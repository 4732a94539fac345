"""``fvcap pull``: from a Prometheus to a directory of measurements."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fvcapacity.cli.failures import INTERRUPTED, reported
from fvcapacity.cli.options import Debug, Quiet
from fvcapacity.cli.terminal import complain, say

if TYPE_CHECKING:
    from datetime import datetime

    from fvcapacity.inputs.prometheus.auth import Credentials


class CountsFrom(StrEnum):
    """How counters are read."""

    AUTO = "auto"
    RAW = "raw"
    INCREASE = "increase"


def _coverage(text: str) -> float:
    """Return a share from 0 % to 100 %.

    Raises
    ------
    typer.BadParameter
        When it is none.
    """
    try:
        value = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter(f"{text!r} is no share from 0% to 100%; write it like 80%")
    return value


def pull(
    url: Annotated[str, typer.Argument(help="Address of Prometheus, or Thanos, Mimir, VictoriaMetrics with its path.")],
    start: Annotated[str, typer.Option(help="Begin of the range: 2026-02-09T00:00:00Z; without offset, in UTC.")],
    out: Annotated[Path, typer.Option(help="Directory for the measurements.")],
    end: Annotated[str | None, typer.Option(help="End of the range [default: now].")] = None,
    step: Annotated[str, typer.Option(help="Length of an interval.")] = "60s",
    profile: Annotated[
        list[str] | None, typer.Option(help="Shipped profile, or path of your own; may be repeated [default: all].")
    ] = None,
    namespace: Annotated[list[str] | None, typer.Option(help="Namespace; may be repeated [default: all].")] = None,
    match: Annotated[str, typer.Option(help='Further matchers for every series, like cluster="prod".')] = "",
    entry: Annotated[
        list[str] | None,
        typer.Option(help="Service that users reach: its requests are the traffic; may be repeated."),
    ] = None,
    auth: Annotated[Path | None, typer.Option(help="File that says where credentials are read from.")] = None,
    bearer_file: Annotated[Path | None, typer.Option(help="File with a bearer token.")] = None,
    bearer_env: Annotated[str | None, typer.Option(help="Environment variable with a bearer token.")] = None,
    ca: Annotated[Path | None, typer.Option(help="Certificates of the server's CA (PEM).")] = None,
    param: Annotated[
        list[str] | None, typer.Option(help="Parameter of every request, like dedup=true (Thanos); may be repeated.")
    ] = None,
    counts: Annotated[CountsFrom, typer.Option(help="How counters are read.")] = CountsFrom.AUTO,
    min_coverage: Annotated[
        float, typer.Option(parser=_coverage, metavar="PERCENT", help="Least share of every query's figures.")
    ] = "80%",  # type: ignore[assignment]
    parallel: Annotated[int, typer.Option(help="Queries asked at the same time.", min=1, max=16)] = 2,
    timeout: Annotated[float, typer.Option(help="Seconds that an answer may take.", min=1)] = 120.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read traffic, usage and response times of a running system from its Prometheus.

    The directory holds traffic.csv.gz (a scenario's traffic.file), usage.parquet, latency.parquet and measurements.json
    with the coverage of every query. An interrupted pull goes on when the same command is given again. Secrets are read
    from files and environment variables alone.
    """
    with reported(debug=debug):
        from datetime import UTC, datetime

        from fvcapacity.cli.progress import pieces_bar
        from fvcapacity.cli.render_pull import render_pull
        from fvcapacity.inputs.prometheus.pull import pull as library_pull

        try:
            with pieces_bar(quiet=quiet) as progress:
                measured = library_pull(
                    url,
                    start=moment(start, "--start"),
                    end=moment(end, "--end") if end is not None else datetime.now(UTC),
                    step_s=_step_s(step),
                    profiles=profile or (),
                    namespaces=namespace or (),
                    match=match,
                    entry=entry or (),
                    credentials=_credentials(auth, bearer_file, bearer_env, ca),
                    params=_params(param or []),
                    counts=counts.value,
                    min_coverage=min_coverage,
                    parallel=parallel,
                    timeout_s=timeout,
                    out=out,
                    progress=progress,
                )
        except KeyboardInterrupt:
            complain("Interrupted; what was fetched is kept, and the same command goes on from there.")
            raise typer.Exit(INTERRUPTED) from None
        say(render_pull(measured.provenance, out, remarks=not quiet), nl=False)


def moment(text: str, option: str) -> datetime:
    """Return the instant that an option names.

    Raises
    ------
    InputError
        When it is none.
    """
    from datetime import datetime

    from fvcapacity.errors import InputError, Problem

    try:
        return datetime.fromisoformat(text)
    except ValueError:
        hint = "write it like 2026-02-09T00:00:00Z or 2026-02-09T00:00:00-03:00"
        raise InputError(Problem(f"{text!r} is no date and time", field=option, hint=hint)) from None


def _step_s(text: str) -> int:
    from fvcapacity.errors import InputError, Problem
    from fvcapacity.units import NS_PER_S, parse_duration_ns

    try:
        step_ns = parse_duration_ns(text)
    except ValueError as error:
        raise InputError(Problem(str(error), field="--step", hint="write it like 60s or 5m")) from None
    if step_ns < NS_PER_S or step_ns % NS_PER_S:
        raise InputError(Problem(f"{text} is not whole seconds", field="--step", hint="give 1s or more"))
    return step_ns // NS_PER_S


def _params(given: list[str]) -> dict[str, str]:
    from fvcapacity.errors import InputError, Problem
    from fvcapacity.inputs.prometheus.auth import looks_secret

    params = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(Problem("a parameter is written NAME=VALUE", field="--param", hint="like dedup=true"))
        if looks_secret(name):
            hint = "secrets go into --auth FILE, which names files or environment variables"
            raise InputError(Problem(f"the parameter {name!r} looks like a secret", field="--param", hint=hint))
        params[name] = value
    return params


def _credentials(
    auth: Path | None, bearer_file: Path | None, bearer_env: str | None, ca: Path | None
) -> Credentials | None:
    from fvcapacity.errors import InputError, Problem
    from fvcapacity.inputs.prometheus.auth import AuthFile, SecretSource, load_credentials, make_credentials

    given = [option for option in (bearer_file, bearer_env, ca) if option is not None]
    if auth is not None and given:
        hint = "write them into the file"
        raise InputError(Problem("give --auth or the single options, not both", field="--auth", hint=hint))
    if bearer_file is not None and bearer_env is not None:
        raise InputError(Problem("give one of --bearer-file and --bearer-env", field="--bearer-env"))
    if auth is not None:
        return load_credentials(auth)
    if not given:
        return None
    token = (
        SecretSource(file=str(bearer_file) if bearer_file else None, env=bearer_env)
        if bearer_file or bearer_env
        else None
    )
    return make_credentials(AuthFile(bearer=token, ca=str(ca) if ca else None))
