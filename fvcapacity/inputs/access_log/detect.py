"""Which format a log has: the one that reads most of its first lines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import orjson

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.inputs.access_log.fields import LogFormat
from fvcapacity.inputs.access_log.json_format import JsonField, JsonFormat, Role, choose_fields, template_fields
from fvcapacity.inputs.access_log.masking import masked
from fvcapacity.inputs.access_log.text_format import COMBINED, NAMED, TextFormat, compile_text_format, format_text

SAMPLE_LINES = 1000
SHOWN = 3


def choose_format(log_format: str, fields: Mapping[Role, JsonField], data: bytes, file: str) -> LogFormat | None:
    """Return the format to read a file with.

    Parameters
    ----------
    log_format
        ``auto``, ``json``, the name of a format, or an nginx ``log_format``.
    fields
        JSON fields that were given by name.
    data
        The first lines of the file.

    Returns
    -------
    LogFormat or None
        None when there is not one line that tells.

    Raises
    ------
    InputError
        When the format is none, or no known format reads any of the lines.
    """
    sample = [line for line in data.split(b"\n")[:SAMPLE_LINES] if line.strip()]
    text = format_text(log_format)
    if text.startswith("{"):
        fields = {**template_fields(text), **fields}
    elif text != "json" and "$" in text:
        return compile_text_format(text)
    elif text in NAMED:
        return named_format(text)
    elif text not in ("auto", "json"):
        hint = f"one of auto, json, {', '.join(NAMED)}, or a format like {COMBINED}"
        raise InputError(Problem(f"{log_format!r} is no log format", field="--log-format", hint=hint))
    if not sample:
        return None
    as_json = text != "auto" or bool(fields) or 2 * sum(line.lstrip().startswith(b"{") for line in sample) > len(sample)
    return _json(fields, sample, file) if as_json else _best(sample, file)


@lru_cache(maxsize=16)
def named_format(name: str) -> TextFormat:
    """Return one of the known formats of text."""
    return compile_text_format(NAMED[name], name)


def _best(sample: list[bytes], file: str) -> LogFormat:
    data = b"\n".join(sample)
    formats = [named_format(name) for name in NAMED]
    best = max(formats, key=lambda item: len(item.read(data).times))  # of equals the first, which is the longest
    if not best.read(data).times:
        hint = f"say what its lines look like: --log-format '{COMBINED} $request_time', or \"json\" with --field"
        raise InputError(_unknown("no known format reads these lines", sample, file, hint))
    return best


def _json(fields: Mapping[Role, JsonField], sample: list[bytes], file: str) -> LogFormat:
    entries = []
    for line in sample:
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    chosen = JsonFormat(choose_fields(entries, fields))
    if not entries:
        raise InputError(_unknown("these lines are no JSON objects", sample, file, "leave --log-format out"))
    if not chosen.complete:
        have = chosen.fields
        missing = [role for role in ("time", "status") if role not in have]
        missing += [] if "request" in have or {"method", "path"} <= have.keys() else ["method", "path"]
        names = sorted({key for entry in entries for key in entry})
        message = f"no field is known for {', '.join(missing)}; the lines have {', '.join(names[:20])}"
        hint = f"name it: --field {missing[0]}=NAME (a.b for one inside another)"
        raise InputError(Problem(message, Location(file), field="--field", hint=hint, rule="log-format"))
    return chosen


def _unknown(message: str, sample: list[bytes], file: str, hint: str) -> Problem:
    shown = "; ".join(masked(line) for line in sample[:SHOWN])
    return Problem(f"{message}: {shown}", Location(file), field="--log-format", hint=hint, rule="log-format")
