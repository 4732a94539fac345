"""Options that every command has: ``--color``, ``--lang``, ``--quiet``."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from copy import copy
from functools import cached_property
from typing import Annotated, Any

import typer
from typer.models import CommandInfo

from fvcapacity.cli.options import Quiet
from fvcapacity.cli.terminal import ColorChoice, Language, settings

Color = Annotated[
    ColorChoice, typer.Option("--color", help="Colours: auto looks at NO_COLOR, FORCE_COLOR and the terminal.")
]
Lang = Annotated[Language, typer.Option("--lang", envvar="FVCAP_LANG", help="Language of verdicts and their reasons.")]


class Common:
    """A command with the options that every command has, those that it has itself left alone.

    The signature is made when it is asked for: of thirty commands one is run.
    """

    def __init__(self, command: Callable[..., None]) -> None:
        self._command = command
        self.__name__ = command.__name__
        self.__doc__ = command.__doc__
        self.__module__ = command.__module__
        self.__annotations__: dict[str, Any] = {}

    @cached_property
    def __signature__(self) -> inspect.Signature:
        """What Typer reads: the command's own parameters, then ours."""
        own = inspect.signature(self._command, eval_str=True)
        more = {"quiet": (Quiet, False), "color": (Color, ColorChoice.AUTO), "lang": (Lang, Language.EN)}
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in more.items()
            if name not in own.parameters
        ]
        return own.replace(parameters=[*own.parameters.values(), *added])

    def __call__(self, *arguments: Any, **given: Any) -> None:
        """Run the command under its settings."""
        own = inspect.signature(self._command).parameters
        quiet = bool(given.get("quiet", False))
        changes = {"color": given["color"], "quiet": quiet}
        if "lang" not in own:  # a review has a language of its own
            changes["language"] = given["lang"]
        kept = {name: value for name, value in given.items() if name in own}
        with settings(**changes), warnings.catch_warnings():
            if quiet:
                warnings.simplefilter("ignore")
            self._command(*arguments, **kept)


class App(typer.Typer):
    """An application whose every command has the common options."""

    def command(self, *arguments: Any, **named: Any) -> Callable[[Any], Any]:
        """Register a command, with the common options added to its own."""
        register = super().command(*arguments, **named)

        def decorated(command: Callable[..., None]) -> Callable[..., None]:
            register(Common(command))
            return command

        return decorated

    def for_words(self, words: Sequence[str]) -> App:
        """Return the application as it has to be for a command line: with the one command that is named, or all.

        Typer describes every option of every command before it runs one of them.
        """
        named = [command for command in self.registered_commands if words and _name_of(command) == words[0]]
        narrowed = copy(self)
        narrowed.registered_commands = named or self.registered_commands
        return narrowed


def _name_of(command: CommandInfo) -> str:
    return command.name or getattr(command.callback, "__name__", "").replace("_", "-")
