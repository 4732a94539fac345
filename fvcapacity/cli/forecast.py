"""``fvcap forecast``: requests, machines and money of a coming quarter, with intervals."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, OutputFormat, Quiet, Seed, share
from fvcapacity.cli.progress import saying
from fvcapacity.cli.terminal import say


class Term(StrEnum):
    """How long machines are reserved."""

    ONE_YEAR = "1y"
    THREE_YEARS = "3y"


def growth_ratio(text: str) -> float:
    """Return a year's growth that is written as a percentage.

    Raises
    ------
    typer.BadParameter
        When it is none, or takes all traffic away.
    """
    try:
        value = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no percentage; write it like 8%") from None
    if not -1 < value < 100:
        raise typer.BadParameter(f"{text!r} is no growth; write it like 8%")
    return value


def forecast(
    source: Annotated[
        Path,
        typer.Argument(help="Scenario file (YAML), or a file of counts (CSV, Parquet).", metavar="SCENARIO|TRAFFIC"),
    ],
    quarter: Annotated[str, typer.Option(help="Which quarter, like 2026Q2.")],
    history: Annotated[
        Path | None, typer.Option(help="Counts of the past [default: the scenario's own, or its assumed week].")
    ] = None,
    special_days: Annotated[
        Path | None, typer.Option(help="YAML file with special_days, for counts without a scenario.")
    ] = None,
    growth: Annotated[
        float | None,
        typer.Option(
            parser=growth_ratio, metavar="PERCENT", help="Growth in a year [default: what the history tells]."
        ),
    ] = None,
    budget: Annotated[float | None, typer.Option(help="USD planned for the quarter.", min=0)] = None,
    patch: Annotated[
        list[Path] | None,
        typer.Option(help="What if the manifests had this patch (a file or a directory); may be given often."),
    ] = None,
    spot: Annotated[
        float | None,
        typer.Option(parser=share, metavar="PERCENT", help="What if this share of the machines were spot ones."),
    ] = None,
    reserve: Annotated[Term | None, typer.Option(help="What if the base load were reserved for so long.")] = None,
    draws: Annotated[int, typer.Option(help="Draws of the requests.", min=100, max=100_000)] = 1000,
    replay: Annotated[
        bool, typer.Option("--replay/--no-replay", help="Replay an ordinary and a special day to correct closed forms.")
    ] = True,
    back_cast: Annotated[
        bool, typer.Option("--back-cast/--no-back-cast", help="Hold the intervals against the history itself.")
    ] = True,
    time_zone: Annotated[
        str, typer.Option(help="Whose days are meant, for counts without a scenario.")
    ] = "America/Santiago",
    seed: Seed = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print.")] = OutputFormat.TABLE,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Forecast a quarter: requests from the past, machines and money from the model, each with an interval.

    What-if lines are the same draws under another choice. Special days (14 February, Mother's Day) are moved to where
    they fall.
    """
    with reported(debug=debug):
        from fvcapacity.inputs.traffic_history import load_special_days
        from fvcapacity.review.forecast import ForecastOptions, forecast_traffic
        from fvcapacity.review.forecast import forecast as make

        options = ForecastOptions(
            history=history,
            growth=growth,
            draws=draws,
            seed=1 if seed is None else seed,
            budget_usd=budget,
            patches={path.name: [path] for path in patch or ()},
            spot=spot,
            reserve=None if reserve is None else reserve.value,
            replays=replay,
            back_cast=back_cast,
        )
        with saying(quiet=quiet) as tell:
            if source.suffix in (".yaml", ".yml"):
                from fvcapacity.inputs import load_scenario

                found = make(load_scenario(source), quarter, options, tell=tell)
            else:
                days = load_special_days(special_days) if special_days else ()
                found = forecast_traffic(source, quarter, days, options, time_zone=time_zone, tell=tell)
        if output is OutputFormat.JSON:
            say(found.to_json(), nl=False)
            return
        from fvcapacity.cli.render_calibration import markdown_grids, render_grids
        from fvcapacity.cli.view_forecast import forecast_grids, forecast_headline, forecast_lines

        render = markdown_grids if output is OutputFormat.MARKDOWN else render_grids
        summary = found.summary
        say(render(forecast_headline(summary), forecast_grids(summary), forecast_lines(summary)), nl=False)
