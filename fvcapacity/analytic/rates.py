"""How many requests of each route come in each hour: the mean of the hour, and its busiest minute."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.program.arrivals import expected_rates
from fvcapacity.program.multiplier import compile_multiplier
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOUR_NS = 3_600 * NS_PER_S
MINUTE_NS = 60 * NS_PER_S


class HourlyRates(Frozen):
    """Requests a second.

    Attributes
    ----------
    start_ns
        int64, shape (hours,): when each hour begins, nanoseconds since 1970. The last one may be shorter.
    covered_s
        float64, shape (hours,).
    mean_rps, peak_rps
        float64, shape (hours, routes): of the hour, and of the minute of the hour in which all routes together have
        the most.
    """

    start_ns: Ints
    covered_s: Floats
    mean_rps: Floats
    peak_rps: Floats


def hourly_rates(scenario: Scenario, routes: tuple[str, ...], light_s: float) -> HourlyRates:
    """Return the expected rates of a scenario's window.

    Parameters
    ----------
    routes
        Names of the columns.
    light_s
        Shortest time that a visit of the journey can take; of use for a closed loop alone, in which each user sends at
        most one request per that time and thinking time.
    """
    window = scenario.file.window
    starts = scenario.start_ns + np.arange(-(-window.duration // HOUR_NS), dtype=np.int64) * HOUR_NS
    minutes = scenario.start_ns + np.arange(-(-window.duration // MINUTE_NS), dtype=np.int64) * MINUTE_NS
    by_minute = _minute_rates(scenario, routes, minutes, light_s)
    hour = (minutes - scenario.start_ns) // HOUR_NS
    first = np.searchsorted(hour, np.arange(len(starts)))
    count = np.diff(np.append(first, len(minutes)))[:, None]
    mean = np.add.reduceat(by_minute, first, axis=0) / count
    total = by_minute.sum(axis=1)
    peaks = [int(f) + int(np.argmax(total[f : f + n])) for f, n in zip(first, count[:, 0], strict=True)]
    ends = np.minimum(starts + HOUR_NS, scenario.start_ns + window.duration)
    return HourlyRates(starts, (ends - starts) / NS_PER_S, mean, by_minute[peaks])


def _minute_rates(scenario: Scenario, routes: tuple[str, ...], minutes: Ints, light_s: float) -> Floats:
    if scenario.traffic is None:
        since = minutes - scenario.start_ns + scenario.file.window.warm_up
        return _of_users(scenario, routes, since, light_s)
    table = scenario.traffic
    multiplier = compile_multiplier(scenario.file.traffic, table.routes, ZoneInfo(scenario.file.time_zone))
    found = expected_rates(table, multiplier, minutes + MINUTE_NS // 2)
    column = {name: number for number, name in enumerate(table.routes)}
    rates = np.zeros((len(minutes), len(routes)))
    for number, name in enumerate(routes):
        if name in column:
            rates[:, number] = found[:, column[name]]
    return rates


def _of_users(scenario: Scenario, routes: tuple[str, ...], since_ns: Ints, light_s: float) -> Floats:
    """Return the most that users of a closed loop can send: the asymptotic bound ``N / (R + Z)``, R without a queue.

    Stages count from the start of the run, its warm-up included.
    """
    loop = scenario.file.traffic.users
    assert loop is not None  # a scenario has one of the two
    stages = sorted(loop.stages, key=lambda stage: stage.at)
    users = np.zeros(len(since_ns))
    for stage in stages:
        users = np.where(since_ns >= stage.at, stage.users, users)
    total = users / max(light_s + loop.think / NS_PER_S, 1e-9)
    if loop.max_rps is not None:
        total = np.minimum(total, loop.max_rps)
    shares = np.array([loop.journey.count(route) / len(loop.journey) for route in routes])
    return np.asarray(total[:, None] * shares, np.float64)
