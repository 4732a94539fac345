"""Requests as they come: an open stream drawn from rates, or one that was recorded.

The process
-----------
Customers are points of a Poisson process in the plane of time and *height*, where height is counted in units of the
base rate r(t). A customer at time t with height h walks in when ``h < m(t)``, m being the multiplier (scale, events,
shares). Thinning a Poisson process by its height is exact: those who walk in form a Poisson process of rate r(t) m(t)
(Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", 1979), and a larger multiplier only
adds customers. The same people walk through every candidate, scale and what-if.

The plane is generated in strips (1 high, beyond 64 doubling) and cells of constant base rate; a customer is a hash of
(seed, route, start of the cell, strip, number), so nothing depends on where the run starts or how it is cut.

With ``cluster`` arrivals a customer sends K requests, K being Poisson with mean mu, each an exponential time of mean
tau later, and customers come at rate r m / mu: a Neyman-Scott process (Daley and Vere-Jones, "An Introduction to the
Theory of Point Processes", vol. I, section 6.3). Its counts N(T) over an interval T have

    E N(T)           = rate T
    Var N(T) / E N(T) = 1 + E[K(K-1)]/E[K] (1 - (1 - exp(-T/tau)) tau/T)

because two requests of one customer, ordered by chance, are a Laplace-distributed time apart. For Poisson K the factor
is mu, and the index of dispersion tends to ``E[K^2]/E[K] = 1 + mu``. For mu = 1.6 and tau = 3 s this gives 1.24 in a
second and 2.14 in ten; the public NASA-HTTP trace of July 1995 has 1.30 and 2.09, at every load from 0.4 to 6.8
requests a second. That the index does not depend on the load is why scale adds customers and never stretches counts.

With ``gamma`` arrivals the rate of a strip is multiplied, slot by slot, by a gamma variable of mean 1 whose shape is
(expected requests of the strip in the slot) / (dispersion - 1): the counts of a slot are negative binomial with the
index of dispersion asked for, at every whole multiple of the base rate. In a strip that is cut at a fraction f of its
height the index is 1 + f (dispersion - 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fvcapacity.errors import TrafficError
from fvcapacity.program.arrival_kernel import (
    TRUNCATION,
    ArrivalPlan,
    fill_arrivals,
    fill_slot_units,
    strip_bottom,
    strip_height,
    strips_below,
)
from fvcapacity.program.multiplier import TrafficMultiplier, fill_multipliers, upper_bounds
from fvcapacity.scenario.model import TrafficTable
from fvcapacity.scenario.traffic import Arrivals, ClusteredArrivals, GammaArrivals
from fvcapacity.semantics.draw import mix, recorded_identity, stable_hash
from fvcapacity.units import NS_PER_S

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CHUNK_NS = 600 * NS_PER_S
MAX_CELL_NS = 300 * NS_PER_S
"""Longer intervals are cut into equal cells: a chunk then never generates much beyond its ends."""


class ArrivalChunk(NamedTuple):
    """Requests of a stretch of time, sorted by (time, identity).

    Attributes
    ----------
    times_ns
        int64, shape (n,): since the start of the run (warm-up included).
    routes
        int64, shape (n,): index of the route.
    identities
        int64, shape (n,): hash that all draws of the request start from.
    until_ns
        The chunk holds everything before this instant that earlier chunks did not.
    """

    times_ns: Ints
    routes: Ints
    identities: Ints
    until_ns: int


class ArrivalStream:
    """Open arrivals of one replication, generated chunk by chunk.

    Parameters
    ----------
    table
        Base rates; must cover the run.
    arrivals
        Kind of the process.
    multiplier
        Scale and events, compiled for ``table.routes``.
    seed
        Seed of the replication (int64).
    start_ns
        Start of the run (of its warm-up), nanoseconds since 1970.
    duration_ns
        Length of the run, warm-up included.
    chunk_ns
        Length of a chunk; the outcome does not depend on it.

    Raises
    ------
    TrafficError
        When the table does not cover the run.
    """

    def __init__(
        self,
        table: TrafficTable,
        arrivals: Arrivals,
        multiplier: TrafficMultiplier,
        seed: int,
        start_ns: int,
        duration_ns: int,
        chunk_ns: int = CHUNK_NS,
    ) -> None:
        _require_cover(table, start_ns, duration_ns)
        self.table, self.arrivals, self.multiplier = table, arrivals, multiplier
        self.start_ns, self.duration_ns, self.chunk_ns = start_ns, duration_ns, chunk_ns
        self.position_ns = 0
        """Everything before this instant of the run has been handed out; may be set, to resume a run."""
        self._route_chain = np.array([mix(seed, stable_hash(name)) for name in table.routes], np.int64)
        self._mean_size, self._spread_ns = 0.0, 0.0
        if isinstance(arrivals, ClusteredArrivals):
            self._mean_size, self._spread_ns = arrivals.mean_size, float(arrivals.spread)

    @property
    def exhausted(self) -> bool:
        """True when the end of the run is reached."""
        return self.position_ns >= self.duration_ns

    def next_chunk(self) -> ArrivalChunk | None:
        """Return the next stretch of the run, or None at its end."""
        if self.exhausted:
            return None
        until = min(self.position_ns + self.chunk_ns, self.duration_ns)
        plan = self._plan(self.start_ns + self.position_ns, self.start_ns + until)
        chunk = _sorted_chunk(*_generate(plan), start_ns=self.start_ns, until_ns=until)
        self.position_ns = until
        return chunk

    def _plan(self, from_ns: int, until_ns: int) -> ArrivalPlan:
        first = from_ns - int(TRUNCATION * self._spread_ns) - 1 if self._mean_size else from_ns
        edges = self._edges(first, until_ns)
        starts, ends = edges[:-1], edges[1:]
        base = self.table.rps[_rows(self.table, starts)]
        strips = strips_below(upper_bounds(self.multiplier, starts, ends, base))
        factors = np.ones((1, 1, 1))
        if isinstance(self.arrivals, GammaArrivals):
            factors = self._slot_factors(self.arrivals, starts, ends, base, strips)
        return ArrivalPlan(
            from_ns=from_ns,
            until_ns=until_ns,
            cell_start=starts,
            cell_end=ends,
            base=base,
            strips=strips,
            has_slots=isinstance(self.arrivals, GammaArrivals),
            slot_factor=factors,
            route_chain=self._route_chain,
            mean_size=self._mean_size,
            spread_ns=self._spread_ns,
            multiplier=self.multiplier,
        )

    def _edges(self, first_ns: int, last_ns: int) -> Ints:
        """Return the borders of the cells that cover a stretch: of intervals, of their parts, of slots."""
        if isinstance(self.arrivals, GammaArrivals):  # whole slots: their factors need all of their cells
            slot = self.arrivals.slot
            first_ns, last_ns = first_ns // slot * slot, -(-last_ns // slot) * slot
        interval, origin = self.table.interval_ns, self.table.start_ns
        numbers = np.arange((first_ns - origin) // interval, -(-(last_ns - origin) // interval) + 1, dtype=np.int64)
        parts = -(-interval // MAX_CELL_NS)
        within = np.arange(parts, dtype=np.int64) * interval // parts
        edges = ((origin + numbers * interval)[:, None] + within).ravel()
        if isinstance(self.arrivals, GammaArrivals):
            edges = np.union1d(edges, np.arange(first_ns, last_ns + 1, slot, dtype=np.int64))
        begin = max(int(np.searchsorted(edges, first_ns, "right")) - 1, 0)
        end = int(np.searchsorted(edges, last_ns, "left"))
        return edges[begin : end + 1]

    def _slot_factors(self, gamma: GammaArrivals, starts: Ints, ends: Ints, base: Floats, strips: Ints) -> Floats:
        from scipy.special import gammaincinv

        slots = starts // gamma.slot
        _, number = np.unique(slots, return_inverse=True)
        expected = np.zeros((number[-1] + 1, base.shape[1]))
        np.add.at(expected, number, base * ((ends - starts) / NS_PER_S)[:, None])
        units = np.empty((*base.shape, max(int(strips.max(initial=1)), 1)))
        heights = np.array([strip_height(strip) for strip in range(units.shape[2])])
        shape = expected[number][:, :, None] * heights / (gamma.dispersion - 1.0)
        fill_slot_units(self._route_chain, slots, units)
        some = shape > 1e-9  # where next to nothing is expected, the stream stays Poisson
        safe = np.where(some, shape, 1.0)
        return np.asarray(np.where(some, gammaincinv(safe, units) / safe, 1.0), np.float64)


class RecordedArrivals:
    """Requests at given instants, with the interface of `ArrivalStream`.

    Parameters
    ----------
    times_ns
        Ascending, since the start of the run.
    routes
        Index of the route of each.
    seed
        Identities are a hash of the seed and the number in the recording (``semantics.draw.recorded_identity``).
    duration_ns
        Length of the run; default: just beyond the last arrival.
    """

    def __init__(
        self,
        times_ns: Sequence[int] | Ints,
        routes: Sequence[int] | Ints,
        *,
        seed: int = 0,
        duration_ns: int | None = None,
        chunk_ns: int = CHUNK_NS,
    ) -> None:
        self.times_ns, self.routes = np.asarray(times_ns, np.int64), np.asarray(routes, np.int64)
        if self.times_ns.shape != self.routes.shape or self.times_ns.ndim != 1:
            raise TrafficError(f"{self.times_ns.size} recorded times, but {self.routes.size} routes")
        if self.times_ns.size and (self.times_ns[0] < 0 or (np.diff(self.times_ns) < 0).any()):
            raise TrafficError("recorded arrivals must be in ascending order and not before the start of the run")
        last = int(self.times_ns[-1]) + 1 if self.times_ns.size else 0
        self.duration_ns = last if duration_ns is None else duration_ns
        self.chunk_ns, self.position_ns = chunk_ns, 0
        self._chain = mix(seed, stable_hash("recorded arrivals"))

    @property
    def exhausted(self) -> bool:
        """True when the end of the run is reached."""
        return self.position_ns >= self.duration_ns

    def next_chunk(self) -> ArrivalChunk | None:
        """Return the next stretch of the run, or None at its end."""
        if self.exhausted:
            return None
        until = min(self.position_ns + self.chunk_ns, self.duration_ns)
        begin, end = np.searchsorted(self.times_ns, (self.position_ns, until))
        identities = np.array([recorded_identity(self._chain, i) for i in range(begin, end)], np.int64)
        self.position_ns = until
        return _sorted_chunk(self.times_ns[begin:end], self.routes[begin:end], identities, start_ns=0, until_ns=until)


def expected_rates(table: TrafficTable, multiplier: TrafficMultiplier, times_ns: Ints) -> Floats:
    """Return the requests a second that are expected at given instants (since 1970), shape (times, routes)."""
    base = table.rps[_rows(table, times_ns)]
    factors = np.empty_like(base)
    fill_multipliers(multiplier, np.asarray(times_ns, np.int64), base, factors)
    return np.asarray(base * factors, np.float64)


def _rows(table: TrafficTable, times_ns: Ints) -> Ints:
    """Return the interval of each instant; before the first interval its rates hold, after the last the last's."""
    rows = (times_ns - table.start_ns) // table.interval_ns
    return np.asarray(np.clip(rows, 0, len(table.rps) - 1), np.int64)


def _require_cover(table: TrafficTable, start_ns: int, duration_ns: int) -> None:
    missing_before = table.start_ns - start_ns
    missing_after = start_ns + duration_ns - (table.start_ns + len(table.rps) * table.interval_ns)
    if missing_before > 0 or missing_after > 0:
        raise TrafficError(
            f"the traffic table ({table.source or 'no source'}) lacks {max(missing_before, 0) / NS_PER_S:g} s "
            f"at the start and {max(missing_after, 0) / NS_PER_S:g} s at the end of the run",
            hint="a table covers warm-up and window",
        )


def _generate(plan: ArrivalPlan) -> tuple[Ints, Ints, Ints]:
    """Run the kernel into arrays that are large enough."""
    seconds = (plan.cell_end - plan.cell_start) / NS_PER_S
    heights = np.array([strip_bottom(strip) for strip in range(int(plan.strips.max(initial=0)) + 1)])
    expected = float((plan.base * heights[plan.strips] * seconds[:, None]).sum())
    capacity = int(1.05 * expected + 10 * expected**0.5) + 64
    while True:
        out = (np.empty(capacity, np.int64), np.empty(capacity, np.int64), np.empty(capacity, np.int64))
        count = fill_arrivals(plan, out)
        if count <= capacity:
            return out[0][:count], out[1][:count], out[2][:count]
        capacity = count


def _sorted_chunk(times: Ints, routes: Ints, identities: Ints, *, start_ns: int, until_ns: int) -> ArrivalChunk:
    order = np.argsort(times)  # many times faster than a sort by two keys, which only equal times need
    ordered = times[order]
    if (ordered[1:] == ordered[:-1]).any():
        order = np.lexsort((identities, times))
    return ArrivalChunk(times[order] - start_ns, routes[order], identities[order], until_ns)
