"""Which metrics an expression reads: enough of PromQL's words to find them, its grammar is promtool's business."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

Token = tuple[str, str]
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
    |(?P<number>(?:0x[0-9a-fA-F]+|[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?(?:ms|[smhdwy](?:[0-9]+(?:ms|[smhdwy]))*)?))
    |(?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<mark>[{}()\[\],]|=~|!~|!=|=|.)""",
    re.VERBOSE | re.DOTALL,
)
_LISTS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_AFTER_FUNCTIONS = ("(", "by", "without")
_WORDS = _LISTS | {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan", "start", "end"}


def metrics_of(expression: str) -> tuple[str, ...]:
    """Return the names of the metrics that an expression selects, each once, in their order.

    A selector without a name, or with a pattern for it, adds nothing.
    """
    names: dict[str, None] = {}
    for tokens in _selectors(_tokens(expression)):
        kind, text = tokens[0]
        names.update(dict.fromkeys([text] if kind == "word" else _named(tokens)))
    return tuple(names)


def selectors_of(expression: str) -> tuple[str, ...]:
    """Return the selectors of an expression as they are written, without range and offset: ``up{job="x"}``."""
    return tuple(dict.fromkeys("".join(text for _, text in tokens) for tokens in _selectors(_tokens(expression))))


def _selectors(tokens: list[Token]) -> Iterator[list[Token]]:
    position = 0
    while position < len(tokens):
        kind, text = tokens[position]
        following = tokens[position + 1][1] if position + 1 < len(tokens) else ""
        if kind == "word" and text.lower() in _LISTS and following == "(":
            position = _closing(tokens, position + 1, "(", ")")
        elif text == "[":
            position = _closing(tokens, position, "[", "]")
        elif text == "{" or _is_metric(kind, text, following):
            braces = position if text == "{" else position + 1
            end = _closing(tokens, braces, "{", "}") if "{" in (text, following) else position
            yield tokens[position : end + 1]
            position = end
        position += 1


def functions_of(expression: str) -> frozenset[str]:
    """Return the words before an opening parenthesis: functions and aggregations."""
    return frozenset(
        text
        for (kind, text), (_, following) in pairwise(_tokens(expression))
        if kind == "word" and following in _AFTER_FUNCTIONS
    )


def _is_metric(kind: str, text: str, following: str) -> bool:
    return kind == "word" and following.lower() not in _AFTER_FUNCTIONS and text.lower() not in _WORDS


def _tokens(expression: str) -> list[Token]:
    return [
        (str(found.lastgroup), found.group())
        for found in _TOKEN.finditer(expression)
        if found.lastgroup != "comment" and not found.group().isspace()
    ]


def _closing(tokens: list[Token], position: int, opening: str, closing: str) -> int:
    depth = 0
    for index in range(position, len(tokens)):
        kind, text = tokens[index]
        if kind == "mark":
            depth += (text == opening) - (text == closing)
            if depth == 0:
                return index
    return len(tokens)


def _named(tokens: list[Token]) -> list[str]:
    """Return the names in ``{__name__="..."}``."""
    found = zip(tokens, tokens[1:], tokens[2:], strict=False)
    return [
        third[1][1:-1]
        for first, second, third in found
        if first[1] == "__name__" and second[1] == "=" and third[0] == "string"
    ]
