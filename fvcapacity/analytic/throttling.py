"""What a CPU limit does to bursts, in closed form.

A container owns ``limit x period`` of CPU per period and stands still when it is spent (``semantics/cfs_quota.py``;
its slices of 5 ms are left out here: they let a container use a little more).

One burst
---------
A burst of ``demand`` core-seconds that runs on ``cores`` at once begins with u of its period left, u being uniform. It
is stopped if it needs more than the quota and meets the end of the quota before the end of the period. With q the
quota, r the cores and P the period it is not stopped if ``D <= q``, nor if ``r <= q / P``; else only if it begins late
in a period and the rest fits into the next one: ``(D - q) / r <= u <= q / r``, which has the probability
``max(0, 2 q - D) / (r P)`` for ``D > q``.

Many bursts
-----------
Let A be the demand that arrives in a period and V what is left over at its end: ``V' = max(0, V + A - q)``, which is
Lindley's recursion. Spitzer's identity ("A combinatorial lemma and its application to probability theory",
Transactions of the AMS 82, 1956) gives both the share of periods with something left over and how much it is::

    P(V = 0) = exp(- sum over n of P(S_n > n q) / n)        E[V] = sum over n of E[max(0, S_n - n q)] / n

S_n being the demand of n periods: compound Poisson, taken as the gamma distribution with its mean and variance.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fvcapacity.semantics.cfs_quota import PERIOD_NS
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]
Values = Floats | float

PERIOD_S = PERIOD_NS / NS_PER_S
_PHASES = 64
_NEVER = 1e-9
"""What is as rare as this is left out."""


def burst_throttled_ratio(demand_s: Values, limit_cores: Values, cores: float = 1.0) -> Floats:
    """Return the probability that a lone burst is stopped at least once.

    Parameters
    ----------
    demand_s
        CPU of the burst in core-seconds; of several bursts at once their sum.
    limit_cores
        CPU limit.
    cores
        How many cores it runs on at once: the bursts of one moment, but no more than the threads and the cores of the
        machine.
    """
    demand, quota = np.asarray(demand_s, np.float64), np.asarray(limit_cores, np.float64) * PERIOD_S
    escaping = np.maximum(2 * quota - demand, 0.0) / (cores * PERIOD_S)
    free = (demand <= quota) | (quota >= cores * PERIOD_S)
    return np.asarray(np.where(free, 0.0, 1.0 - np.minimum(escaping, 1.0)), np.float64)


def limit_for_burst(demand_s: Values, cores: float = 1.0, throttled_ratio: float = 0.0) -> Floats:
    """Return the least CPU limit with which a lone burst is stopped with at most some probability.

    The inverse of `burst_throttled_ratio`. Without any allowance it is the whole demand within one period, or as many
    cores as it runs on, whichever is less.

    Raises
    ------
    ValueError
        When the allowance is not between 0 and 1.
    """
    if not 0 <= throttled_ratio <= 1:
        raise ValueError(f"{throttled_ratio} is no share")
    demand = np.asarray(demand_s, np.float64)
    never = np.minimum(demand / PERIOD_S, cores)
    rarely = (demand / PERIOD_S + (1 - throttled_ratio) * cores) / 2
    return np.asarray(demand * 0.0 if throttled_ratio == 1 else np.minimum(never, rarely), np.float64)


def burst_wall_s(demand_s: Values, limit_cores: Values, cores: float = 1.0) -> tuple[Floats, Floats]:
    """Return mean and variance of the wall time of a lone burst of a given demand, over the phase of the period.

    Without throttling it is ``demand / cores``. A lower bound for a burst that shares its quota with others.

    Parameters
    ----------
    demand_s, limit_cores
        Broadcast against each other.
    cores
        How many cores the burst runs on at once.

    Returns
    -------
    tuple of ndarray
        Seconds and square seconds.
    """
    demand, quota = np.broadcast_arrays(
        np.asarray(demand_s, np.float64)[..., None], np.asarray(limit_cores, np.float64)[..., None] * PERIOD_S
    )
    left = (np.arange(_PHASES) + 0.5) / _PHASES * PERIOD_S
    wall = _wall_of(demand, np.minimum(quota, cores * PERIOD_S), cores, left)
    return np.asarray(wall.mean(-1), np.float64), np.asarray(wall.var(-1), np.float64)


def _wall_of(demand: Floats, quota: Floats, cores: float, left: Floats) -> Floats:
    """Return the wall time of bursts that begin with ``left`` seconds of their period to go and the quota whole."""
    first = np.minimum(quota, cores * left)
    rest = np.maximum(demand - first, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        full = np.where(quota > 0, np.maximum(np.ceil(rest / quota - 1e-12) - 1, 0.0), math.inf)
    last = rest - np.where(np.isfinite(full), full, 0.0) * quota
    return np.asarray(np.where(rest > 0, left + full * PERIOD_S + last / cores, demand / cores), np.float64)


def leftover(
    demand_s: Values, dispersion_s: Values, limit_cores: Values, cores: Values = math.inf
) -> tuple[Floats, Floats]:
    """Return what a quota leaves undone in a period: how often, and how much of it on average.

    Parameters
    ----------
    demand_s
        Mean demand a second in core-seconds, that is, cores.
    dispersion_s
        Variance of the demand of a stretch of time over its mean: ``E[B^2] / E[B]`` for a Poisson stream of bursts B.
    limit_cores
        CPU limit; infinite for none.
    cores
        Most cores that the container can run on at once: with a limit of as much it is never stopped.

    Returns
    -------
    tuple of ndarray
        Share of all periods at whose end work is left over because the quota is spent (1 where the demand is more than
        the limit), and that work in core-seconds, averaged over all periods.
    """
    demand, spread, limit, most = np.broadcast_arrays(
        *(np.asarray(value, np.float64) for value in (demand_s, dispersion_s, limit_cores, cores))
    )
    shape = np.where(spread > 0, demand * PERIOD_S / np.where(spread > 0, spread, 1.0), 0.0)
    bound = (demand > 0) & (limit < most)
    stable = bound & (demand < limit) & (spread > 0)
    share, work = np.zeros(demand.shape), np.zeros(demand.shape)
    share[stable], work[stable] = _spitzer(shape[stable], limit[stable] * PERIOD_S / spread[stable])
    work = work * spread
    drowned = bound & (demand >= limit)
    return (
        np.asarray(np.where(drowned, 1.0, share), np.float64),
        np.asarray(np.where(drowned, math.inf, work), np.float64),
    )


def _spitzer(shape: Floats, level: Floats) -> tuple[Floats, Floats]:
    """Return P(V > 0) and E[V] for gamma variables of scale 1 and a quota of ``level``; of one dimension."""
    numbers, weights = _harmonic_grid()
    share, work = np.zeros(len(shape)), np.zeros(len(shape))
    # where a single period hardly ever brings too much, several together bring it even less
    some = np.flatnonzero(_gamma_beyond(shape, level)[0] > _NEVER)
    over, excess = _gamma_beyond(shape[some, None] * numbers, level[some, None] * numbers)
    share[some], work[some] = 1.0 - np.exp(-(over @ weights)), excess @ weights
    return share, work


def _gamma_beyond(shape: Floats, level: Floats) -> tuple[Floats, Floats]:
    """Return P(X > level) and E[max(0, X - level)] of a gamma variable of scale 1."""
    from scipy.special import gammaincc

    beyond = gammaincc(shape, level)
    excess = shape * gammaincc(shape + 1, level) - level * beyond
    return np.asarray(beyond, np.float64), np.asarray(np.maximum(excess, 0.0), np.float64)


def _harmonic_grid() -> tuple[Floats, Floats]:
    """Return numbers n and weights w with ``sum f(n) w`` close to ``sum of f(n) / n`` over n from 1 to 65536.

    The first sixteen are taken one by one; beyond, f changes slowly, and each number stands for a stretch.
    """
    edges = np.unique(np.round(np.concatenate([np.arange(1, 17), np.geomspace(17, 65537, 33)])).astype(np.int64))
    starts, ends = edges[:-1].astype(np.float64), edges[1:].astype(np.float64)
    harmonic = np.cumsum(1.0 / np.arange(1, 65537))
    total = np.concatenate([[0.0], harmonic])
    weights = total[edges[1:] - 1] - total[edges[:-1] - 1]
    return np.where(ends - starts == 1, starts, np.sqrt(starts * (ends - 1))), np.asarray(weights, np.float64)
