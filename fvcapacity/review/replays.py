"""Days of a quarter that are replayed request by request, to hold the machine-hours of closed forms to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import numpy.typing as npt

from fvcapacity.analytic.rates import HOUR_NS
from fvcapacity.frozen import Frozen
from fvcapacity.review.capacity import Capacity
from fvcapacity.review.expected import Expected
from fvcapacity.run import simulate
from fvcapacity.scenario.model import JUDGED_WINDOW_NS
from fvcapacity.study.peaks import Peak, at_peak

Floats = npt.NDArray[np.float64]


class Replay(Frozen):
    """One replayed day.

    Attributes
    ----------
    day
        Which.
    special
        Whether it stands for the days with events, or for the others.
    node_hours, closed_form
        Machine-hours by pool, replayed and by closed forms.
    status
        Verdict of the day.
    """

    day: date
    special: bool
    node_hours: dict[str, float]
    closed_form: dict[str, float]
    status: str


def eventful(expected: Expected) -> npt.NDArray[np.bool_]:
    """Return which days have an event or are special, shape (days,)."""
    days = {item.day for item in expected.draws.special}
    days |= {event.start.date() for event in expected.scenario.file.traffic.events}
    return np.array([day in days for day in expected.quarter.days])


def replay_days(
    expected: Expected, capacity: Capacity, tell: Callable[[str], None] | None = None
) -> tuple[Replay, ...]:
    """Replay the ordinary day whose requests are the median, and the busiest of the special days if there are any."""
    special = eventful(expected)
    chosen = []
    for kind in (False, True):
        numbers = np.flatnonzero(special == kind)
        if numbers.size:
            order = numbers[np.argsort(expected.base[numbers], kind="stable")]
            chosen.append((int(order[-1] if kind else order[(len(order) - 1) // 2]), kind))
    found = []
    for number, kind in chosen:
        if tell is not None:
            tell(f"replaying {expected.quarter.days[number]}, {expected.base[number]:,.0f} requests")
        found.append(_replay(expected, capacity, number, kind))
    return tuple(found)


def calibration_of(expected: Expected, replays: tuple[Replay, ...], pools: tuple[str, ...]) -> Floats:
    """Return machine-hours replayed per machine-hour of closed forms, shape (days, pools); 1 without a replay."""
    special = eventful(expected)
    found = np.ones((len(special), len(pools)))
    for replay in replays:
        for column, pool in enumerate(pools):
            if replay.closed_form[pool] > 0:
                found[special == replay.special, column] = replay.node_hours[pool] / replay.closed_form[pool]
    return found


def _replay(expected: Expected, capacity: Capacity, number: int, special: bool) -> Replay:
    hours = np.flatnonzero(expected.day_of_hour == number)
    rates = expected.load.rates
    begin = int(rates.start_ns[hours[0]]) - expected.scenario.start_ns
    length = len(hours) * HOUR_NS // JUDGED_WINDOW_NS * JUDGED_WINDOW_NS
    part = at_peak(expected.scenario, Peak(begin, length, "a day"))
    result = simulate(part, replications=1)
    paid = result.tables["nodes"].groupby("pool")["paid_s"].sum() / 3600
    nodes = capacity.nodes_at(np.ones(len(expected.day_of_hour)))[hours] * capacity.covered_h[hours, None]
    return Replay(
        day=expected.quarter.days[number],
        special=special,
        node_hours={pool: float(paid.get(pool, 0.0)) for pool in capacity.pools},
        closed_form=dict(zip(capacity.pools, nodes.sum(axis=0).tolist(), strict=True)),
        status=result.status,
    )
