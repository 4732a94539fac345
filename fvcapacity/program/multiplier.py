"""What scale and events make of the base rates: a factor per route at every instant.

An event has weight 1 while it lasts, rises to it and falls from it linearly over its ramp, and is 0 elsewhere. With
weight w it multiplies all traffic by ``1 + (multiply - 1) w`` and the share of a route by ``1 + (share - 1) w``; the
routes' total is then scaled back to what it was before the shares changed. Factors of several events multiply.
"""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.traffic import Traffic
from fvcapacity.semantics.jit import njit

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class TrafficMultiplier(NamedTuple):
    """Scale and events as arrays; instants in nanoseconds since 1970 (UTC).

    Attributes
    ----------
    scale
        Factor on everything.
    start_ns, end_ns, ramp_ns
        int64, shape (events,): full weight from start to end, ramps outside.
    multiply
        float64, shape (events,): factor on all traffic at full weight.
    shares
        float64, shape (events, routes): factor on a route's share at full weight.
    changes_shares
        int64, shape (events,): 1 when some factor of ``shares`` is not 1.
    """

    scale: float
    start_ns: Ints
    end_ns: Ints
    ramp_ns: Ints
    multiply: Floats
    shares: Floats
    changes_shares: Ints


def compile_multiplier(traffic: Traffic, routes: tuple[str, ...], zone: ZoneInfo) -> TrafficMultiplier:
    """Compile scale and events of checked traffic; routes unknown to ``routes`` are left out."""
    starts = [epoch_ns(event.start, zone) for event in traffic.events]
    shares = [[event.shares.get(route, 1.0) for route in routes] for event in traffic.events]
    return TrafficMultiplier(
        scale=float(traffic.scale),
        start_ns=np.array(starts, np.int64),
        end_ns=np.array([s + e.duration for s, e in zip(starts, traffic.events, strict=True)], np.int64),
        ramp_ns=np.array([event.ramp for event in traffic.events], np.int64),
        multiply=np.array([event.multiply for event in traffic.events], np.float64),
        shares=np.array(shares, np.float64).reshape(len(starts), len(routes)),
        changes_shares=np.array([any(f != 1.0 for f in row) for row in shares], np.int64),
    )


@njit
def event_weight(t: int, start: int, end: int, ramp: int) -> float:
    """Return how much of an event is in force at an instant, from 0 to 1."""
    if t < start:
        return 0.0 if t <= start - ramp else 1.0 - float(start - t) / float(ramp)
    if t < end:
        return 1.0
    return 0.0 if t >= end + ramp else 1.0 - float(t - end) / float(ramp)


@njit
def route_multiplier(m: TrafficMultiplier, route: int, t: int, base: Floats) -> float:
    """Return the factor on a route's base rate at an instant.

    Parameters
    ----------
    m
        Scale and events.
    route
        Index of the route.
    t
        Instant, nanoseconds since 1970.
    base
        Base rates of all routes at that instant, shape (routes,).
    """
    total, reshaped = m.scale, False
    for e in range(m.start_ns.size):
        weight = event_weight(t, m.start_ns[e], m.end_ns[e], m.ramp_ns[e])
        if weight > 0.0:
            total *= 1.0 + (m.multiply[e] - 1.0) * weight
            reshaped = reshaped or m.changes_shares[e] == 1
    if not reshaped:
        return total
    own, before, after = 1.0, 0.0, 0.0
    for r in range(base.size):
        factor = 1.0
        for e in range(m.start_ns.size):
            weight = event_weight(t, m.start_ns[e], m.end_ns[e], m.ramp_ns[e])
            factor *= 1.0 + (m.shares[e, r] - 1.0) * weight
        before += base[r]
        after += base[r] * factor
        if r == route:
            own = factor
    return total * own * before / after if after > 0.0 else 0.0


@njit
def fill_multipliers(m: TrafficMultiplier, times: Ints, base: Floats, out: Floats) -> None:
    """Write the factor of every route at every instant into ``out``, shape (times, routes), as is ``base``."""
    for i in range(times.size):
        for route in range(base.shape[1]):
            out[i, route] = route_multiplier(m, route, times[i], base[i])


def upper_bounds(m: TrafficMultiplier, starts: Ints, ends: Ints, base: Floats) -> Floats:
    """Return factors that no route exceeds in any of the cells ``[starts, ends]``, shape (cells, routes).

    A weight rises and falls once, so its least value in a cell stands at an end of the cell, and its greatest where
    the cell comes nearest to the event. The bound multiplies the extremes of the single factors; it is exact wherever
    no ramp is crossed. Routes without base traffic get 0.
    """
    total = np.full(starts.size, m.scale)
    most, least = np.ones(base.shape), np.ones(base.shape)
    for e in range(m.start_ns.size):
        at_ends = _weights(m, e, starts), _weights(m, e, ends)
        low = np.minimum(*at_ends)
        high = np.maximum(np.maximum(*at_ends), _weights(m, e, np.clip(m.start_ns[e], starts, ends)))
        total *= np.maximum(1 + (m.multiply[e] - 1) * low, 1 + (m.multiply[e] - 1) * high)
        at_low, at_high = 1 + np.outer(low, m.shares[e] - 1), 1 + np.outer(high, m.shares[e] - 1)
        most *= np.maximum(at_low, at_high)
        least *= np.minimum(at_low, at_high)
    bound = np.where(base > 0, 1.0, 0.0)
    if m.changes_shares.any():
        before = base.sum(axis=1, keepdims=True)
        after = (base * least).sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            reshaped = np.where(after > 0, most * before / after, np.inf)
            alone = np.where(base > 0, before / base, 0.0)  # a route cannot get more than the whole
        bound = np.minimum(reshaped, alone)
    return np.asarray(total[:, None] * bound, np.float64)


def _weights(m: TrafficMultiplier, event: int, times: Ints) -> Floats:
    start, end = m.start_ns[event], m.end_ns[event]
    ramp = max(int(m.ramp_ns[event]), 1)
    outside = np.maximum(start - times, times - end).astype(np.float64)
    return np.asarray(np.clip(1.0 - outside / ramp, 0.0, 1.0), np.float64)
