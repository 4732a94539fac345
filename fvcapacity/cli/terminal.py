"""What goes to the terminal, and how: answers to stdout, remarks and failures to stderr, colours where they are wanted.

Names in manifests, labels of a Prometheus and lines of a log are somebody else's text: characters that a terminal would
obey (escape sequences, carriage returns, switches of the writing direction) are shown, never sent.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from fvcapacity.frozen import Frozen, replace

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters of both sets but tab and line feed, switches of direction, and halves of characters."""


class ColorChoice(StrEnum):
    """When output is coloured."""

    ALWAYS = "always"
    NEVER = "never"
    AUTO = "auto"


class Language(StrEnum):
    """In which verdicts are printed."""

    EN = "en"
    ES = "es"


class Settings(Frozen):
    """How this command prints."""

    color: ColorChoice = ColorChoice.AUTO
    quiet: bool = False
    language: Language = Language.EN


_settings = Settings()


@contextmanager
def settings(**changes: object) -> Iterator[None]:
    """Print otherwise for a while."""
    global _settings
    before = _settings
    _settings = replace(before, **changes)  # type: ignore[arg-type]
    try:
        yield
    finally:
        _settings = before


def language() -> Language:
    """Return the language of verdicts."""
    return _settings.language


class Painted(str):
    """Text whose escape sequences are ours; what is added to it is somebody else's until it was cleaned."""

    __slots__ = ()

    def __add__(self, other: str) -> Painted:
        """Return both, the other cleaned unless it is painted too."""
        return Painted(super().__add__(other if isinstance(other, Painted) else clean(other)))


def clean(text: str) -> str:
    r"""Return text with everything that a terminal would obey shown as an escape: ``\u001b``.

    The escapes are those of JSON strings, so that a JSON document stays one and means the same.
    """
    return _OBEYED.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def cleaning() -> RenderHook:
    """Return a hook for a console: what is printed there is cleaned, the console's own styles stay."""
    from rich.console import RenderHook
    from rich.segment import Segment

    class Cleaned:
        def __init__(self, inner: ConsoleRenderable) -> None:
            self._inner = inner

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            for text, style, control in console.render(self._inner, options):
                yield Segment(text if control else clean(text), style, control)

    class Cleaning(RenderHook):
        def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
            return [Cleaned(item) for item in renderables]

    return Cleaning()


def say(text: str, *, nl: bool = True) -> None:
    """Print an answer on stdout.

    Raises
    ------
    typer.Exit
        With 2, when it cannot be written there (a full disk); it is said why.
    """
    shown = text if isinstance(text, Painted) else clean(text)
    try:
        typer.echo(shown, nl=nl, color=colored(sys.stdout))
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  else the exit tries and tells it again
        complain(f"error: the answer cannot be written: {error.strerror}\n  = what stdout leads to has to take it")
        raise typer.Exit(2) from None


def remark(text: str) -> None:
    """Print something besides the answer on stderr; nothing when it is to be quiet."""
    if not _settings.quiet:
        complain(text)


def complain(text: str) -> None:
    """Print a failure on stderr, however quiet it is to be."""
    shown = text if isinstance(text, Painted) else clean(text)
    typer.echo(shown, err=True, color=colored(sys.stderr))


def colored(stream: TextIO) -> bool:
    """Tell whether what goes to a stream is coloured.

    ``--color`` decides; with ``auto`` NO_COLOR (no-color.org) and FORCE_COLOR do, and then whether it is a terminal.
    """
    if _settings.color is not ColorChoice.AUTO:
        return _settings.color is ColorChoice.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0", "false"):
        return True
    return _is_terminal(stream) and os.environ.get("TERM") != "dumb"


def moving(*, quiet: bool = False) -> bool:
    """Tell whether a bar may move on stderr: it is a terminal that can, and nobody wants it quiet."""
    return not (quiet or _settings.quiet) and _is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"


def error_console() -> Console:
    """Return a console on stderr for what moves."""
    from rich.console import Console

    return Console(stderr=True, no_color=not colored(sys.stderr))


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
