"""Stations with a queue, in Kendall's notation: means and tails of the wait, for arrays of stations at once.

Sources: Erlang (1917) for M/M/c; Pollaczek (1930) and Khinchine (1932) for M/G/1; Lee and Longton, "Queueing processes
associated with airline passenger check-in" (Operational Research Quarterly 10, 1959) for M/G/c, which Allen,
"Probability, Statistics and Queueing Theory" (1990, section 5.4), extends to arrivals that are not Poisson as the
Allen-Cunneen formula; Sakata, Noguchi and Oizumi (1971) and Cohen, "The multiple phase service network with
generalized processor sharing" (Acta Informatica 12, 1979) for processor sharing, whose mean does not depend on the
distribution of the demand.

The formula for M/G/c is exact for M/M/c and M/G/1. Between them it is within a few per cent for coefficients of
variation up to 1 and load that makes a request wait at all; it says too little where the demand varies much.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Values = Floats | float

_RARE = 1e-9
_HALVINGS = 40
_ENDLESS = 1e12
"""More load than any number of servers takes."""


def erlang_c(servers: int, load: Values) -> Floats:
    """Return the probability that a request has to wait in M/M/c.

    Parameters
    ----------
    servers
        c, at least 1.
    load
        Offered load in erlangs (rate times mean service time).

    Returns
    -------
    ndarray
        float64 in the shape of ``load``; 1 where the load is as large as the number of servers or larger.
    """
    offered = np.minimum(np.asarray(load, np.float64), _ENDLESS)
    blocked = np.ones_like(offered)
    for number in range(1, servers + 1):  # Erlang B by its recurrence, which neither overflows nor cancels
        blocked = offered * blocked / (number + offered * blocked)
    with np.errstate(divide="ignore", invalid="ignore"):
        waiting = servers * blocked / (servers - offered * (1 - blocked))
    return np.asarray(np.where(offered < servers, waiting, 1.0), np.float64)


def wait_mmc(servers: int, load: Values, service_s: Values) -> Floats:
    """Return the mean wait in M/M/c in seconds; infinite where the load is not served."""
    offered, service = np.asarray(load, np.float64), np.asarray(service_s, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        wait = erlang_c(servers, offered) * service / (servers - offered)
    return np.asarray(np.where(offered < servers, wait, math.inf), np.float64)


def wait_ggc(
    servers: int, load: Values, service_s: Values, service_scv: Values = 1.0, arrival_scv: Values = 1.0
) -> Floats:
    """Return the mean wait in G/G/c in seconds by Allen and Cunneen's formula.

    Parameters
    ----------
    servers
        c.
    load
        Offered load in erlangs.
    service_s
        Mean service time.
    service_scv, arrival_scv
        Squared coefficients of variation: 0 for constants, 1 for M. With 1 for arrivals it is Lee and Longton's M/G/c,
        exact for M/M/c and M/G/1.
    """
    factor = (np.asarray(arrival_scv, np.float64) + np.asarray(service_scv, np.float64)) / 2
    with np.errstate(invalid="ignore"):
        wait = wait_mmc(servers, load, service_s) * factor
    return np.asarray(np.where(np.asarray(load) < servers, wait, math.inf), np.float64)


def wait_variance(mean_s: Values, waiting: Values) -> Floats:
    """Return the variance of a wait that is exponential for those who wait at all (exact for M/M/c).

    Parameters
    ----------
    mean_s
        Mean over all, those who need not wait included.
    waiting
        Share of those who wait.
    """
    mean, share = np.asarray(mean_s, np.float64), np.asarray(waiting, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        second = 2 * mean**2 / share
        variance = np.where(share > 0, second - mean**2, 0.0)
    return np.asarray(np.where(np.isfinite(mean), variance, math.inf), np.float64)


def sojourn_ps(servers: int, load: Values, service_s: Values) -> Floats:
    """Return the mean time in M/G/c-PS: bursts share ``servers`` cores and each runs on at most one of them.

    Only the mean of the demand counts (insensitivity), so that it is that of M/M/c; for one core ``S / (1 - rho)``.
    """
    return np.asarray(np.asarray(service_s, np.float64) + wait_mmc(servers, load, service_s), np.float64)


def lognormal_quantile(mean_s: Values, variance_s2: Values, share: float) -> Floats:
    """Return a quantile of the lognormal distribution with a mean and a variance; 0 where the mean is."""
    from scipy.special import ndtri

    mean, variance = np.asarray(mean_s, np.float64), np.asarray(variance_s2, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.log1p(variance / mean**2)
        value = mean * np.exp(float(ndtri(share)) * np.sqrt(sigma2) - sigma2 / 2)
    value = np.where(np.isfinite(mean) & np.isfinite(variance), value, math.inf)
    return np.asarray(np.where(mean > 0, value, 0.0), np.float64)


def lognormal_mixture_quantile(
    delayed: Floats, mean_s: Floats, variance_s2: Floats, free_mean_s: Floats, free_variance_s2: Floats, share: float
) -> Floats:
    """Return a quantile of a time that is lognormal for those who are delayed and for those who are not.

    Parameters
    ----------
    delayed
        Share of the delayed.
    mean_s, variance_s2
        Of all together.
    free_mean_s, free_variance_s2
        Of those who are not delayed.
    share
        Which quantile.
    """
    from scipy.special import ndtr

    found = lognormal_quantile(free_mean_s, free_variance_s2, share)
    served = np.isfinite(mean_s) & np.isfinite(variance_s2)
    some = served & (delayed > _RARE) & (mean_s > 0)
    late, free_mean, free_variance = delayed[some], free_mean_s[some], free_variance_s2[some]
    late_mean = np.maximum((mean_s[some] - (1 - late) * free_mean) / late, free_mean)
    between = late * (1 - late) * (late_mean - free_mean) ** 2
    late_variance = np.maximum((variance_s2[some] - (1 - late) * free_variance - between) / late, 0.0)

    def below(value: Floats, mean: Floats, variance: Floats) -> Floats:
        sigma = np.sqrt(np.maximum(np.log1p(variance / mean**2), 1e-12))
        return np.asarray(ndtr((np.log(value / mean) + sigma**2 / 2) / sigma))

    ends = found[some], lognormal_quantile(late_mean, late_variance, share)
    low, high = np.minimum(*ends), np.maximum(*ends)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        reached = late * below(middle, late_mean, late_variance) + (1 - late) * below(middle, free_mean, free_variance)
        low, high = np.where(reached < share, middle, low), np.where(reached < share, high, middle)
    found[some] = high
    return np.asarray(np.where(served, found, math.inf), np.float64)


def poisson_quantile(mean: Values, share: float) -> Floats:
    """Return the number that a Poisson variable exceeds with probability at most ``1 - share``."""
    from scipy.special import pdtr, pdtrik

    rate = np.asarray(mean, np.float64)
    finite = np.where(np.isfinite(rate), np.maximum(rate, 1e-12), 1.0)
    guess = np.maximum(np.ceil(pdtrik(share, finite)), 0.0)
    guess = np.where(pdtr(np.maximum(guess - 1, 0), finite) >= share, np.maximum(guess - 1, 0), guess)
    number = np.where(rate > 0, guess, 0.0)
    return np.asarray(np.where(np.isfinite(rate), number, math.inf), np.float64)
