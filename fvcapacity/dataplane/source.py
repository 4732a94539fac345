"""Where requests come from: an open stream in chunks, a closed loop of users, or both."""

from __future__ import annotations

from typing import Protocol

from fvcapacity.frozen import Frozen
from fvcapacity.program.arrivals import ArrivalChunk

__all__ = ["ArrivalChunk", "ArrivalSource", "ClosedUsers", "OpenArrivals"]


class OpenArrivals(Protocol):
    """A stream of arrivals whose memory does not depend on its length."""

    position_ns: int
    """Everything before this instant has been handed out; may be set, to resume a run."""

    def next_chunk(self) -> ArrivalChunk | None:
        """Return the next chunk, or None at the end of the run."""


class ClosedUsers(Frozen):
    """Virtual users: routes of their journey, time to think, and how many are active from when on.

    ``stages`` holds (time_ns, users), sorted; ``slot_ns`` is the least time between two requests of all users
    together (0: no cap).
    """

    journey: tuple[int, ...]
    think_ns: int
    stages: tuple[tuple[int, int], ...]
    slot_ns: int = 0

    def active(self, now_ns: int) -> int:
        """Return how many users are active at an instant."""
        return next((users for start, users in reversed(self.stages) if start <= now_ns), 0)


class ArrivalSource(Frozen):
    """All requests of a run."""

    stream: OpenArrivals | None = None
    users: ClosedUsers | None = None
