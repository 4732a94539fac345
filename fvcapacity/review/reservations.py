"""How many machines are worth a reservation: the base load of a quarter, its break-even and the right number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen

Floats = npt.NDArray[np.float64]


class Reservation(Frozen):
    """What to reserve of one pool.

    Attributes
    ----------
    machines
        How many; 0 when none pays.
    usage
        float64, shape (machines of the pool,): share of the hours in which the 1st, 2nd, ... machine is needed. One is
        worth its reservation when that is at least the break-even.
    break_even
        Reserved price over on-demand price; NaN when the reserved price is not known.
    usd
        float64, shape (draws,): of the pool with the reservation; NaN when the price is not known.
    """

    machines: int
    usage: Floats
    break_even: float
    usd: Floats


def reserve(hours_at: Floats, on_demand_usd: float, reserved_usd: float | None) -> Reservation:
    """Return the number of reserved machines with which a pool costs least on average.

    A reserved machine is paid for every hour, an additional one for those in which it is there. The n-th pays for
    itself when it is needed in a greater share of the hours than its price is of the on-demand price, which is the
    newsvendor's rule.

    Parameters
    ----------
    hours_at
        float64, shape (draws, machines): hours with exactly 0, 1, 2, ... machines.
    on_demand_usd, reserved_usd
        Price of a machine-hour; None when the list has no reserved one.
    """
    hours = hours_at.sum(axis=1)
    needed = np.cumsum(hours_at[:, ::-1], axis=1)[:, ::-1][:, 1:]  # hours with at least 1, 2, ... machines
    usage = needed.mean(axis=0) / hours.mean()
    if reserved_usd is None:
        return Reservation(0, usage, float("nan"), np.full(len(hours), np.nan))
    break_even = reserved_usd / on_demand_usd
    machines = int((usage > break_even).sum())
    usd = machines * hours * reserved_usd + needed[:, machines:].sum(axis=1) * on_demand_usd
    return Reservation(machines, usage, break_even, usd)


def spot_hours(hours_at: Floats, share: float) -> Floats:
    """Return the machine-hours on spot machines, shape (draws,), when of n machines the whole part of a share is."""
    count = np.floor(np.arange(hours_at.shape[1]) * share + 1e-9)
    return np.asarray(hours_at @ count, np.float64)
