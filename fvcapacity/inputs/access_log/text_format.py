"""Lines of text as nginx's ``log_format`` describes them: a directive becomes one regular expression.

Variables are those of nginx's ``ngx_http_core_module``, ``ngx_http_log_module`` and ``ngx_http_upstream_module``. Only
time, request, status, response time and user agent are looked at; what other variables hold is passed over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.access_log.fields import Cache, Fields, Unreadable

COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
COMBINED = f'{COMMON} "$http_referer" "$http_user_agent"'
NAMED: Mapping[str, str] = {
    "ingress-nginx": f"{COMBINED} $request_length $request_time [$proxy_upstream_name] "
    "[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time "
    "$upstream_status $req_id",
    "combined with request_time": f"{COMBINED} $request_time",
    "combined": COMBINED,
    "common with request_time": f"{COMMON} $request_time",
    "common": COMMON,
}
"""What is tried when the format is not told, the longest first. ``upstreaminfo`` is ingress-nginx's default."""

_TIMES = ("time_local", "time_iso8601", "msec")
_TARGETS = ("request_uri", "uri", "document_uri")
_DURATIONS = ("request_time", "upstream_response_time")
_SHAPES = {
    "time_local": rb"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}(?::[0-9]{2}){3}(?: [+-][0-9]{4})?",
    "time_iso8601": rb"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]++(?:Z|[+-][0-9]{2}:?[0-9]{2})?",
    "msec": rb"[0-9]{9,11}\.[0-9]{3}",
    "status": rb"[0-9]{3}",
    "request_method": rb"[A-Z]++",
    "request_time": rb"[0-9.]++|-",
    "upstream_response_time": rb"[0-9., :-]*?",
}
_WITH_SPACES = ("upstream_", "http_", "remote_user", "sent_http_", "cookie_", "arg_")
"""Beginnings of variables that may hold spaces."""
_QUOTED = rb'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+'
"""Up to the next quotation mark that is not escaped (nginx writes \\x22, Apache a backslash before it)."""
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_DIRECTIVE = re.compile(r"\s*log_format\s+\S+(?:\s+escape=\S+)?\s+(.*?);?\s*", re.DOTALL)
_QUOTES = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")


def format_text(text: str) -> str:
    """Return the format itself from what was given: the format, or a whole ``log_format`` directive."""
    directive = _DIRECTIVE.fullmatch(text)
    if directive is None:
        return text.strip()
    parts = _QUOTES.findall(directive[1])
    joined = "".join(single or double for single, double in parts) if parts else directive[1]
    return re.sub(r"\\(['\"])", r"\1", joined).strip()


class TextFormat(Frozen):
    """A ``log_format``, compiled.

    ``groups`` are the variables that are looked at, in the order of the expression's groups.
    """

    name: str
    pattern: re.Pattern[bytes]
    groups: tuple[str, ...]

    @property
    def meaning(self) -> str:
        """Which field is read as what."""
        duration = f", response time from ${self.duration}" if self.duration else ", no response time"
        return f"format {self.name}{duration}"

    @property
    def duration(self) -> str:
        """The variable with the response time; empty when there is none."""
        return next((name for name in _DURATIONS if name in self.groups), "")

    def read(self, data: bytes) -> Fields:
        """Return the entries of whole lines."""
        rows = self.pattern.findall(data)
        lines = None
        unreadable: list[Unreadable] = []
        if len(rows) != data.count(b"\n") + (not data.endswith(b"\n")):
            rows, lines, unreadable = self._one_by_one(data)
        if not rows:
            return Fields(unreadable=unreadable)
        columns = dict(zip(self.groups, zip(*rows, strict=True), strict=True))
        durations = columns.get(self.duration)
        return Fields(
            times=next(columns[name] for name in _TIMES if name in columns),
            requests=_requests(columns),
            statuses=list(map(_STATUS.__getitem__, columns["status"])),
            durations_s=None if durations is None else list(map(_SECONDS.__getitem__, durations)),
            agents=columns.get("http_user_agent"),
            lines=lines,
            unreadable=unreadable,
        )

    def _one_by_one(self, data: bytes) -> tuple[list[tuple[bytes, ...]], list[int], list[Unreadable]]:
        rows, lines, unreadable = [], [], []
        for number, line in enumerate(data.split(b"\n")):
            found = self.pattern.match(line)
            if found is not None:
                rows.append(found.groups(b""))
                lines.append(number)
            elif line.strip():
                unreadable.append(Unreadable(number, f"not in the format {self.name}", line))
        return rows, lines, unreadable


def compile_text_format(text: str, name: str = "as given") -> TextFormat:
    """Return a ``log_format`` as an expression that reads its lines.

    Raises
    ------
    InputError
        When the format says nothing of time, request or status: there is nothing to count then.
    """
    parts = _VARIABLE.split(text)  # literal, ${name}, $name, literal, ...
    names = [braced or plain for braced, plain in zip(parts[1::3], parts[2::3], strict=True)]
    _check(names, text)
    wanted = _wanted(names)
    expression, groups = [b"^", re.escape(parts[0]).encode()], []
    for name_, literal in zip(names, parts[3::3], strict=True):
        shape = _shape(name_, literal)
        if name_ in wanted and name_ not in groups:
            groups.append(name_)
            shape = shape if name_ == "request" else b"(" + shape + b")"
        else:
            shape = _any_request() if name_ == "request" else b"(?:" + shape + b")"
        expression += [shape, re.escape(literal).encode()]
    return TextFormat(name, re.compile(b"".join([*expression, rb"[ \t\r]*$"]), re.MULTILINE), tuple(groups))


def _check(names: list[str], text: str) -> None:
    missing = []
    if not any(name in names for name in _TIMES):
        missing.append("when: $time_local, $time_iso8601 or $msec")
    if "request" not in names and not ("request_method" in names and any(name in names for name in _TARGETS)):
        missing.append("the request: $request, or $request_method with $request_uri or $uri")
    if "status" not in names:
        missing.append("the answer: $status")
    if missing:
        hint = "write it as nginx does: " + COMBINED + " $request_time"
        problems = [Problem(f"the format does not say {what}", field="--log-format", hint=hint) for what in missing]
        raise InputError(problems)


def _wanted(names: list[str]) -> set[str]:
    first = [next((name for name in group if name in names), "") for group in (_TIMES, _TARGETS, _DURATIONS)]
    wanted = {*first, "status", "http_user_agent"}
    return wanted - set(_TARGETS) | {"request"} if "request" in names else wanted | {"request_method"}


def _shape(name: str, literal: str) -> bytes:
    """Return what a variable may look like before the literal text that follows it."""
    if name == "request":
        return rb"([A-Z]++ [^ ?\"\\\n]*+)?+" + _QUOTED if literal.startswith('"') else rb"([A-Z]++ [^ ?\n]*+)[^\n]*?"
    if name in _SHAPES:
        return _SHAPES[name]
    if literal.startswith('"'):
        return _QUOTED
    if literal[:1] in ("", " ") and name.startswith(_WITH_SPACES):
        return rb"[^\n]*?"
    return b"[^" + re.escape(literal[:1] or " ").encode() + rb"\n]*+"


def _any_request() -> bytes:
    return b"(?:" + _QUOTED + b")"


def _requests(columns: Mapping[str, tuple[bytes, ...]]) -> tuple[bytes, ...] | list[bytes]:
    if "request" in columns:
        return columns["request"]
    target = next(columns[name] for name in _TARGETS if name in columns)
    pairs = zip(columns["request_method"], target, strict=True)
    return [method + b" " + path.partition(b"?")[0] for method, path in pairs]


def _seconds(text: bytes) -> float:
    """Return a response time. Several upstreams were asked one after the other: their times add up."""
    try:
        return float(text)
    except ValueError:
        parts = [part for part in re.split(rb"[,: ]+", text) if part not in (b"", b"-")]
        try:
            return math.fsum(map(float, parts)) if parts else math.nan
        except ValueError:
            return math.nan


_SECONDS = Cache(_seconds)
_STATUS = Cache(int)
