"""JSON lines, one object a request: ingress-nginx, pino, morgan and whatever names its fields in a like manner."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.access_log.fields import Fields, Unreadable

Role = Literal["time", "request", "method", "path", "status", "duration", "agent"]
ROLES: tuple[Role, ...] = ("time", "request", "method", "path", "status", "duration", "agent")
_UNITS_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}

CANDIDATES: Mapping[Role, tuple[str, ...]] = {
    "time": (
        "time_iso8601", "time", "timestamp", "@timestamp", "ts", "msec", "time_local", "datetime", "date", "asctime",
    ),
    "request": ("request",),
    "method": ("method", "request_method", "req.method", "request.method", "http.request.method", "http_method"),
    "path": (
        "path", "request_uri", "uri", "req.url", "url", "originalUrl", "request.path", "request.url", "url.path",
        "http.url", "target",
    ),
    "status": (
        "status", "status_code", "statusCode", "res.statusCode", "response.status", "http.response.status_code", "code",
    ),
    "duration": (
        "request_time", "responseTime:ms", "response_time:ms", "response-time:ms", "responseTimeMs:ms",
        "response_time_ms:ms", "duration_ms:ms", "durationMs:ms", "elapsed_ms:ms", "latency_ms:ms", "took_ms:ms",
        "duration_s", "latency_s", "upstream_response_time",
    ),
    "agent": (
        "http_user_agent", "user_agent", "userAgent", "user-agent", "agent", "req.headers.user-agent",
        "user_agent.original",
    ),
}  # fmt: skip
"""Fields by which each thing is looked for, the most frequent being taken; a unit after the colon, else seconds."""


class JsonField(Frozen):
    """A field of the object: the keys that lead to it, and for a response time its unit in seconds."""

    keys: tuple[str, ...]
    unit_s: float = 1.0

    def of(self, entry: Any) -> Any:
        """Return the value in an object; None when it is not there."""
        for key in self.keys:
            if not isinstance(entry, dict):
                return None
            entry = entry.get(key)
        return entry


def parse_field(text: str) -> JsonField:
    """Return the field that ``a.b:ms`` names. A whole key may have dots: it is looked for first by `choose_fields`.

    Raises
    ------
    InputError
        When the unit is none.
    """
    path, _, unit = text.partition(":")
    if not path or (unit and unit not in _UNITS_S):
        hint = "write it like duration=responseTime:ms; units are " + ", ".join(_UNITS_S)
        raise InputError(Problem(f"{text!r} names no field", field="--field", hint=hint))
    return JsonField(tuple(path.split(".")), _UNITS_S[unit] if unit else 1.0)


def parse_fields(texts: Sequence[str]) -> dict[Role, JsonField]:
    """Return fields that are given as ``role=name``.

    Raises
    ------
    InputError
        With all that are wrong.
    """
    found: dict[Role, JsonField] = {}
    problems: list[Problem] = []
    for text in texts:
        name, _, path = text.partition("=")
        role = next((known for known in ROLES if known == name.strip()), None)
        if role is None:
            hint = f"one of {', '.join(ROLES)}, like path=req.url"
            problems.append(Problem(f"{text!r} gives no known role a field", field="--field", hint=hint))
            continue
        try:
            found[role] = parse_field(path.strip())
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return found


def choose_fields(sample: Sequence[Mapping[str, Any]], given: Mapping[Role, JsonField]) -> dict[Role, JsonField]:
    """Return the field of every role: the given one, or the first candidate that most requests of a sample have.

    Lines of another kind may stand among the requests, so a candidate counts among the lines that have a status.
    """
    chosen = dict(given)
    status = chosen.get("status") or _first(sample, "status")
    if status is None:
        return chosen
    chosen["status"] = status
    requests = [entry for entry in sample if status.of(entry) is not None]
    for role in ROLES:
        found = chosen.get(role) or _first(requests, role)
        if found is not None:
            chosen[role] = found
    if "method" in chosen and "path" in chosen and "request" not in given:
        chosen.pop("request", None)
    return chosen


def _first(entries: Sequence[Mapping[str, Any]], role: Role) -> JsonField | None:
    best, most = None, 0
    for text in CANDIDATES[role]:
        path, _, unit = text.partition(":")
        for keys in dict.fromkeys(((path,), tuple(path.split(".")))):  # a dotted name may be one key
            found = JsonField(keys, _UNITS_S[unit or "s"])
            count = sum(isinstance(found.of(entry), str | int | float) for entry in entries)
            if count > most:
                best, most = found, count
    return best


class JsonFormat(Frozen):
    """JSON lines with the fields of their roles."""

    fields: Mapping[Role, JsonField]
    name: str = "JSON lines"

    @property
    def meaning(self) -> str:
        """Which field is read as what."""
        told = [f"{role} from {'.'.join(item.keys)}{_unit(role, item)}" for role, item in self.fields.items()]
        return f"{self.name}: {', '.join(told)}"

    @property
    def complete(self) -> bool:
        """Tell whether there is a field for everything that counting needs."""
        request = "request" in self.fields or {"method", "path"} <= self.fields.keys()
        return request and {"time", "status"} <= self.fields.keys()

    def read(self, data: bytes) -> Fields:
        """Return the entries of whole lines; an object without a status is no request."""
        out: tuple[list[Any], ...] = ([], [], [], [], [], [])
        times, requests, statuses, durations, agents, lines = out
        unreadable: list[Unreadable] = []
        others = 0
        field_of = self.fields.get
        time, status, duration, agent = field_of("time"), field_of("status"), field_of("duration"), field_of("agent")
        assert time is not None
        assert status is not None
        for number, line in enumerate(data.split(b"\n")):
            if not line or line.isspace():
                continue
            try:
                entry = orjson.loads(line)
            except orjson.JSONDecodeError:
                unreadable.append(Unreadable(number, "no JSON", line))
                continue
            if not isinstance(entry, dict):
                unreadable.append(Unreadable(number, "no JSON object", line))
                continue
            answered = _status(status.of(entry))
            if answered is None:
                others += 1
                continue
            times.append(time.of(entry))
            statuses.append(answered)
            requests.append(self._request(entry))
            durations.append(_number(duration.of(entry)) * duration.unit_s if duration else math.nan)
            agents.append(agent.of(entry) if agent else "")
            lines.append(number)
        return Fields(
            times=times,
            requests=requests,
            statuses=statuses,
            durations_s=durations if duration else None,
            agents=[item if isinstance(item, str) else "" for item in agents] if agent else None,
            lines=lines,
            unreadable=unreadable,
            others=others,
        )

    def _request(self, entry: Any) -> bytes:
        whole = self.fields.get("request")
        if whole is not None:
            parts = str(whole.of(entry) or "").split(" ")
            method, path = parts[0], parts[1] if len(parts) > 1 else ""
        else:
            method, path = (self.fields[role].of(entry) for role in ("method", "path"))
        if not isinstance(method, str) or not isinstance(path, str) or not method or not path:
            return b""
        return f"{method.upper()} {path.partition('?')[0]}".encode("utf-8", "replace")


def template_fields(text: str) -> dict[Role, JsonField]:
    """Return the fields that an nginx ``log_format`` written as a JSON object gives their variables.

    nginx's own names tell the role: ``{"when": "$time_iso8601", "code": $status, ...}``.
    """
    roles: dict[str, Role] = {
        "time_iso8601": "time", "time_local": "time", "msec": "time", "request": "request", "request_method": "method",
        "request_uri": "path", "uri": "path", "status": "status", "request_time": "duration",
        "http_user_agent": "agent",
    }  # fmt: skip
    found: dict[Role, JsonField] = {}
    for key, variable in re.findall(r'"([^"]+)"\s*:\s*"?\$\{?(\w+)\}?"?', text):
        role = roles.get(variable)
        if role is not None:
            found.setdefault(role, JsonField((key,)))
    if "method" in found and "path" in found:
        found.pop("request", None)
    return found


def _status(value: Any) -> int | None:
    """Return a status code; None for anything else, such as the ``"status": "ok"`` of a message."""
    if isinstance(value, str) and len(value) == 3 and value.isdecimal():
        value = int(value)
    return value if isinstance(value, int) and 100 <= value <= 999 else None


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _unit(role: Role, item: JsonField) -> str:
    names = {scale: unit for unit, scale in _UNITS_S.items()}
    return f" ({names[item.unit_s]})" if role == "duration" else ""
