"""``fvcap report``: a run as one page for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, Quiet
from fvcapacity.cli.progress import saying
from fvcapacity.cli.review import Lang
from fvcapacity.cli.terminal import say

FILE_NAME = "report.html"


def report(
    result: Annotated[Path, typer.Argument(help="Directory of a result.", metavar="RESULT")],
    against: Annotated[
        Path | None, typer.Option(help="Another result to put beside it: what-if against today.", metavar="RESULT")
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Language of the page.")] = Lang.EN,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write [default: RESULT/report.html].", metavar="FILE"),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a run as one HTML page that needs no network.

    Verdict and bottleneck, a timeline to zoom into, the request path, where the time goes, and what it costs.
    """
    with reported(debug=debug):
        from fvcapacity.report.page import UNREAD, check_libraries, write_report
        from fvcapacity.results.result import load_result

        check_libraries()
        with saying(quiet=quiet) as tell:
            if tell is not None:
                tell("reading the result")
            shown = load_result(result, without=UNREAD)
            other = load_result(against, without=UNREAD) if against is not None else None
            if tell is not None:
                tell("writing the page")
            target = write_report(
                shown,
                out or result / FILE_NAME,
                lang.value,
                against=other,
                names=_names(result, against) if against is not None else None,
            )
        say(f"Report: {target}")


def _names(first: Path, second: Path) -> tuple[str, str]:
    """Return what two results are called beside each other: their directories, with the parent's where that helps."""
    paths = [path.resolve() for path in (first, second)]
    if paths[0].name != paths[1].name:
        return paths[0].name, paths[1].name
    return f"{paths[0].parent.name}/{paths[0].name}", f"{paths[1].parent.name}/{paths[1].name}"
