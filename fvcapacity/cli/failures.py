"""How the command line tells of what went wrong: every problem with its place, its line, and what to do."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from fvcapacity.errors import FvcapError, InputError, Location, Problem, SourceError

INTERRUPTED = 130
DEFECT = 70
_SECRET_FILE = re.compile(r"kind['\"]?\s*:\s*['\"]?Secret\b")
_SECRET_LINE = re.compile(r"passw|secret|token|credential|api[-_]?key|private", re.IGNORECASE)


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
        typer.echo(error_text(error), err=True)
        raise typer.Exit(error.code) from None
    except KeyboardInterrupt:
        if debug:
            traceback.print_exc()
        typer.echo("Interrupted before anything was finished; nothing was written.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # the reader of a pipe has had enough (head, less)
        sys.stderr.close()
        raise typer.Exit(0) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if debug:
            traceback.print_exc()
        typer.echo(_defect_text(error), err=True)
        raise typer.Exit(DEFECT) from None


def error_text(error: FvcapError) -> str:
    """Return an error as text: all problems of it, each as one block."""
    if isinstance(error, InputError):
        blocks = [problem_text(problem) for problem in error.problems]
        count = len(blocks)
        return "\n\n".join([*blocks, f"{count} {'problem' if count == 1 else 'problems'}."])
    query = f"\n  | {error.query}" if isinstance(error, SourceError) and error.query else ""
    hint = f"\n  = {error.hint}" if error.hint else ""
    return f"error: {error}{query}{hint}"


def problem_text(problem: Problem) -> str:
    """Return one problem: where, what, the line with a caret, and the remedy."""
    place = f"{problem.location}: " if problem.location else ""
    rule = f" [{problem.rule}]" if problem.rule else ""
    field = f"{problem.field}: " if problem.field else ""
    lines = [f"{place}{problem.severity}: {field}{problem.message}{rule}"]
    lines += _source_lines(problem.location)
    if problem.hint:
        lines.append(f"  = {problem.hint}")
    return "\n".join(lines)


def _source_lines(location: Location | None) -> list[str]:
    """Return the line of a file with a caret under its column; nothing where a secret might show."""
    if location is None or location.line is None or location.private:
        return []
    try:
        text = Path(location.file).read_text(encoding="utf-8")
        line = text.splitlines()[location.line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        return []
    if _SECRET_FILE.search(text) or _SECRET_LINE.search(line):
        return []
    number = str(location.line)
    shown = [f"  {number} | {line}"]
    if location.column is not None and location.column <= len(line) + 1:
        before = re.sub(r"[^\t]", " ", line[: location.column - 1])  # tabs stay, so that the caret stands right
        shown.append(f"  {' ' * len(number)} | {before}^")
    return shown


def _defect_text(error: Exception) -> str:
    message = str(error).splitlines()[0] if str(error) else ""
    return (
        f"defect: {type(error).__name__}{': ' if message else ''}{message}\n"
        "  = this is a mistake of fvcapacity, not yours: run again with --debug and report what it shows, with the "
        "scenario and `fvcap version`"
    )
