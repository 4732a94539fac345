"""Numpy-style docstrings, read as far as a test needs them (https://numpydoc.readthedocs.io/en/latest/format.html)."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any


def section(text: str, name: str) -> str | None:
    """Return the body of a section; None when there is none."""
    found = re.search(
        rf"^{name}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)", inspect.cleandoc(text), re.MULTILINE | re.DOTALL
    )
    return found.group(1) if found else None


def heads(body: str) -> set[str]:
    """Return the names that a section describes: ``first, second`` and ``name : type`` are such lines."""
    lines = [line.partition(" : ")[0] for line in body.splitlines() if line and not line.startswith(" ")]
    return {name.strip(" *`") for line in lines for name in line.split(",")}


def undescribed(body: str) -> set[str]:
    """Return the heads that nothing follows."""
    lines = [line for line in body.splitlines() if line.strip()]
    after = [*lines[1:], ""][: len(lines)]
    return {line for line, n in zip(lines, after, strict=True) if not line[0].isspace() and not n[:1].isspace()}


def function_faults(function: Callable[..., Any]) -> Iterator[str]:
    """Yield what the docstring of a function or a method leaves out."""
    text = function.__doc__ or ""
    if not text.strip():
        yield "no docstring"
        return
    parameters = [p for p in inspect.signature(function).parameters if p != "self" and not p.startswith("_")]
    told = section(text, "Parameters") or ""
    yield from (f"parameter {name}" for name in parameters if name not in heads(told))
    yield from (f"Parameters tell of {name}, which there is not" for name in sorted(heads(told) - set(parameters)))
    if inspect.signature(function).return_annotation not in (None, "None") and section(text, "Returns") is None:
        yield "Returns"
    told = heads(section(text, "Raises") or "")
    yield from (
        f"Raises {kind.__name__}" for kind in raised(function) if not told & {base.__name__ for base in kind.__mro__}
    )
    for name in ("Parameters", "Returns", "Raises"):
        yield from (f"{name}: nothing follows {head!r}" for head in undescribed(section(text, name) or ""))


def class_faults(kind: type) -> Iterator[str]:
    """Yield what the docstring of a class leaves out: each public field stands in it, or has words of its own below it."""
    text = kind.__doc__ or ""
    if not text.strip() or text.startswith(f"{kind.__name__}("):
        yield "no docstring"
        return
    if not dataclasses.is_dataclass(kind):
        return
    told = heads(section(text, "Attributes") or "") | heads(section(text, "Parameters") or "") | described_below(kind)
    names = [item.name for item in dataclasses.fields(kind)]
    yield from (f"attribute {name}" for name in names if not name.startswith("_") and name not in told)


def described_below(kind: type) -> set[str]:
    """Return the fields of a class that are followed by a string."""
    body = _tree(kind).body[0].body  # type: ignore[attr-defined]
    found = set()
    for item, after in pairwise(body):
        if isinstance(item, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found.add(ast.unparse(item.target))
    return found


def raised(function: Callable[..., Any]) -> list[type[BaseException]]:
    """Return the exceptions that a function names in a ``raise`` of its own, those that it catches itself left out."""
    names: dict[str, None] = {}

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            names[node.exc.func.id] = None
        caught = node.body if isinstance(node, ast.Try) and node.handlers else []
        for child in ast.iter_child_nodes(node):
            if child not in caught:
                walk(child)

    walk(_tree(function))
    known = {**vars(builtins), **function.__globals__}
    return [known[name] for name in names if isinstance(known.get(name), type)]


def methods(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public methods that a class itself defines; properties by what computes them."""
    for name, item in vars(kind).items():
        if name.startswith("_") and name != "__call__":
            continue
        inner = getattr(item, "__func__", item)
        if inspect.isfunction(inner):
            yield name, inner


def properties(kind: type) -> Iterator[tuple[str, str]]:
    """Yield the public properties of a class with their docstrings."""
    for name, item in vars(kind).items():
        if not name.startswith("_") and (isinstance(item, property) or hasattr(item, "attrname")):
            yield name, item.__doc__ or ""


def _tree(item: Any) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(item)))
