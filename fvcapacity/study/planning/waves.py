"""Waves: the events on the calendar that raise the traffic, and the stretch of time in which they do."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fvcapacity.errors import Problem, ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import JUDGED_WINDOW_NS, Scenario
from fvcapacity.scenario.traffic import TrafficEvent
from fvcapacity.study.peaks import Peak
from fvcapacity.units import format_duration

SETTLE_NS = 6 * JUDGED_WINDOW_NS
"""How long after its top is reached a wave is judged as a rise: an HPA with new nodes needs some minutes to follow."""


class Wave(Frozen):
    """One event; instants are in nanoseconds since the start of the window.

    Attributes
    ----------
    number
        Place of the event in the scenario.
    begin_ns, top_ns, end_ns
        When the traffic begins to rise, when all of it is there, and when it begins to fall.
    risen_ns
        Until when its rise is judged.
    """

    number: int
    name: str
    begin_ns: int
    top_ns: int
    end_ns: int
    risen_ns: int

    @property
    def judged_from_ns(self) -> int:
        """Start of the first judged window of five minutes that the rise touches."""
        return self.begin_ns // JUDGED_WINDOW_NS * JUDGED_WINDOW_NS

    def stretch(self, longest_lead_ns: int, duration_ns: int) -> Peak:
        """Return the part of the window in which a change so long before the rise can be tried."""
        step = JUDGED_WINDOW_NS
        start = max(self.begin_ns - longest_lead_ns - step, 0) // step * step
        length = min(-(-(self.risen_ns - start) // step) * step, duration_ns - start)
        return Peak(start, length, f"the rise of {self.name}")


def waves_of(
    scenario: Scenario, names: Sequence[str] | None, shortest_lead_ns: int
) -> tuple[tuple[Wave, ...], tuple[str, ...]]:
    """Return the waves of a scenario's window in order of time, and remarks on events that are none.

    Parameters
    ----------
    names
        Of the events that are wanted; None for all that raise the traffic within the window.
    shortest_lead_ns
        The window has to begin at least so long before the rise.

    Raises
    ------
    ScenarioError
        When the traffic has no events, or a wanted one cannot be planned: with everything that is wrong.
    """
    if scenario.traffic is None:
        hint = "give traffic as rates (weekly or a file) with events"
        raise ScenarioError("a closed loop of users has no events to plan for", hint=hint)
    events = scenario.file.traffic.events
    known = [event.name for event in events if event.name]
    problems = [
        Problem(f"there is no event {name!r}", field="traffic.events", hint=did_you_mean(name, known), rule="event")
        for name in names or ()
        if name not in known
    ]
    found, remarks = [], []
    for number, event in enumerate(events):
        if names is not None and event.name not in names:
            continue
        wave = _wave(scenario, number, event)
        reason = _why_not(scenario, event, wave, shortest_lead_ns)
        if not reason:
            found.append(wave)
        elif names is not None:
            problems.append(Problem(f"{wave.name!r} cannot be planned: {reason}", field=f"traffic.events[{number}]"))
        else:
            remarks.append(f"{wave.name} is not planned: {reason}.")
    if problems:
        raise ScenarioError(problems)
    if not found:
        hint = (
            "add `traffic.events`, or choose a window that holds their rise with --start and --duration of a scenario"
        )
        message = "; ".join(remarks) or "the traffic has no events"
        raise ScenarioError(f"there is nothing to plan for: {message.rstrip('.')}", hint=hint)
    return tuple(sorted(found, key=lambda wave: (wave.begin_ns, wave.number))), tuple(remarks)


def _wave(scenario: Scenario, number: int, event: TrafficEvent) -> Wave:
    top = epoch_ns(event.start, ZoneInfo(scenario.file.time_zone)) - scenario.start_ns
    end = top + event.duration
    name = event.name or f"the event of {event.start:%Y-%m-%d %H:%M}"
    risen = min(top + SETTLE_NS, end, scenario.file.window.duration)
    return Wave(number, name, top - event.ramp, top, end, risen)


def _why_not(scenario: Scenario, event: TrafficEvent, wave: Wave, shortest_lead_ns: int) -> str:
    """Return why an event is no wave that can be planned; empty when it is one."""
    if event.multiply <= 1 and all(share <= 1 for share in event.shares.values()):
        return "it does not raise the traffic"
    if wave.begin_ns >= scenario.file.window.duration:
        return "it begins after the window has ended"
    if wave.end_ns <= 0:
        return "it ends before the window begins"
    if wave.begin_ns < shortest_lead_ns:
        return f"the window begins less than {format_duration(shortest_lead_ns)} before its rise"
    return ""
