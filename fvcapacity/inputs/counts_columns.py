"""Which columns of a table of request counts mean what; common other names are understood and told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from fvcapacity.errors import Location, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.model_validation import nearest

Clock = Literal["local", "utc", "epoch_s", "epoch_ms"]

_TIME: dict[str, Clock] = {
    "timestamp": "local",
    "time": "local",
    "datetime": "local",
    "date_time": "local",
    "ts": "local",
    "timestamp_utc": "utc",
    "time_utc": "utc",
    "datetime_utc": "utc",
    "epoch_s": "epoch_s",
    "epoch": "epoch_s",
    "unix": "epoch_s",
    "unix_s": "epoch_s",
    "timestamp_s": "epoch_s",
    "epoch_ms": "epoch_ms",
    "unix_ms": "epoch_ms",
    "timestamp_ms": "epoch_ms",
}
_REQUESTS = ("requests", "request_count", "count", "counts", "hits")
_ROUTE = ("route", "endpoint", "path")


class Columns(Frozen):
    """Positions of the columns that count.

    ``clock`` says how a time without an offset or unit is to be read.
    """

    time: int
    requests: int
    route: int | None
    clock: Clock
    notes: tuple[str, ...]


def find_columns(names: Sequence[str], place: Location) -> tuple[Columns | None, list[Problem]]:
    """Return which columns hold timestamp, requests and route, or what is missing or ambiguous."""
    plain = [name.strip().lower().replace(" ", "_") for name in names]
    problems: list[Problem] = []
    time = _find(plain, tuple(_TIME), "timestamp", names, place, problems)
    requests = _find(plain, _REQUESTS, "requests", names, place, problems)
    route = _find(plain, _ROUTE, None, names, place, problems)
    if time is None or requests is None or problems:
        return None, problems
    used = {time: "timestamp", requests: "requests"} | ({route: "route"} if route is not None else {})
    notes = [f"column {names[i]!r} is read as {role}" for i, role in used.items() if plain[i] != role]
    ignored = [names[i] for i in range(len(names)) if i not in used]
    if ignored:
        notes.append(f"columns not used: {', '.join(ignored)}")
    return Columns(time, requests, route, _TIME[plain[time]], tuple(notes)), []


def _find(
    plain: Sequence[str],
    known: tuple[str, ...],
    required: str | None,
    names: Sequence[str],
    place: Location,
    problems: list[Problem],
) -> int | None:
    found = [i for name in known for i, given in enumerate(plain) if given == name]
    if len(found) > 1:
        both = " and ".join(repr(names[i]) for i in found)
        message = f"the columns {both} could both be the {known[0]} column"
        problems.append(Problem(message, place, hint="keep one of them", rule="traffic-columns"))
        return None
    if found:
        return found[0]
    if required is not None:
        close = nearest(required, plain)
        seen = ", ".join(repr(name) for name in names) or "none"
        hint = f"rename the column {close!r} to {required!r}" if close else f"name one column {required!r}"
        if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
            hint = "columns are separated by commas"
        problems.append(
            Problem(f"no column {required!r}; the file has {seen}", place, hint=hint, rule="traffic-columns")
        )
    return None
