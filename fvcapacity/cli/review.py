"""``fvcap review``: a quarter in one page, for those who decide."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fvcapacity.cli.completion import results as known_results
from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, Quiet
from fvcapacity.cli.progress import saying
from fvcapacity.cli.terminal import say


class Lang(StrEnum):
    """Language of the page."""

    EN = "en"
    ES = "es"


class ReviewFormat(StrEnum):
    """What is printed besides the files."""

    SUMMARY = "summary"
    JSON = "json"
    MARKDOWN = "markdown"


def review(
    results: Annotated[
        list[Path],
        typer.Argument(
            help="Directories of results of the quarter.", metavar="RESULT...", autocompletion=known_results
        ),
    ],
    quarter: Annotated[str, typer.Option(help="Which quarter, like 2026Q1.")],
    previous: Annotated[
        list[Path] | None,
        typer.Option(
            help="Result of the quarter before; may be given often.", metavar="RESULT", autocompletion=known_results
        ),
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Language of the page.")] = Lang.EN,
    recommendation: Annotated[
        Path | None, typer.Option(help="recommendation.json of fvcap recommend.", metavar="FILE")
    ] = None,
    forecast: Annotated[
        Path | None,
        typer.Option(
            help="Forecast of the next quarter (fvcap forecast --format json), or a scenario to make one of.",
            metavar="FILE|SCENARIO",
        ),
    ] = None,
    budget: Annotated[float | None, typer.Option(help="USD planned for the next quarter.", min=0)] = None,
    out: Annotated[Path | None, typer.Option(help="Directory for the files [default: reviews/QUARTER].")] = None,
    output: Annotated[ReviewFormat, typer.Option("--format", help="What to print.")] = ReviewFormat.SUMMARY,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a quarter's review: one HTML file that needs no network, Markdown, and the figures as JSON.

    Bill and change, who caused it, what was idle, incidents against objectives, recommendation, forecast and budget.
    Days that no result has are as those that are like them, and the page says how many.
    """
    with reported(debug=debug):
        from fvcapacity.inputs.documents import read_document
        from fvcapacity.report.review import check_review_replaceable, review_markdown, write_review
        from fvcapacity.results.result import load_result
        from fvcapacity.review.quarter import next_quarter_forecast, review_quarter

        target = out or Path("reviews") / quarter
        check_review_replaceable(target)
        with saying(quiet=quiet) as tell:
            made = review_quarter(
                [load_result(path) for path in results],
                quarter,
                previous=[load_result(path) for path in previous or ()],
                recommendation=read_document(recommendation) if recommendation else None,
                forecast=next_quarter_forecast(forecast, quarter, budget_usd=budget, tell=tell) if forecast else None,
            )
            if tell is not None:
                tell("writing the page")
            write_review(made, target, lang.value)
        if output is ReviewFormat.JSON:
            say(made.to_json(), nl=False)
        elif output is ReviewFormat.MARKDOWN:
            say(review_markdown(made.summary, lang.value), nl=False)
        else:
            say(f"Review of {made.summary['quarter']}: {target / 'review.html'}")
