"""Every command with its arguments and options, from the signatures that Typer reads (its own objects change by release)."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

import typer
from typer.models import ArgumentInfo, OptionInfo

from fvcapacity.cli.main import app
from tests.docs.pages.text import NOTE, anchor, plain, table

_HEAD = f"""\
# Commands

`fvcap COMMAND --help` says the same in a terminal. Options may stand in any order. What is printed goes to stdout, progress and
remarks to stderr.

{NOTE}
| exit status | when |
|---|---|
| 0 | done |
| 1 | an objective was missed (`--enforce`), a finding is an error (`check`), a budget or an objective is broken (`gate`), no configuration was found (`recommend`) |
| 2 | input that cannot be used; [errors](errors.md) has all of them |
| 3 | a source that failed: Prometheus, git, kubectl |
| 4 | the data plane stopped for a reason that a user can act on |
| 70 | a defect of fvcapacity |
| 130 | interrupted |
"""


class Parameter(NamedTuple):
    """One argument or option of a command."""

    name: str
    kind: Any
    """Its type."""
    info: ArgumentInfo | OptionInfo
    default: Any
    """``inspect.Parameter.empty`` where it must be given."""


def commands_markdown() -> str:
    """Return the page."""
    commands = list(commands_of(app, "fvcap"))
    index = table(("command", "what"), ((f"[`{name}`](#{anchor(name)})", _summary(item)) for name, item in commands))
    return "\n".join([_HEAD, index, *(_section(name, item) for name, item in commands)])


def commands_of(group: typer.Typer, name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every command of an application with the words that call it."""
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{name} {command.name or command.callback.__name__.replace('_', '-')}", command.callback
    for child in group.registered_groups:
        assert child.typer_instance is not None
        yield from commands_of(child.typer_instance, f"{name} {child.name}")


def parameters_of(command: Callable[..., Any]) -> Iterator[Parameter]:
    """Yield the arguments and options of a command, as its signature has them."""
    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        kind, *marks = typing.get_args(parameter.annotation)
        info = next(mark for mark in marks if isinstance(mark, ArgumentInfo | OptionInfo))
        yield Parameter(name, kind, info, parameter.default)


def _summary(command: Callable[..., Any]) -> str:
    return plain(inspect.cleandoc(command.__doc__ or "").partition("\n\n")[0])


def _section(name: str, command: Callable[..., Any]) -> str:
    parameters = list(parameters_of(command))
    arguments = [item for item in parameters if isinstance(item.info, ArgumentInfo)]
    options = [item for item in parameters if isinstance(item.info, OptionInfo)]
    words = [name, *(["[OPTIONS]"] if options else []), *(_placeholder(item) for item in arguments)]
    about = plain(inspect.cleandoc(command.__doc__ or "").replace("\b", ""))
    parts = [f"## {name}\n", f"{about}\n", f"```text\n{' '.join(words)}\n```\n"]
    if arguments:
        rows = ((f"`{_placeholder(item)}`", _value(item), _help(item)) for item in arguments)
        parts.append(table(("argument", "value", "meaning"), rows))
    if options:
        shown = ((_names(item), _value(item), _default(item), _help(item)) for item in options)
        parts.append(table(("option", "value", "default", "meaning"), shown))
    return "\n".join(parts)


def _placeholder(item: Parameter) -> str:
    name = (item.info.metavar or item.name.upper()).strip("[]").removesuffix("...")
    name += "..." if "list[" in str(item.kind) else ""
    return name if item.default is inspect.Parameter.empty else f"[{name}]"


def _names(item: Parameter) -> str:
    first = item.info.default  # within Annotated, Typer takes the first declaration for the default
    own = [*([first] if isinstance(first, str) else []), *(item.info.param_decls or ())]
    name = f"--{item.name.replace('_', '-')}"
    names = own or ([name, f"--no-{name[2:]}"] if item.kind is bool else [name])
    return ", ".join(f"`{part}`" for whole in names for part in whole.split("/"))


def _value(item: Parameter) -> str:
    kinds = [part for part in _parts(item.kind) if part is not type(None)]
    kind = kinds[0]
    several = " (may be given often)" if "list[" in str(item.kind) and isinstance(item.info, OptionInfo) else ""
    if kind is bool:
        return ""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{choice.value}`" for choice in kind) + several
    least = f", at least {item.info.min:g}" if item.info.min is not None else ""
    most = f", at most {item.info.max:g}" if item.info.max is not None else ""
    metavar = item.info.metavar if isinstance(item.info, OptionInfo) else None
    words = {"Path": "path", "str": "text", "int": "whole number", "float": "number"}
    return f"{metavar or words.get(kind.__name__, kind.__name__)}{least}{most}{several}"


def _parts(kind: Any) -> tuple[Any, ...]:
    """Return what a type is made of: the members of a union, the item of a list."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return tuple(part for member in typing.get_args(kind) for part in _parts(member))
    return typing.get_args(kind) if typing.get_origin(kind) is list else (kind,)


def _help(item: Parameter) -> str:
    return plain(re.sub(r"\s*\[default: .+?\]", "", item.info.help or ""))


def _default(item: Parameter) -> str:
    if item.default is inspect.Parameter.empty:
        return "must be given"
    told = re.search(r"\[default: (.+?)\]", item.info.help or "")
    if told:
        return told.group(1)
    if item.default in (None, False, (), [], ""):
        return ""
    return f"`{getattr(item.default, 'value', item.default)}`"
