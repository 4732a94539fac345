"""Text that stands inside of a script element, where only the browser's parser decides when it ends."""

from __future__ import annotations

import base64
import hashlib

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def json_in_script(text: str) -> str:
    """Return JSON that cannot end a script element or begin a comment: ``</script>``, ``<!--``.

    The signs only stand inside of strings, where JSON has another way of writing them.
    """
    return text.translate(_ESCAPES)


def source_hash(source: str) -> str:
    """Return what a content security policy calls the script with exactly this text."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii") + "'"
