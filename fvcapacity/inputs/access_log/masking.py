"""What of a line may be shown: enough to see what is wrong with it, and nothing that opens a door."""

from __future__ import annotations

import re

MOST_SHOWN = 100

_MASKS = (
    (re.compile(r"\?[^\s\"]*"), "?***"),
    (re.compile(r"(?i)(cookie\"?\s*[:=]\s*\"?)[^\"]*"), r"\1***"),
    (re.compile(r"(?i)\b(bearer|basic|digest|negotiate)\s+[^\s\",]+"), r"\1 ***"),
    (
        re.compile(
            r"(?i)([\w-]*(?:authorization|token|secret|passw|api[_-]?key|session|credential|signature|jwt)[\w-]*"
            r"\"?\s*[:=]\s*)(\"[^\"]*\"?|[^\s\",;&]+)"
        ),
        r"\1***",
    ),
    (re.compile(r"://[^/\s@]+@"), "://***@"),
    (re.compile(r"[^\s@/\"]+@[^\s@/\"]+\.[a-zA-Z]{2,}"), "***"),
    (re.compile(r"[A-Za-z0-9_+=.-]{20,}"), "***"),
)


def masked(line: bytes) -> str:
    """Return the beginning of a line with everything masked that may be secret or personal.

    Query strings, credentials, values of fields whose names speak of secrets, mail addresses, and long words that look
    random are replaced by ``***``; bytes that cannot be printed by ``.``.
    """
    text = line[: 8 * MOST_SHOWN].decode("latin-1").strip()
    text = "".join(letter if letter.isprintable() else "." for letter in text)
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."
