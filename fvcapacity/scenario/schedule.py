"""A schedule: other minimums of HPAs and node pools from an instant on, as an operator sets them for planned days.

What is modelled: an HPA's new ``minReplicas`` is in the API at its instant, and the HPA controller acts on it at its
next sync (it queues every HPA once a period, an update of the object brings it forward by nothing:
``NewDefaultHPARateLimiter`` in ``pkg/controller/podautoscaler/rate_limiters.go``).

A pool's new minimum is taken as a change of the pool itself: machines that are missing are ordered at that instant, and
the cluster autoscaler takes none away below it. So an EC2 Auto Scaling group does (``UpdateAutoScalingGroup``: a new
MinSize above the group's size becomes its DesiredCapacity). The cluster autoscaler alone does not: unless it runs with
``--enforce-node-group-min-size`` (false by default in ``config/flags/flags.go``; with it ``core/static_autoscaler.go``
scales up to the minimums at the end of each loop) it never grows a group for its minimum's sake. Where the cloud leaves
it at that, the pool has to be scaled up together with its minimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from fvcapacity.scenario.base import Basis, Model
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.paths.grammar import parse_path

Minimum = Annotated[int, Field(strict=True, ge=0)]
"""Pods of an HPA, or machines of a pool."""


class ScheduledChange(Model):
    """Values that hold from an instant on, until a later change of the same field.

    A schedule counts by its dates, in other stretches of time too: what came before a run is in force from its start.
    """

    name: str = ""
    """For reports."""
    at: datetime
    """Local time of the scenario's time zone, unless it carries an offset."""
    values: dict[str, Minimum] = Field(min_length=1)
    """Path to value: ``hpa/NAME.min`` and ``nodes/POOL.minimum``."""
    basis: Basis | None = None
    source: str = ""


def in_time(schedule: Sequence[ScheduledChange], zone: ZoneInfo) -> list[tuple[int, int]]:
    """Return the instant of every change in epoch nanoseconds with its number in the schedule, in order of time.

    Raises
    ------
    ValueError
        When the clock never shows the time of one.
    """
    return sorted((epoch_ns(change.at, zone), number) for number, change in enumerate(schedule))


def in_force(schedule: Sequence[ScheduledChange], zone: ZoneInfo, at_ns: int) -> Mapping[str, int]:
    """Return the scheduled values that hold at an instant (epoch nanoseconds), by their paths.

    Raises
    ------
    ValueError
        When the clock never shows the time of a change.
    ScenarioError
        When a path is none.
    """
    values: dict[str, int] = {}
    for due_ns, number in in_time(schedule, zone):
        if due_ns <= at_ns:
            values.update({str(parse_path(path)): value for path, value in schedule[number].values.items()})
    return values
