"""Options that several commands share."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Patches = Annotated[
    list[Path] | None,
    typer.Option(help="Strategic-merge patch for the manifests (a file or a directory); may be given often."),
]


class OutputFormat(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class PlaneName(StrEnum):
    """Which data plane carries the requests."""

    SIMPY = "simpy"
    FAST = "fast"


class PatchFormatName(StrEnum):
    """How patches are written."""

    STRATEGIC = "strategic"
    JSON6902 = "json6902"


class MeasureName(StrEnum):
    """What has to be precise."""

    P95 = "p95"
    ERRORS = "errors"
    COST = "cost"


def share(text: str) -> float:
    """Return a share that is written as a percentage or as a number below 1.

    Raises
    ------
    typer.BadParameter
        When it is neither, or not between 0 and 1.
    """
    try:
        value = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no percentage; write it like 5%") from None
    if not 0 < value < 1:
        raise typer.BadParameter(f"{text!r} is not between 0 % and 100 %; write it like 5%")
    return value


def seconds(text: str) -> float:
    """Return a duration that is written with its unit, in seconds.

    Raises
    ------
    typer.BadParameter
        When it is none.
    """
    from fvcapacity.units import NS_PER_S, parse_duration_ns

    try:
        return parse_duration_ns(text) / NS_PER_S
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Precision = Annotated[
    float | None,
    typer.Option(
        parser=share,
        metavar="PERCENT",
        help="Run batches of 5 replications until half of the 95 % interval of the measure is at most this share of "
        "its mean, like 5%.",
    ),
]
Measure = Annotated[MeasureName, typer.Option(help="What has to be that precise.")]
MaxReplications = Annotated[int, typer.Option(help="Most replications for a precision.", min=5)]
Jobs = Annotated[
    int | None,
    typer.Option(help="Processes that run replications at the same time [default: one a core].", min=1),
]
Seed = Annotated[int | None, typer.Option(help="Seed of every random number.", min=0)]
Plane = Annotated[PlaneName | None, typer.Option(help="Data plane.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no remarks on stderr.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]


def processes(jobs: int | None) -> int:
    """Return how many processes to use: what was asked for, or one for each core that this process may use."""
    if jobs is not None:
        return jobs
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def refuse_both(replications: int | None, precision: float | None) -> None:
    """Refuse a fixed number of replications together with a precision.

    Raises
    ------
    typer.BadParameter
        When both are given.
    """
    if replications is not None and precision is not None:
        raise typer.BadParameter(
            "it fixes the number that --precision is to find; leave one of them out, or use --max-replications",
            param_hint="--replications",
        )
