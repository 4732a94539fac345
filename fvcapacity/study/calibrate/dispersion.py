"""Burstiness: how much more the counts of an interval vary than those of a Poisson stream of the same rate.

The arrivals of a simulation are drawn from rates by the minute (``RATE_S``), and clusters are laid over them. What
has to be found is therefore the dispersion *within* a minute: whatever varies from one minute to the next is in the
rates already. For counts of T seconds in minutes of B, the variance among the counts of one minute, per mean, is

    W(T, B) = (n I(T) - I(B)) / (n - 1),     n = B / T,

where ``I(T) = 1 + mean_size (1 - (1 - exp(-T / spread)) spread / T)`` is the index of dispersion of counts of the
clustered stream (Cox and Isham, *Point Processes*, 1980, section 2.5; see ``fvcapacity.program.arrivals``). W does
not see the level of the minute, nor any other minute. ``mean_size`` and ``spread`` are those that give the measured W
at every T; with only one T, or a flat W, the spread stays as the scenario says.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from fvcapacity.frozen import Frozen
from fvcapacity.study.grid import Floats, Grid
from fvcapacity.study.rates import index_of_clusters

RATE_S = 60.0
LEAST_MINUTES = 120
LEAST_REQUESTS = 1000
REPLICATES = 400
_BLOCK_MINUTES = 60
_SPREADS = (0.2, 60.0)
Interval = tuple[float, float, float]


class Dispersion(Frozen):
    """Burstiness of the arrivals.

    Attributes
    ----------
    index
        Variance per mean of the counts within a minute, by length of the counts in seconds: estimate, low, high. Pooled
        over routes, because clusters are drawn by route.
    whole_index
        The same of all routes together. When it is much larger, users send requests of several routes at once.
    mean_size, spread_s
        Parameters of clustered arrivals; None where they cannot be told. A ``spread_s`` without width was not measured.
    problem
        Why nothing was estimated.
    """

    index: dict[float, Interval]
    whole_index: dict[float, Interval]
    mean_size: Interval | None
    spread_s: Interval | None
    spread_basis: str
    problem: str = ""


def within_index(length_s: float, block_s: float, mean_size: float, spread_s: float) -> float:
    """Return the variance per mean that is expected among the counts of one block."""
    n = block_s / length_s
    inner, outer = (index_of_clusters(t, mean_size, spread_s) for t in (length_s, block_s))
    return float((n * inner - outer) / (n - 1))


def find_dispersion(grid: Grid, spread_s: float, *, seed: int = 0) -> Dispersion:
    """Return the burstiness of the traffic.

    Parameters
    ----------
    spread_s
        Of the scenario; kept where the data do not tell.
    """
    lengths = [
        grid.interval_s * k
        for k in (1, 2, 3)
        if grid.interval_s * k * 2 <= RATE_S and RATE_S % (grid.interval_s * k) == 0
    ]
    if not lengths:
        message = f"counts of {grid.interval_s:g} s say nothing of what happens within a minute; 15 s do"
        return Dispersion({}, {}, None, None, "assumed", message)
    minutes = _minutes(grid)
    if len(minutes) < LEAST_MINUTES or np.nansum(minutes) < LEAST_REQUESTS:
        found = f"{len(minutes)} whole minutes with {np.nansum(minutes):.0f} requests"
        message = f"{found}; {LEAST_MINUTES} and {LEAST_REQUESTS} are needed"
        return Dispersion({}, {}, None, None, "assumed", message)
    draws = _draws(len(minutes), seed)
    by_route = {length: _statistic(minutes, length, grid.interval_s, draws) for length in lengths}
    whole = {
        length: _statistic(minutes.sum(axis=2, keepdims=True), length, grid.interval_s, draws) for length in lengths
    }
    index = {length: _interval(values) for length, values in by_route.items()}
    size, spread, basis = _parameters(by_route, lengths, spread_s)
    problem = "" if size is not None else "the counts vary no more than those of a Poisson stream"
    return Dispersion(index, {k: _interval(v) for k, v in whole.items()}, size, spread, basis, problem)


def _minutes(grid: Grid) -> Floats:
    """Return the counts of whole minutes without gaps, shape (minutes, intervals of a minute, routes)."""
    n = round(RATE_S / grid.interval_s)
    offset = int(-(grid.times[0].value // 10**9) % RATE_S // grid.interval_s)
    counts = grid.requests[offset:]
    whole = counts[: len(counts) // n * n].reshape(-1, n, counts.shape[1])
    return np.asarray(whole[~np.isnan(whole).any(axis=(1, 2))], np.float64)


def _draws(minutes: int, seed: int) -> Floats:
    """Return how often each minute counts in each replicate (row 0: once): blocks of neighbours, drawn again."""
    block = max(min(_BLOCK_MINUTES, minutes // 20), 1)
    number = max(minutes // block, 1)
    starts = np.random.default_rng(seed).integers(0, minutes - block + 1, (REPLICATES, number))
    counts = np.zeros((REPLICATES + 1, minutes))
    counts[0] = 1.0
    for row, begins in enumerate(starts, start=1):
        np.add.at(counts[row], (begins[:, None] + np.arange(block)).ravel(), 1.0)
    return counts


def _statistic(minutes: Floats, length_s: float, interval_s: float, draws: Floats) -> Floats:
    """Return W of every replicate: the sum of variances within minutes per sum of means, over routes."""
    step = round(length_s / interval_s)
    counts = minutes.reshape(len(minutes), -1, step, minutes.shape[2]).sum(axis=2)
    variance = counts.var(axis=1, ddof=1).sum(axis=1)
    mean = counts.mean(axis=1).sum(axis=1)
    return np.asarray((draws @ variance) / np.maximum(draws @ mean, 1e-300))


def _interval(values: Floats) -> Interval:
    error = float(values[1:].std(ddof=1))
    return float(values[0]), float(values[0] - 1.96 * error), float(values[0] + 1.96 * error)


def _parameters(
    by_length: dict[float, Floats], lengths: list[float], spread_s: float
) -> tuple[Interval | None, Interval | None, str]:
    shortest = lengths[0]
    if _interval(by_length[shortest])[1] <= 1.0:
        return None, None, "assumed"
    spreads = None
    if len(lengths) > 1:
        spreads = np.array(
            [
                _spread(*pair, shortest, lengths[1])
                for pair in zip(by_length[shortest], by_length[lengths[1]], strict=True)
            ]
        )
        known = spreads[1:][np.isfinite(spreads[1:])]
        steady = len(known) >= 0.9 * (len(spreads) - 1) and np.isfinite(spreads[0])
        if not steady or np.quantile(known, 0.975) > 2 * spreads[0] or np.quantile(known, 0.025) < 0.5 * spreads[0]:
            spreads = None
    kept = (
        np.full(len(by_length[shortest]), spread_s)
        if spreads is None
        else np.where(np.isfinite(spreads), spreads, spread_s)
    )
    sizes = np.array([_size(value, shortest, spread) for value, spread in zip(by_length[shortest], kept, strict=True)])
    size = _interval(sizes)
    size = (size[0], max(size[1], 0.0), size[2])
    if spreads is None:
        return size, (spread_s, spread_s, spread_s), "assumed"
    low, high = np.quantile(spreads[1:][np.isfinite(spreads[1:])], [0.025, 0.975])
    return size, (float(spreads[0]), float(low), float(high)), "measured"


def _size(value: float, length_s: float, spread_s: float) -> float:
    """Return the mean size that gives W: it is linear in it."""
    return max((value - 1) / (within_index(length_s, RATE_S, 1.0, spread_s) - 1), 0.0)


def _spread(short: float, long: float, short_s: float, long_s: float) -> float:
    """Return the spread that gives the ratio of two W, beyond 1; NaN where none does."""
    if short <= 1 or long <= 1:
        return float("nan")

    def gap(spread: float) -> float:
        expected = [within_index(length, RATE_S, 1.0, spread) - 1 for length in (long_s, short_s)]
        return expected[0] / expected[1] - (long - 1) / (short - 1)

    if gap(_SPREADS[0]) * gap(_SPREADS[1]) > 0:
        return float("nan")
    return float(brentq(gap, *_SPREADS))
