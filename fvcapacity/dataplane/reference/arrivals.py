"""Requests enter: one after the other from the open stream, and from users who think before they ask again."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import simpy

from fvcapacity.dataplane.reference.clock import At
from fvcapacity.dataplane.source import ArrivalSource, ClosedUsers, OpenArrivals
from fvcapacity.semantics import events
from fvcapacity.semantics.draw import mix, unit

if TYPE_CHECKING:
    from fvcapacity.dataplane.reference.plane import ReferencePlane


class Arrivals:
    """The open stream as a process, and the virtual users with their next requests."""

    def __init__(self, plane: ReferencePlane, source: ArrivalSource) -> None:
        self.plane = plane
        self.users = source.users
        self.requests_of: dict[int, int] = {}
        """Requests that each user has made or begun to make; one who comes back goes on counting."""
        self.active: set[int] = set()
        self.next_slot_ns = 0
        if source.stream is not None:
            plane.env.process(self._replay(source.stream))
        if source.users is not None:
            plane.env.process(self._stages(source.users))

    def _replay(self, stream: OpenArrivals) -> Generator[simpy.Event, None, None]:
        env, begin = self.plane.env, self.plane.begin_request
        while (chunk := stream.next_chunk()) is not None:
            rows = zip(chunk.times_ns.tolist(), chunk.routes.tolist(), chunk.identities.tolist(), strict=True)
            for time_ns, route, identity in rows:
                yield At(env, time_ns, events.ARRIVAL, identity)
                begin(route, identity)

    def _stages(self, users: ClosedUsers) -> Generator[simpy.Event, None, None]:
        for start_ns, count in users.stages:
            yield At(self.plane.env, start_ns, events.ARRIVAL, events.FIRST_IDENTITY)
            for user in range(count):
                if user not in self.active:
                    self.active.add(user)
                    self.requests_of.setdefault(user, 0)
                    first = int(unit(self._identity(user, -1)) * users.think_ns)
                    self._schedule(user, start_ns + first)

    def user_answered(self, user: int) -> None:
        """A user has the answer, and begins to think."""
        assert self.users is not None
        self._schedule(user, self.plane.now + self.users.think_ns)

    def _identity(self, user: int, number: int) -> int:
        return mix(mix(mix(self.plane.seed, events.SALT_USER), user), number)

    def _schedule(self, user: int, time_ns: int, granted: bool = False) -> None:
        identity = self._identity(user, self.requests_of[user])
        event = At(self.plane.env, time_ns, events.ARRIVAL, identity, (user, granted))
        event.callbacks.append(self._ask)

    def _ask(self, event: At) -> None:
        users = self.users
        assert users is not None
        user, granted = event._value
        now = self.plane.now
        if user >= users.active(now):
            self.active.remove(user)
            return
        if users.slot_ns and not granted:
            slot = max(now, self.next_slot_ns)
            self.next_slot_ns = slot + users.slot_ns
            if slot > now:
                self._schedule(user, slot, granted=True)
                return
        number = self.requests_of[user]
        self.requests_of[user] = number + 1
        route = users.journey[number % len(users.journey)]
        self.plane.begin_request(route, self._identity(user, number), user)
