"""Regular expressions of somebody else, matched in time that grows with the text alone.

Go's expressions are those of RE2, which knows no backtracking; Python's would let ``(a+)+$`` run for years. Arrow
brings RE2 along.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LITERAL = re.compile(r"[A-Za-z0-9_/-]*")


@lru_cache(maxsize=4096)
def matches_whole(pattern: str, text: str) -> bool:
    """Tell whether a pattern matches the whole of a text; one that is no pattern matches nothing."""
    if _LITERAL.fullmatch(pattern):
        return pattern == text
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return bool(pc.match_substring_regex(pa.array([text]), rf"\A(?:{pattern})\z")[0].as_py())
    except (pa.ArrowException, UnicodeEncodeError):
        return False
