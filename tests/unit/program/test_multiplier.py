"""Scale and events: the factor on a route at every instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from fvcapacity.program.multiplier import (
    compile_multiplier,
    event_weight,
    fill_multipliers,
    route_multiplier,
    upper_bounds,
)
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.traffic import Traffic, TrafficEvent

S = 10**9
H = 3600 * S
ZONE = ZoneInfo("America/Santiago")
EVENING = datetime(2026, 2, 14, 18, 0)
T0 = epoch_ns(EVENING, ZONE)
ROUTES = ("browse", "checkout")


def multiplier(*events: TrafficEvent, scale: float = 1.0):
    return compile_multiplier(Traffic(file="counts.csv", scale=scale, events=events), ROUTES, ZONE)


def event(**changes) -> TrafficEvent:
    return TrafficEvent(**{"start": EVENING, "duration": "2h", **changes})


@pytest.mark.parametrize(
    ("t", "weight"),
    [(-11, 0.0), (-10, 0.0), (-5, 0.5), (-1, 0.9), (0, 1.0), (99, 1.0), (100, 1.0), (105, 0.5), (110, 0.0), (111, 0.0)],
)
def test_weight_ramps_outside_the_event(t, weight):
    assert event_weight(t, 0, 100, 10) == pytest.approx(weight)
    assert event_weight.py_func(t, 0, 100, 10) == pytest.approx(weight)


@pytest.mark.parametrize(("t", "weight"), [(-1, 0.0), (0, 1.0), (99, 1.0), (100, 0.0)])
def test_weight_without_ramp_is_a_step(t, weight):
    assert event_weight(t, 0, 100, 0) == weight


@pytest.mark.parametrize(
    ("events", "hours", "browse", "checkout"),
    [
        ([], 0, 1.0, 1.0),
        ([{"multiply": 2.5}], 1, 2.5, 2.5),
        ([{"multiply": 2.5}], -1, 1.0, 1.0),
        ([{"multiply": 3.0, "ramp": "2h"}], -1, 2.0, 2.0),
        # shares 0.9 / 0.1, checkout doubled: total of 1.1 scaled back to 1
        ([{"shares": {"checkout": 2.0}}], 1, 1 / 1.1, 2 / 1.1),
        ([{"multiply": 2.0}, {"multiply": 1.5}], 1, 3.0, 3.0),
        ([{"multiply": 2.0, "shares": {"checkout": 2.0}}], 1, 2 / 1.1, 4 / 1.1),
        # half the ramp: factor 1.5 on the share
        ([{"shares": {"checkout": 2.0}, "ramp": "2h"}], -1, 1 / 1.05, 1.5 / 1.05),
    ],
)
def test_factors(events, hours, browse, checkout):
    m = multiplier(*(event(**e) for e in events), scale=2.0)
    base = np.array([9.0, 1.0])
    factors = [route_multiplier(m, r, T0 + hours * H, base) for r in (0, 1)]
    assert factors == pytest.approx([2 * browse, 2 * checkout])
    if hours > 0:  # shares change the mix, never the total
        total = 2 * np.prod([e.get("multiply", 1.0) for e in events])
        assert np.dot(factors, base) == pytest.approx(total * base.sum())


def test_bounds_hold_everywhere_and_are_exact_on_plateaus():
    m = multiplier(
        event(multiply=2.5, ramp="30m", shares={"checkout": 2.0}),
        event(start=EVENING + timedelta(hours=1), duration="3h", multiply=0.4, ramp="1h", shares={"browse": 0.5}),
        scale=1.7,
    )
    starts = T0 - 2 * H + np.arange(0, 9 * H, 300 * S)
    base = np.tile([9.0, 1.0], (starts.size, 1))
    bounds = upper_bounds(m, starts, starts + 300 * S, base)
    for fraction in np.linspace(0, 1, 13):
        factors = np.empty_like(base)
        fill_multipliers(m, starts + int(fraction * 300 * S), base, factors)
        assert (factors <= bounds * (1 + 1e-12)).all()
    plateau = np.array([T0 + 5 * 60 * S - 12 * H])
    assert upper_bounds(m, plateau, plateau + S, base[:1]) == pytest.approx(1.7)


def test_a_route_without_traffic_needs_no_strips():
    m = multiplier(event(shares={"checkout": 3.0}))
    assert upper_bounds(m, np.array([T0]), np.array([T0 + S]), np.array([[5.0, 0.0]])).tolist() == [[1.0, 0.0]]


class TestInstants:
    def test_local_time_follows_daylight_saving(self):
        summer, winter = datetime(2026, 2, 14, 18), datetime(2026, 7, 14, 18)
        assert epoch_ns(summer, ZONE) == epoch_ns(datetime(2026, 2, 14, 21, tzinfo=UTC), ZONE)
        assert epoch_ns(winter, ZONE) == epoch_ns(datetime(2026, 7, 14, 22, tzinfo=UTC), ZONE)

    def test_an_hour_shown_twice_is_the_first(self):
        twice = datetime(2026, 4, 4, 23, 30)
        assert epoch_ns(twice.replace(fold=1), ZONE) - epoch_ns(twice, ZONE) == H

    def test_an_hour_never_shown_is_refused(self):
        with pytest.raises(ValueError, match="does not exist in America/Santiago"):
            epoch_ns(datetime(2026, 9, 6, 0, 30), ZONE)
