"""The stretches of a window on which a system is most likely to break: a search works on them before it confirms.

A stretch is chosen where the expected CPU demand of all services together is greatest, where that of a single service
is (people log in at another hour than they browse), and where the demand rises fastest, since autoscalers come too late
there.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fvcapacity.analytic.demand import demand_of
from fvcapacity.frozen import Frozen, replace
from fvcapacity.program.arrivals import expected_rates
from fvcapacity.program.compile import compile_program
from fvcapacity.program.multiplier import compile_multiplier
from fvcapacity.scenario.instants import local_time
from fvcapacity.scenario.model import JUDGED_WINDOW_NS, Scenario
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]

STEP_NS = JUDGED_WINDOW_NS
LENGTH_NS = 3_600 * NS_PER_S
"""Judged part of a stretch."""
NEAR = 0.97
"""A service whose greatest demand is reached to this share within a chosen stretch needs none of its own."""
_RISE_STEPS = 3
"""Over how many steps a rise is measured: 15 minutes, about what an HPA needs to follow with new pods and nodes."""


class Peak(Frozen):
    """One stretch, from the start of the window, and why it was chosen."""

    start_ns: int
    duration_ns: int
    reason: str


def peaks(scenario: Scenario, *, length_ns: int = LENGTH_NS, most: int = 3) -> list[Peak]:
    """Return the stretches of a scenario's window that matter most, the greatest total demand first.

    Parameters
    ----------
    scenario
        With a table of traffic; a closed loop of users has no rates, and its whole window is the stretch.
    length_ns
        Length of a stretch; a window that is not much longer is one stretch.
    most
        Largest number of them.
    """
    duration = scenario.file.window.duration
    if scenario.traffic is None or duration <= 2 * length_ns:
        return [Peak(0, duration, "the whole window")]
    loads, names = service_loads(scenario)
    steps = max(length_ns // STEP_NS, 1)
    total = loads.sum(axis=1)
    chosen = [_around(int(_rolling(total, steps).argmax()), steps, duration, "the greatest demand of all services")]
    rise = total[_RISE_STEPS:] - total[:-_RISE_STEPS]
    if rise.size and rise.max() > 0.1 * total.max():
        first = max(int(rise.argmax()) - 1, 0)
        _add(chosen, _around(first, steps, duration, "the fastest rise"), most)
    for service in np.argsort(-loads.max(axis=0), kind="stable"):
        own = loads[:, service]
        if own.max() > 0 and not any(_reaches(own, peak) for peak in chosen):
            at = int(_rolling(own, steps).argmax())
            _add(chosen, _around(at, steps, duration, f"the greatest demand of {names[service]}"), most)
    return chosen


def service_loads(scenario: Scenario) -> tuple[Floats, tuple[str, ...]]:
    """Return the expected CPU demand of each service in steps of five minutes, in cores.

    Returns
    -------
    tuple
        float64 of shape (steps, services), and the names of the services. By the utilization law: rates times demands.
    """
    program = compile_program(scenario.topology, scenario.cluster)
    return np.asarray(_rates(scenario) @ demand_of(program).cpu_s, np.float64), program.services


def expected_requests(scenario: Scenario) -> Floats:
    """Return how many user requests are expected in each judged window of five minutes, shape (windows,)."""
    rates = _rates(scenario)
    assert scenario.traffic is not None
    routes = scenario.topology.routes
    user = np.array([routes[name].user for name in scenario.traffic.routes], np.bool_)
    return np.asarray(rates[:, user].sum(axis=1) * (STEP_NS / NS_PER_S), np.float64)


def _rates(scenario: Scenario) -> Floats:
    """Return the expected requests a second in steps of five minutes, shape (steps, routes)."""
    assert scenario.traffic is not None, "a closed loop of users has no rates"
    count = -(-scenario.file.window.duration // STEP_NS)
    middles = scenario.start_ns + np.arange(count, dtype=np.int64) * STEP_NS + STEP_NS // 2
    multiplier = compile_multiplier(scenario.file.traffic, scenario.traffic.routes, ZoneInfo(scenario.file.time_zone))
    return expected_rates(scenario.traffic, multiplier, middles)


def at_peak(scenario: Scenario, peak: Peak) -> Scenario:
    """Return a scenario over a part of its window: the same customers at the same instants.

    Roll-outs, faults and the log of requests are left out, as in any other stretch; a schedule counts by its dates.
    """
    if peak.duration_ns == scenario.file.window.duration:
        return scenario
    start_ns = scenario.start_ns + peak.start_ns
    start = local_time(start_ns, ZoneInfo(scenario.file.time_zone))
    window = scenario.file.window.model_copy(update={"start": start, "duration": peak.duration_ns})
    changed = {"window": window, "rollouts": (), "faults": (), "requests": None}
    file = scenario.file.model_copy(update=changed)
    return replace(scenario, file=file, start_ns=start_ns, versions=())


def _rolling(values: Floats, steps: int) -> Floats:
    sums = np.convolve(values, np.ones(min(steps, len(values))), mode="valid")
    return np.asarray(sums, np.float64)


def _around(first: int, steps: int, duration: int, reason: str) -> Peak:
    length = min(steps * STEP_NS, duration)
    start = min(first * STEP_NS, (duration - length) // STEP_NS * STEP_NS)
    return Peak(start, length, reason)


def _add(chosen: list[Peak], peak: Peak, most: int) -> None:
    """Add a stretch that does not mostly lie within another."""
    half = peak.duration_ns // 2
    if len(chosen) < most and all(abs(peak.start_ns - other.start_ns) > half for other in chosen):
        chosen.append(peak)


def _reaches(own: Floats, peak: Peak) -> bool:
    first = peak.start_ns // STEP_NS
    return float(own[first : first + max(peak.duration_ns // STEP_NS, 1)].max()) >= NEAR * float(own.max())
