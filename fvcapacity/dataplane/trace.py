"""What a plane writes down when it is asked to: every request that ended, and every step on the way.

Both planes write the same lines in the same order. That is how they are compared, and how one reads along.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from fvcapacity.dataplane.statistics import Cause

NO_RECORDS = (0, 0)
EVERY_RECORD = (0, 1 << 62)
"""Stretches of arrival times in which requests leave a record."""


class RequestRecord(NamedTuple):
    """One request that ended."""

    identity: int
    route: int
    arrived_ns: int
    response_ns: int
    cause: Cause


class Step(IntEnum):
    """What happened. ``value`` of a `TraceLine` says more, where it says so here."""

    ARRIVED = 1
    """A request entered; value: its route."""
    VISIT = 2
    """An attempt was let in by a container; value: the call."""
    REFUSED = 3
    """An attempt was not let in; value: the `Cause`."""
    BURST = 4
    """A burst began on a thread; value: the thread's number in its container."""
    THROTTLED = 5
    """A burst stands still because the quota is spent."""
    BURST_END = 6
    LEFT = 7
    """A visit ended; value: the `Cause`."""
    WAITS = 8
    """An attempt waits for a pooled connection."""
    TIMED_OUT = 9
    RETRIED = 10
    """The identity is that of the new attempt; value: its number."""
    PROBED = 11
    """A probe had its result; value: 1 when it was good."""
    ENDED = 12
    """A request was answered or given up; value: the `Cause`."""


class TraceLine(NamedTuple):
    """One step: when, what, of whom, in which pod (0: in none)."""

    time_ns: int
    step: Step
    identity: int
    pod: int
    value: int
