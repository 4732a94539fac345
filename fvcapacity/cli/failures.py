"""How the command line tells of what went wrong: every problem with its place, its line, and what to do."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from fvcapacity.cli.source_lines import forget, source_lines
from fvcapacity.cli.terminal import Painted, clean, colored, complain
from fvcapacity.errors import FvcapError, InputError, Problem, SourceError

INTERRUPTED = 130
DEFECT = 70
MOST_SHOWN = 200
"""Problems that are printed one by one; nobody reads more."""


@contextmanager
def reported(*, debug: bool = False) -> Iterator[None]:
    """Turn exceptions into messages on stderr and an exit status.

    Parameters
    ----------
    debug
        Show the traceback as well.
    """
    try:
        yield
    except FvcapError as error:
        if debug:
            traceback.print_exc()
        complain(error_text(error, color=colored(sys.stderr)))
        raise typer.Exit(error.code) from None
    except KeyboardInterrupt:
        if debug:
            traceback.print_exc()
        complain("Interrupted before anything was finished; nothing was written.")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # the reader of a pipe has had enough (head, less)
        sys.stderr.close()
        raise typer.Exit(0) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if debug:
            traceback.print_exc()
        complain(_defect_text(error))
        raise typer.Exit(DEFECT) from None


def error_text(error: FvcapError, *, color: bool = False) -> Painted:
    """Return an error as text: all problems of it, each as one block.

    Parameters
    ----------
    color
        Whether severities, places and marks are coloured.
    """
    if isinstance(error, InputError):
        forget()
        blocks = [problem_text(problem, color=color) for problem in error.problems[:MOST_SHOWN]]
        count = len(error.problems)
        total = f"{count} {'problem' if count == 1 else 'problems'}."
        if count > MOST_SHOWN:
            total = f"{count:,} problems; the first {MOST_SHOWN} are shown."
        return Painted("\n\n".join([*blocks, total]))
    paint = painter(color)
    query = f"\n  {paint('|', 'margin')} {clean(error.query)}" if isinstance(error, SourceError) and error.query else ""
    hint = f"\n  {paint('=', 'margin')} {clean(error.hint)}" if error.hint else ""
    return Painted(f"{paint('error', 'error')}: {clean(str(error))}{query}{hint}")


def problem_text(problem: Problem, *, color: bool = False) -> Painted:
    """Return one problem: where, what, the line with the value marked, and the remedy."""
    paint = painter(color)
    place = f"{paint(clean(str(problem.location)), 'place')}: " if problem.location else ""
    rule = f" [{problem.rule}]" if problem.rule else ""
    field = f"{problem.field}: " if problem.field else ""
    severity = paint(problem.severity, problem.severity)
    lines = [f"{place}{severity}: {paint(clean(f'{field}{problem.message}'), 'message')}{clean(rule)}"]
    for margin, text, mark in source_lines(problem.location):
        lines.append(f"  {paint(f'{margin} |', 'margin')} {clean(text)}{paint(mark, problem.severity)}".rstrip())
    if problem.hint:
        lines.append(f"  {paint('=', 'margin')} {clean(problem.hint)}")
    return Painted("\n".join(lines))


_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "place": "1", "message": "1", "margin": "34"}
"""Codes of ECMA-48, as every terminal knows them."""


def painter(color: bool) -> Callable[[str, str], str]:
    """Return what paints text in a style, such as that of a severity; or leaves it as it is."""

    def paint(text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and text else text

    return paint


def _defect_text(error: Exception) -> str:
    message = str(error).splitlines()[0] if str(error) else ""
    return (
        f"defect: {type(error).__name__}{': ' if message else ''}{message}\n"
        "  = this is a mistake of fvcapacity, not yours: run again with --debug and report what it shows, with the "
        "scenario and `fvcap version`"
    )
