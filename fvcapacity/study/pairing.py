"""Whether two scenarios can be compared customer by customer, and what a reader has to know when they differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fvcapacity.errors import ScenarioError
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import format_duration


def check_windows(first: Scenario, second: Scenario) -> None:
    """Check that two scenarios judge the same stretch of time: else no figure of them can be subtracted.

    Raises
    ------
    ScenarioError
        When the windows differ.
    """
    windows = [(scenario.start_ns, scenario.file.window.duration) for scenario in (first, second)]
    if windows[0] != windows[1]:
        shown = [_window_text(scenario) for scenario in (first, second)]
        raise ScenarioError(
            f"the windows differ: A is {shown[0]}, B is {shown[1]}; their differences would be those of the traffic",
            hint="give both one window with --start and --duration",
        )


def pairing_notes(first: Scenario, second: Scenario) -> list[str]:
    """Return what of two scenarios differs besides the system, a sentence each.

    Parameters
    ----------
    first, second
        As they were loaded: seeds and planes of their own.
    """
    return [*_same(first, second), *_traffic(first, second), *_settings(first, second)]


def _same(first: Scenario, second: Scenario) -> Iterator[str]:
    if scenario_text(first.file) == scenario_text(second.file) and first.input_hashes == second.input_hashes:
        yield "A and B are the same: nothing that was read differs."


def _traffic(first: Scenario, second: Scenario) -> Iterator[str]:
    one, two = first.file.traffic, second.file.traffic
    if (one.users is None) != (two.users is None):
        yield "Only one of A and B has virtual users: they do not see the same customers, and pairing is worth nothing."
        return
    if one.users is not None or two.users is not None:
        if one.users != two.users:
            yield "The virtual users differ: A and B do not see the same load."
        return
    if one.arrivals != two.arrivals or not _same_base(first, second):
        yield (
            "The traffic differs (its rates, or how requests arrive): A and B do not see the same customers, and "
            "pairing is worth little or nothing. The differences are also those of the traffic."
        )
    elif (one.scale, one.events) != (two.scale, two.events):
        yield (
            "The scale or the events of the traffic differ: the customers of the smaller one are among those of the "
            "larger. The differences are also those of the traffic."
        )


def _settings(first: Scenario, second: Scenario) -> Iterator[str]:
    if first.file.window.warm_up != second.file.window.warm_up:
        lengths = [format_duration(scenario.file.window.warm_up) for scenario in (first, second)]
        yield f"The warm-ups differ (A {lengths[0]}, B {lengths[1]}): the window begins with another past."
    if first.file.objectives != second.file.objectives:
        yield "The objectives differ: each is judged by its own."
    if (first.file.cost is None) != (second.file.cost is None):
        yield f"Only {'A' if first.file.cost else 'B'} has prices: no cost is compared."
    elif first.file.cost is not None and (first.prices, first.file.cost) != (second.prices, second.file.cost):
        yield "The price lists differ: the difference of the cost is also theirs."


def _same_base(first: Scenario, second: Scenario) -> bool:
    """Tell whether the base rates of the common routes are the same in the window."""
    one, two = first.traffic, second.traffic
    if one is None or two is None or one.interval_ns != two.interval_ns:
        return False
    begins = [(first.start_ns - table.start_ns) // table.interval_ns for table in (one, two)]
    return all(
        np.array_equal(
            one.rps[begins[0] :, one.routes.index(route)],
            two.rps[begins[1] :, two.routes.index(route)],
        )
        for route in one.routes
        if route in two.routes
    )


def _window_text(scenario: Scenario) -> str:
    window = scenario.file.window
    return f"{format_duration(window.duration)} from {window.start.isoformat(sep=' ', timespec='minutes')}"
