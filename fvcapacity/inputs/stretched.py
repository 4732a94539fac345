"""A scenario over another stretch of time: another window, and the traffic that belongs to it."""

from __future__ import annotations

from pathlib import Path

from fvcapacity.errors import ScenarioError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.inputs.traffic import RunSpan, load_traffic
from fvcapacity.scenario.checks import time_zone
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import Scenario, ScenarioFile
from fvcapacity.scenario.stretches import Stretch


class TrafficReader(Frozen):
    """What the loader keeps to be able to read the traffic of another stretch.

    Attributes
    ----------
    base
        Directory that relative paths start from.
    """

    base: Path

    def during(self, scenario: Scenario, stretch: Stretch) -> Scenario:
        """Return the scenario over a stretch; roll-outs, faults and the log of requests stay with the window.

        A schedule counts by its dates, as the events of the traffic do.

        Raises
        ------
        ScenarioError
            When the clock never shows its start.
        TrafficError
            When its traffic cannot be read, or does not cover it.
        """
        file = file_during(scenario.file, stretch)
        span = span_of(file)
        if span is None:
            raise ScenarioError(f"{stretch.start} does not exist in {file.time_zone}", hint="give it with its offset")
        return replace(
            scenario,
            file=file,
            traffic=load_traffic(file.traffic, scenario.topology.routes, span, self.base),
            start_ns=span.window_ns,
            versions=(),
        )


def file_during(file: ScenarioFile, stretch: Stretch) -> ScenarioFile:
    """Return what the user would have written, had the stretch been the window."""
    window = file.window.model_copy(update={"start": stretch.start, "duration": stretch.duration})
    return file.model_copy(
        update={
            "name": f"{file.name}-{stretch.name}"[:63].rstrip("-"),
            "window": window,
            "traffic": stretch.traffic or file.traffic,
            "rollouts": (),
            "faults": (),
            "requests": None,
        }
    )


def span_of(file: ScenarioFile) -> RunSpan | None:
    """Return when a run takes place, or None when its zone or start cannot be read (a check says why)."""
    zone = time_zone(file)
    if zone is None:
        return None
    try:
        start = epoch_ns(file.window.start, zone)
    except ValueError:
        return None
    return RunSpan(start - file.window.warm_up, start, start + file.window.duration, zone)
