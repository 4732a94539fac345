"""Where requests come from: an open stream in chunks, a closed loop of users, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt


class ArrivalChunk(NamedTuple):
    """Arrivals up to (not including) ``until_ns``, sorted by (time, identity); times since the start of the run."""

    times_ns: npt.NDArray[np.int64]
    routes: npt.NDArray[np.int64]
    identities: npt.NDArray[np.int64]
    until_ns: int


class OpenArrivals(Protocol):
    """A stream of arrivals whose memory does not depend on its length."""

    def next_chunk(self) -> ArrivalChunk | None:
        """Return the next chunk, or None at the end of the run."""


@dataclass(frozen=True)
class ClosedUsers:
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


@dataclass(frozen=True)
class ArrivalSource:
    """All requests of a run."""

    stream: OpenArrivals | None = None
    users: ClosedUsers | None = None
