"""Lines of YAML with comments; what comes from somebody's manifests is quoted, so that it stays what it is: a name."""

from __future__ import annotations

import json
import re
import textwrap

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*([._/-][A-Za-z0-9]+)*|/[A-Za-z0-9._/-]*")
_TRAPS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def scalar(text: str) -> str:
    """Return text as a scalar of YAML, quoted where it could be taken for something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _TRAPS:
        return text
    return json.dumps(_CONTROL.sub("�", text), ensure_ascii=False)


def comment(text: str, indent: str = "") -> list[str]:
    """Return text as lines of a comment."""
    clean = " ".join(_CONTROL.sub(" ", text).split())
    return textwrap.wrap(
        clean, 118, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ", break_on_hyphens=False
    )


def number(value: float) -> str:
    """Return a number as YAML of both versions reads it, without an exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".") or "0"
