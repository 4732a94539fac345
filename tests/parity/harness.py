"""Run the same system with the same commands on both planes, and tell the first thing in which they differ.

`check` is all that a test needs: it returns what happened (of the reference plane; the fast plane did the same).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.plane import Command, EventKind, Observation, PlaneEvent
from fvcapacity.dataplane.reference.plane import ReferencePlane
from fvcapacity.dataplane.statistics import Cause, RouteColumn, ServiceColumn, Statistics
from fvcapacity.dataplane.trace import RequestRecord, Step, TraceLine
from tests.support.tiny import Tiny

Reaction = Callable[[PlaneEvent], Iterable[tuple[int, Sequence[Command]]]]
"""What control does about an event: delays and commands. A delay of 0 is at once, before the next event is heard."""

CONTEXT_LINES = 6
NEVER = 1 << 62


@dataclass(frozen=True)
class Play:
    """A tiny system, and what control does to it: commands at instants, answers to events, looks at the plane."""

    tiny: Tiny
    script: Sequence[tuple[int, Sequence[Command]]] = ()
    control: Callable[[], Reaction] = lambda: lambda event: ()
    """Makes the one who answers events, anew for each plane."""
    looks: Sequence[int] = ()


@dataclass
class Run:
    """What one plane did."""

    trace: list[TraceLine]
    records: list[RequestRecord]
    events: list[PlaneEvent]
    observations: list[Observation]
    statistics: Statistics
    instants: list[int] = field(default_factory=list)
    """Where the plane stood whenever it came back."""

    def steps(self, step: Step, value: int | None = None) -> int:
        """Return how many lines of the trace tell of a step (with a value)."""
        return sum(value in (None, line.value) for line in self.lines(step))

    def lines(self, step: Step) -> list[TraceLine]:
        """Return the lines of the trace that tell of a step."""
        return [line for line in self.trace if line.step == step]

    def ended(self, cause: Cause) -> int:
        """Return how many requests ended so."""
        return sum(record.cause == cause for record in self.records)

    def told(self, kind: EventKind) -> int:
        """Return how often control heard of a kind of event."""
        return sum(event.kind == kind for event in self.events)

    def total(self, column: ServiceColumn) -> int:
        """Return a column of all services over the whole run."""
        return int(self.statistics.service_counts[..., column].sum())

    def arrived(self) -> int:
        """Return how many requests entered."""
        return int(self.statistics.route_counts[..., RouteColumn.ARRIVED].sum())

    def responses(self) -> set[int]:
        """Return the response times in nanoseconds."""
        return {record.response_ns for record in self.records}

    def pods(self, step: Step = Step.VISIT) -> list[int]:
        """Return the pods in which a step happened, in order."""
        return [line.pod for line in self.lines(step)]


def check(play: Play) -> Run:
    """Run both planes; fail with the first difference, or return what happened."""
    reference, fast = (perform(play, kind) for kind in (ReferencePlane, FastPlane))
    problem = first_difference(reference, fast)
    if problem:
        pytest.fail(problem, pytrace=False)
    return reference


def perform(play: Play, kind: type[ReferencePlane] | type[FastPlane]) -> Run:
    """Run one plane from begin to end; both are stopped, told and looked at in the same instants."""
    tiny = replace(play.tiny, kind=kind, tracing=True)
    plane = tiny.plane()
    run, agenda, reaction = Run([], [], [], [], plane.statistics), _Agenda(play), play.control()
    while True:
        until = min(agenda.next_ns, tiny.duration_ns)
        event = plane.advance(until)
        run.instants.append(plane.now)
        if event is not None:
            run.events.append(event)
            for delay_ns, commands in reaction(event):
                if delay_ns:
                    agenda.add(event.time_ns + delay_ns, commands)
                else:
                    plane.apply(commands)
        elif until == tiny.duration_ns:
            break
        elif commands := agenda.take():
            plane.apply(commands)
        else:
            run.observations.append(plane.observe())
    run.observations.append(plane.observe())
    plane.finish()
    run.trace, run.records = list(plane.trace), list(plane.records)
    return run


class _Agenda:
    """What control means to do, by time; no commands stand for a look at the plane."""

    def __init__(self, play: Play) -> None:
        self.entries: list[tuple[int, int, Sequence[Command]]] = []
        self.added = 0
        for time_ns, commands in [*play.script, *((time_ns, ()) for time_ns in play.looks)]:
            self.add(time_ns, commands)

    @property
    def next_ns(self) -> int:
        return self.entries[0][0] if self.entries else NEVER

    def add(self, time_ns: int, commands: Sequence[Command]) -> None:
        heapq.heappush(self.entries, (time_ns, self.added, commands))
        self.added += 1

    def take(self) -> Sequence[Command]:
        return heapq.heappop(self.entries)[2]


# -- the first difference ------------------------------------------------------------------------------


def first_difference(reference: Run, fast: Run) -> str:
    """Describe where two runs part for the first time; empty when they do not."""
    found = [
        _of_lists("trace", reference.trace, fast.trace, lambda line: line.time_ns, _trace_text),
        _of_lists("events", reference.events, fast.events, lambda event: event.time_ns, _event_text),
        _of_lists("observations", reference.observations, fast.observations, lambda o: o.time_ns, repr),
        _of_lists("records", reference.records, fast.records, lambda r: r.arrived_ns + r.response_ns, repr),
        _of_lists("returns of advance", reference.instants, fast.instants, lambda time_ns: time_ns, str),
    ]
    told = [difference for difference in found if difference is not None]
    if told:
        return min(told, key=lambda difference: difference[0])[1]
    for name, ours, theirs in zip(Statistics._fields, reference.statistics, fast.statistics, strict=True):
        if not np.array_equal(ours, theirs):
            return _of_arrays(name, ours, theirs)
    return ""


def _of_lists(
    what: str, ours: list[Any], theirs: list[Any], time_of: Callable[[Any], int], text: Callable[[Any], str]
) -> tuple[int, str] | None:
    if ours == theirs:
        return None
    both = zip(ours, theirs, strict=False)
    place = next((i for i, (a, b) in enumerate(both) if a != b), min(len(ours), len(theirs)))
    times = [time_of(items[place]) for items in (ours, theirs) if place < len(items)]
    lines = [f"the planes differ in their {what}, at entry {place}:"]
    for name, items in (("reference", ours), ("fast", theirs)):
        lines.append(f"  {name}:")
        before = max(0, place - CONTEXT_LINES)
        lines += [f"      {text(item)}" for item in items[before:place]]
        lines.append(f"    > {text(items[place]) if place < len(items) else '(nothing more)'}")
        lines += [f"      {text(item)}" for item in items[place + 1 : place + 3]]
    return min(times), "\n".join(lines)


def _trace_text(line: TraceLine) -> str:
    said: Any = line.value
    if line.step in (Step.REFUSED, Step.LEFT, Step.ENDED):
        said = Cause(line.value).name
    return f"{line.time_ns:>15,} ns  {Step(line.step).name:<10} {line.identity & 0xFFFFFF:06x}  pod {line.pod}  {said}"


def _event_text(event: PlaneEvent) -> str:
    return f"{event.time_ns:>15,} ns  {event.kind.name} of pod {event.pod}"


def _of_arrays(name: str, ours: Any, theirs: Any) -> str:
    columns = {"route_counts": RouteColumn, "service_counts": ServiceColumn}.get(name)
    lines = [f"the planes differ in {name}:"]
    for place in np.argwhere(ours != theirs)[:CONTEXT_LINES]:
        where = tuple(int(i) for i in place)
        column = f" ({columns(where[-1]).name})" if columns else ""
        lines.append(f"  {where}{column}: reference {ours[where]}, fast {theirs[where]}")
    return "\n".join(lines)
