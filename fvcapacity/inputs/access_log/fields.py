"""What every format gives of a block of lines: one list for each thing that counts, and the lines that gave nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Text = bytes | str

MOST_KEPT = 200_000
"""Distinct values that a cache keeps before it begins anew: new paths on every line must not fill memory."""


class Cache(dict[Any, Any]):
    """Remembers what a function gave for a value; ``list(map(cache.__getitem__, values))`` runs in C."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, value: Any) -> Any:
        if len(self) >= MOST_KEPT:
            self.clear()
        found = self[value] = self._function(value)
        return found


@dataclass(slots=True)
class Unreadable:
    """A line that is no entry of the log: its place in the block, from 0, why, and what it says."""

    line: int
    reason: str
    text: bytes


@dataclass(slots=True)
class Fields:
    """The entries of a block, a list for each field, all of one length.

    Attributes
    ----------
    lines
        Line of each entry in the block, from 0; None when entry and line have the same number.
    times
        As they are written: text, or a number of seconds or milliseconds since 1970.
    requests
        Method, a space and the target up to its query; empty when there was no HTTP request.
    statuses
        Status codes of the answers.
    durations_s
        Response times in seconds, NaN where there is none; None when the format knows none.
    agents
        User agents; None when the format knows none.
    unreadable
        Lines that are no entries.
    others
        Lines of another kind, such as messages of the application: readable, but no requests.
    """

    times: Sequence[Any] = ()
    requests: Sequence[bytes] = ()
    statuses: Sequence[int] = ()
    durations_s: Sequence[float] | None = None
    agents: Sequence[Text] | None = None
    lines: Sequence[int] | None = None
    unreadable: list[Unreadable] = field(default_factory=list)
    others: int = 0


class LogFormat(Protocol):
    """A format of log lines."""

    @property
    def name(self) -> str:
        """As remarks name it."""

    @property
    def meaning(self) -> str:
        """Which field is read as what."""

    def read(self, data: bytes) -> Fields:
        """Return the entries of whole lines."""
