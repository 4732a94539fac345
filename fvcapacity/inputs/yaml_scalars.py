"""What a plain YAML scalar means: strictly for our own files, as Kubernetes reads it for manifests.

Our files refuse every plain scalar that YAML 1.1, YAML 1.2 and people read differently. Manifests are
read as ``sigs.k8s.io/yaml`` reads them: ``yes`` is true and ``010`` is eight there, whatever was meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Literal

Dialect = Literal["strict", "kubernetes", "kustomize", "json"]
"""``strict``: our own files; ``kubernetes``: manifests as kubectl applies them; ``kustomize``: the same
without the booleans of YAML 1.1 (kyaml reads ``yes`` as text); ``json``: a text that is JSON throughout."""

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_TRUE_11 = {"yes", "Yes", "YES", "on", "On", "ON"}
_FALSE_11 = {"no", "No", "NO", "off", "Off", "OFF"}
_CONSTANTS: dict[str, Any] = dict.fromkeys(_NULL, None) | dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
_SPECIAL_FLOATS = {
    f"{sign}.{name}": float(f"{sign}{name}") for sign in ("", "+", "-") for name in ("inf", "Inf", "INF")
} | dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan"))

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")
_OCTAL = re.compile(r"[-+]?0[0-9]+|[-+]?0o[0-7]+")
_OTHER_BASE = re.compile(r"[-+]?0(x[0-9a-fA-F]+|b[01]+)")
_UNDERSCORED = re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?")
_EXPONENT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+")
_GO_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_START = frozenset("+-.0123456789")

MAX_DIGITS = 400
"""Longer numbers are no figure that anyone meant; they are refused before they are converted."""


class ScalarTrapError(ValueError):
    """A scalar that cannot be taken as it stands; ``hint`` says how to write it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def resolve_plain(text: str, dialect: Dialect) -> Any:
    """Return the value of a plain (unquoted, untagged) scalar.

    Raises
    ------
    ScalarTrapError
        When the dialect refuses it; for ``strict`` these are the YAML 1.1 traps.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if len(text) > MAX_DIGITS and text[0] in _NUMBER_START and _GO_FLOAT.fullmatch(text):
        raise ScalarTrapError(f"a number of {len(text)} digits", "write the number shorter, or quote it as text")
    return _RESOLVERS[dialect](text)


def _strict(text: str) -> Any:
    if text in _TRUE_11 or text in _FALSE_11:
        meaning = "true" if text in _TRUE_11 else "false"
        raise ScalarTrapError(
            f"{text} is the boolean {meaning} in YAML 1.1 and text in YAML 1.2",
            f'write "{text}" in quotes for the text, or {meaning} for the boolean',
        )
    if text[0] not in _NUMBER_START:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if text in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[text]
    if _FLOAT.fullmatch(text):
        return float(text)
    _refuse_number(text)
    return text


def _refuse_number(text: str) -> None:
    quoted = f'write "{text}" in quotes for the text'
    if _OCTAL.fullmatch(text):
        decimal = text.lstrip("+-").replace("o", "").lstrip("0") or "0"
        raise ScalarTrapError(
            f"{text} is an octal number to some YAML readers and decimal or text to others",
            f"{quoted}, or {decimal} for the number",
        )
    if _OTHER_BASE.fullmatch(text):
        raise ScalarTrapError(f"{text} is not a decimal number", f"{quoted}, or {int(text, 0)} for the number")
    if _UNDERSCORED.fullmatch(text):
        plain = text.replace("_", "")
        raise ScalarTrapError(
            f"{text} is a number in YAML 1.1 and text in YAML 1.2", f"{quoted}, or {plain} for the number"
        )
    if _SEXAGESIMAL.fullmatch(text):
        raise ScalarTrapError(f"{text} is a number to the base of 60 in YAML 1.1", quoted)
    if _EXPONENT.fullmatch(text):
        raise ScalarTrapError(
            f"{text} is text in YAML 1.1 and a number in YAML 1.2",
            f"{quoted}, or {_written_out(text)} for the number",
        )


def _written_out(text: str) -> str:
    number = float(text)
    if number.is_integer() and abs(number) < 1e15:
        return f"{number:.1f}"
    return repr(number)


def _kubernetes(text: str) -> Any:
    """Resolve as go-yaml v2 does for an untyped target (``resolve.go``)."""
    if text in _TRUE_11 or text in ("y", "Y"):
        return True
    if text in _FALSE_11 or text in ("n", "N"):
        return False
    return _kustomize(text)


def _kustomize(text: str) -> Any:
    """Resolve as kyaml, the reader of kustomize, does."""
    if text[0] not in _NUMBER_START:
        return text
    plain = text.replace("_", "")
    try:
        if _OCTAL.fullmatch(plain):
            return int(plain.replace("o", ""), 8)
        if _OTHER_BASE.fullmatch(plain):
            return int(plain, 0)
    except ValueError:  # 089 is no octal number: the text is taken as a decimal fraction below
        pass
    if _INTEGER.fullmatch(plain):
        return int(plain)
    if text in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[text]
    return _finite(plain) if _GO_FLOAT.fullmatch(plain) else text


def _json(text: str) -> Any:
    """Resolve a number of JSON; anything else cannot occur in a text that is JSON."""
    return json.loads(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ScalarTrapError(f"{text} is beyond any number", "write a smaller number, or quote it as text")
    return number


_RESOLVERS: dict[Dialect, Callable[[str], Any]] = {
    "strict": _strict,
    "kubernetes": _kubernetes,
    "kustomize": _kustomize,
    "json": _json,
}


def resolve_tagged(tag: str, text: str, dialect: Dialect) -> Any:
    """Return the value of a scalar with an explicit core tag (``!!str 5``).

    Raises
    ------
    ScalarTrapError
        For a tag outside of YAML's core, or a text that does not fit the tag.
    """
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind in ("str", "timestamp", "!"):
        return text
    expected = {"int": int, "float": float, "bool": bool, "null": type(None)}.get(kind)
    if expected is None:
        raise ScalarTrapError(f"the tag {tag} is not known here", "leave the tag out and write the plain value")
    value = resolve_plain(text, dialect)
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not expected:
        raise ScalarTrapError(f"the value is not what the tag !!{kind} asks for", "leave the tag out")
    return value
