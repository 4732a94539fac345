"""The loop that generates arrivals: cells, routes and strips in, customers and their requests out.

A *cell* is a stretch of time with constant base rates. Every draw is a hash of what it is for, so any cell can be
generated at any time, alone, with the same outcome.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fvcapacity.program.multiplier import TrafficMultiplier, route_multiplier
from fvcapacity.semantics.draw import mix, unit
from fvcapacity.semantics.jit import njit

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TRUNCATION = 10.0
"""A request follows its customer within so many times the spread (what is cut off weighs e^-10)."""

UNIT_STRIPS = 64
MAX_HEIGHT = 2.0**60
"""Nothing grows beyond so many times its base rate; only a share that is left all alone could."""

# Purposes of the draws that belong to one customer; its requests are numbered from 1.
_GAP, _HEIGHT, _SIZE, _DELAY, _SLOT = -1, -2, -3, -4, -5


class ArrivalPlan(NamedTuple):
    """What one chunk is generated from; instants in nanoseconds since 1970 (UTC).

    Attributes
    ----------
    from_ns, until_ns
        Requests are kept in [from, until).
    cell_start, cell_end
        int64, shape (cells,).
    base
        float64, shape (cells, routes): base rates in requests a second.
    strips
        int64, shape (cells, routes): strips to generate (see `strip_bottom`).
    slot_factor
        float64, shape (cells, routes, strips): factor on the rate of a strip; read when ``has_slots``.
    route_chain
        int64, shape (routes,): hash of seed and route name.
    mean_size
        Mean number of requests of a customer; 0 for exactly one.
    spread_ns
        Mean time from a customer to each of its requests.
    """

    from_ns: int
    until_ns: int
    cell_start: Ints
    cell_end: Ints
    base: Floats
    strips: Ints
    has_slots: bool
    slot_factor: Floats
    route_chain: Ints
    mean_size: float
    spread_ns: float
    multiplier: TrafficMultiplier


@njit
def strip_bottom(strip: int) -> float:
    """Return where a strip begins, in units of the base rate.

    The first ``UNIT_STRIPS`` are 1 high. Each one after them is as high as all below it together, so that a route
    that is scaled from next to nothing needs few strips.
    """
    return float(strip) if strip <= UNIT_STRIPS else UNIT_STRIPS * 2.0 ** (strip - UNIT_STRIPS)


@njit
def strip_height(strip: int) -> float:
    """Return how high a strip is, in units of the base rate."""
    return strip_bottom(strip + 1) - strip_bottom(strip)


def strips_below(heights: Floats) -> Ints:
    """Return how many strips reach up to given heights (at most ``MAX_HEIGHT``)."""
    clipped = np.minimum(heights, MAX_HEIGHT)
    doublings = np.ceil(np.log2(np.maximum(clipped, UNIT_STRIPS) / UNIT_STRIPS))
    return np.asarray(np.ceil(np.minimum(clipped, UNIT_STRIPS)) + doublings, np.int64)


@njit
def poisson_quantile(u: float, mean: float) -> int:
    """Return the number that a Poisson variable exceeds with probability at most ``1 - u``."""
    probability = math.exp(-mean)
    cumulated, k = probability, 0
    while u > cumulated and k < 1000:
        k += 1
        probability *= mean / k
        cumulated += probability
    return k


@njit
def delay_of(u: float, spread_ns: float) -> int:
    """Return the time from a customer to its request: exponential, cut at ``TRUNCATION`` times its mean."""
    return int(-spread_ns * math.log(1.0 - u * (1.0 - math.exp(-TRUNCATION))))


@njit
def _send(plan: ArrivalPlan, customer: int, time: int, route: int, n: int, out: tuple[Ints, Ints, Ints]) -> int:
    """Write a customer's requests from row ``n``; return the next row (it may lie beyond the arrays' end)."""
    requests = 1
    if plan.mean_size > 0.0:
        requests = poisson_quantile(unit(mix(customer, _SIZE)), plan.mean_size)
    times, routes, identities = out
    for number in range(1, requests + 1):
        identity = mix(customer, number)
        at = time
        if plan.mean_size > 0.0:
            at += delay_of(unit(mix(identity, _DELAY)), plan.spread_ns)
        if plan.from_ns <= at < plan.until_ns:
            if n < times.size:
                times[n], routes[n], identities[n] = at, route, identity
            n += 1
    return n


@njit
def _walk_strip(plan: ArrivalPlan, cell: int, route: int, strip: int, n: int, out: tuple[Ints, Ints, Ints]) -> int:
    """Generate the customers of one strip of a cell; return the next free row."""
    bottom, high = strip_bottom(strip), strip_height(strip)
    rate = plan.base[cell, route] * high * 1e-9
    if plan.mean_size > 0.0:
        rate /= plan.mean_size
    if plan.has_slots:
        rate *= plan.slot_factor[cell, route, strip]
    if rate <= 0.0:
        return n
    start = plan.cell_start[cell]
    length = float(plan.cell_end[cell] - start)
    earliest = plan.from_ns - int(TRUNCATION * plan.spread_ns) - 1 if plan.mean_size > 0.0 else plan.from_ns
    chain = mix(mix(plan.route_chain[route], start), strip)
    offset, number = 0.0, 0
    while True:
        customer = mix(chain, number)
        number += 1
        offset -= math.log(unit(mix(customer, _GAP))) / rate
        if offset >= length:
            return n
        time = start + int(offset)
        if time < earliest or time >= plan.until_ns:
            continue
        height = bottom + high * unit(mix(customer, _HEIGHT))
        if height < route_multiplier(plan.multiplier, route, time, plan.base[cell]):
            n = _send(plan, customer, time, route, n, out)


@njit
def fill_arrivals(plan: ArrivalPlan, out: tuple[Ints, Ints, Ints]) -> int:
    """Write times, routes and identities of all requests of a chunk, unsorted, and return how many there are.

    When that is more than the arrays hold, the rest was counted and not written: call again with larger ones.
    """
    n = 0
    for cell in range(plan.cell_start.size):
        for route in range(plan.base.shape[1]):
            for strip in range(plan.strips[cell, route]):
                n = _walk_strip(plan, cell, route, strip, n, out)
    return n


@njit
def fill_slot_units(route_chain: Ints, slots: Ints, out: Floats) -> None:
    """Write one uniform draw per cell, route and strip into ``out``; cells of one slot share theirs."""
    for cell in range(out.shape[0]):
        for route in range(out.shape[1]):
            for strip in range(out.shape[2]):
                out[cell, route, strip] = unit(mix(mix(mix(route_chain[route], slots[cell]), strip), _SLOT))
