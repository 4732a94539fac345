"""``fvcap read-logs``: from access logs to counts that a scenario can replay."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, OutputFormat, Quiet, share
from fvcapacity.cli.progress import byte_bar
from fvcapacity.cli.terminal import remark, say

if TYPE_CHECKING:
    from fvcapacity.inputs.access_log import LogOptions


class Audience(StrEnum):
    """Whom not to count."""

    HEALTH_CHECKS = "health-checks"
    BOTS = "bots"


def read_logs(
    files: Annotated[
        list[str], typer.Argument(help="Logs, plain or gzip, in any order; - for standard input.", metavar="FILE...")
    ],
    out: Annotated[Path | None, typer.Option(help="Directory for the counts; without it they are only shown.")] = None,
    log_format: Annotated[
        str,
        typer.Option(help="auto, json, combined, common, ingress-nginx, or what nginx's log_format says.", metavar="F"),
    ] = "auto",
    field: Annotated[
        list[str] | None,
        typer.Option(
            help="JSON field of time, request, method, path, status, duration or agent, like path=req.url or "
            "duration=took:ms.",
            metavar="ROLE=NAME",
        ),
    ] = None,
    routes: Annotated[
        Path | None, typer.Option(help="Scenario, topology or YAML list that tells the routes, else they are learned.")
    ] = None,
    max_routes: Annotated[int, typer.Option(help="Most routes to learn; the rest is counted as other.", min=1)] = 50,
    max_values: Annotated[
        int, typer.Option(help="More different segments than this at one place of a path become :id.", min=1)
    ] = 50,
    step: Annotated[str, typer.Option(help="Interval of the counts.")] = "1s",
    start: Annotated[str | None, typer.Option("--from", help="Count from here on, like 2026-02-14T18:00.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Count until here.")] = None,
    time_zone: Annotated[str, typer.Option(help="Of times that are written without an offset.")] = "UTC",
    without: Annotated[list[Audience] | None, typer.Option(help="Leave out whom; may be given twice.")] = None,
    max_unreadable: Annotated[
        float | None,
        typer.Option(parser=share, metavar="PERCENT", help="Most lines that may be unreadable [default: 1%]."),
    ] = None,
    silence: Annotated[str, typer.Option(help="A longer time without a request is missing, not zero.")] = "1h",
    logged_time: Annotated[
        bool, typer.Option("--logged-time", help="Count at the logged time, and not when the request came.")
    ] = False,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Count the requests of access logs by route and interval.

    Reads nginx's combined, common and own formats and JSON lines. A scenario replays the counts with
    traffic: {file: OUT/traffic.csv.gz}, or fvcap simulate --traffic.
    """
    with reported(debug=debug):
        from fvcapacity.cli.render_log import render_log
        from fvcapacity.inputs.access_log import read_access_logs
        from fvcapacity.inputs.measurements import check_measurements_replaceable

        options = _options(
            log_format=log_format,
            fields=field or (),
            routes=routes,
            most_routes=max_routes,
            most_values=max_values,
            step=step,
            start=start,
            until=until,
            time_zone=time_zone,
            leave_out=[item.value for item in without or ()],
            most_unreadable=0.01 if max_unreadable is None else max_unreadable,
            silence=silence,
            at_arrival=not logged_time,
        )
        if out is not None:
            check_measurements_replaceable(out)
        with byte_bar(_size(files), quiet=quiet) as on_bytes:
            log = read_access_logs(files, options, on_bytes=on_bytes)
        if out is not None:
            log.save(out)
        say(render_log(log, output), nl=False)
        if out is not None and not quiet:
            remark(f"Counts: {out / 'traffic.csv.gz'}")


def _options(**given: Any) -> LogOptions:
    """Return the options of the library, or say at once what is wrong with all of them."""
    from fvcapacity.errors import InputError, Problem
    from fvcapacity.inputs.access_log import LogOptions
    from fvcapacity.inputs.access_log.given_routes import load_routes
    from fvcapacity.inputs.access_log.json_format import parse_fields
    from fvcapacity.units import NS_PER_S, parse_duration_ns

    problems: list[Problem] = []

    def parsed(option: str, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except InputError as error:
            problems.extend(error.problems)
        except ValueError as error:
            problems.append(Problem(str(error), field=option))
        return None

    zone = parsed("--time-zone", _zone, given["time_zone"])
    step_ns = parsed("--step", parse_duration_ns, given["step"])
    if step_ns is not None and (step_ns < NS_PER_S or step_ns % NS_PER_S):
        problems.append(Problem(f"{given['step']} is no whole number of seconds", field="--step"))
    built = {
        "fields": parsed("--field", parse_fields, given["fields"]),
        "routes": parsed("--routes", load_routes, given["routes"]) if given["routes"] else None,
        "from_ns": parsed("--from", _instant, given["start"], zone) if given["start"] and zone else None,
        "until_ns": parsed("--until", _instant, given["until"], zone) if given["until"] and zone else None,
        "silence_ns": parsed("--silence", parse_duration_ns, given["silence"]),
    }
    if problems:
        raise InputError(problems)
    same = ("log_format", "most_routes", "most_values", "most_unreadable", "at_arrival")
    return LogOptions(
        step_ns=step_ns,
        zone=zone,
        leave_out=frozenset(given["leave_out"]),
        **{name: given[name] for name in same},
        **built,
    )


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found; a directory of zones; a path
        raise ValueError(f"there is no time zone {name!r}; write it like America/Santiago") from None


def _instant(text: str, zone: Any) -> int:
    from datetime import datetime

    from fvcapacity.scenario.instants import epoch_ns

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; write it like 2026-02-14T18:00 or 2026-02-14T18:00-03:00") from None
    return epoch_ns(moment, zone)


def _size(files: Sequence[str]) -> int:
    """Return how many bytes there are to read; 0 when one of them is no plain file."""
    paths = [Path(file) for file in files]
    return sum(path.stat().st_size for path in paths) if all(path.is_file() for path in paths) else 0
