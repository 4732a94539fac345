"""Time and order in the control plane: ranks of simultaneous events, and absolute due times."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, cast

import simpy
from simpy.core import SimTime
from simpy.events import EventPriority


class Rank(IntEnum):
    """Order of controllers at one instant. SimPy orders by (time, priority, insertion); 0 and 1 are its own."""

    PLANE = 2
    NODE = 8
    KUBELET = 10
    ENDPOINTS = 15
    METRICS = 20
    SCHEDULE = 25
    HPA = 30
    DEPLOYMENT = 40
    SCHEDULER = 50
    CLUSTER_AUTOSCALER = 60
    SAMPLER = 70


class At(simpy.Event):
    """An event that happens at an absolute time, with the rank of the controller that waits for it."""

    def __init__(self, env: simpy.Environment, time_ns: int, rank: Rank) -> None:
        super().__init__(env)
        self._ok = True
        self._value: Any = None
        env.schedule(self, priority=cast(EventPriority, int(rank)), delay=cast(SimTime, time_ns - int(env.now)))
