"""Events as they are read: repeated ones folded into one, as Kubernetes keeps them."""

from __future__ import annotations

import pandas as pd

from fvcapacity.frozen import Frozen

TIME_TO_LIVE_S = 3600.0
"""The API server forgets an event an hour after it was last seen (``--event-ttl``); the next one begins anew."""


class EventLine(Frozen):
    """One event and how often it was seen.

    Attributes
    ----------
    last_utc
        When it was seen last.
    over_s
        From the first time to the last, in seconds.
    """

    replication: int
    last_utc: pd.Timestamp
    type: str
    reason: str
    object: str
    message: str
    count: int
    over_s: float


def folded_events(events: pd.DataFrame, of: str = "") -> list[EventLine]:
    """Return the events of a result, equal ones as one with a count, in the order in which they were last seen.

    Events are equal when object, type, reason and message are (``EventCorrelator`` of
    ``client-go/tools/record/events_cache.go``, which calls their count a series).

    Parameters
    ----------
    events
        The table ``events``.
    of
        ``kind/name`` of an object: only its events, and those of the pods and ReplicaSets of this workload.
    """
    if of:
        events = events[(events["object"] == of) | (events["workload"] == of)]
    lines: list[EventLine] = []
    for _, table in events.groupby("replication", sort=True):
        lines += _of_one_replication(table)
    return lines


def _of_one_replication(events: pd.DataFrame) -> list[EventLine]:
    known: dict[tuple[str, ...], list[dict[str, object]]] = {}
    series: list[list[dict[str, object]]] = []
    for row in events.to_dict("records"):
        key = tuple(str(row[name]) for name in ("object", "type", "reason", "message"))
        held = known.get(key)
        if held is None or float(row["time_s"]) - _seconds(held[-1]) > TIME_TO_LIVE_S:
            held = known[key] = []
            series.append(held)
        held.append({str(name): value for name, value in row.items()})
    order = sorted(range(len(series)), key=lambda number: _seconds(series[number][-1]))
    return [_line(series[number]) for number in order]


def _seconds(row: dict[str, object]) -> float:
    return float(str(row["time_s"]))


def _line(rows: list[dict[str, object]]) -> EventLine:
    last = rows[-1]
    return EventLine(
        replication=int(str(last["replication"])),
        last_utc=pd.Timestamp(last["time_utc"]),  # type: ignore[arg-type]
        type=str(last["type"]),
        reason=str(last["reason"]),
        object=str(last["object"]),
        message=str(last["message"]),
        count=len(rows),
        over_s=_seconds(last) - _seconds(rows[0]),
    )
