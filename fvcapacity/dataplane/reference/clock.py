"""SimPy with the order of simultaneous events that the semantics ask for."""

from __future__ import annotations

from heapq import heappush
from typing import Any, cast

import simpy

_IDENTITY_BITS = 64
_FIRST = 1 << (_IDENTITY_BITS - 1)
_MASK = (1 << _IDENTITY_BITS) - 1


class Clock(simpy.Environment):
    """A SimPy environment in integer nanoseconds that can be moved to an instant and tells what comes next."""

    _now: int

    def move_to(self, time_ns: int) -> None:
        """Set the present instant; nothing may be due before it."""
        self._now = time_ns

    def settled(self) -> bool:
        """Return whether everything that followed from the last event is done."""
        return not self._queue or self._queue[0][0] > self._now or self._queue[0][1] > _MASK


class At(simpy.Event):
    """An event at an instant, ordered among simultaneous ones by rank and identity.

    What follows from an event within its instant uses SimPy's own priorities, which are smaller than any rank: it is
    carried out first, in the order in which it became possible.
    """

    def __init__(self, env: Clock, time_ns: int, rank: int, identity: int, value: Any = None) -> None:
        self.env = env
        self.callbacks = []
        self._value = value
        self._ok = True
        self._defused = False
        priority = cast(Any, (rank << _IDENTITY_BITS) + identity + _FIRST)  # identities are signed
        # What Environment.schedule does, for an absolute time.
        heappush(env._queue, (time_ns, priority, next(env._eid), self))
