"""The other way round: which replicas and limits a load needs. Where a search begins."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fvcapacity.analytic.analysis import Load
from fvcapacity.analytic.sizing import Sizing
from fvcapacity.analytic.stations import most_cores, quota_use
from fvcapacity.analytic.throttling import leftover
from fvcapacity.program.layout import Op
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]

_MILLI = 1000


def needed_replicas(load: Load, sizing: Sizing, utilization: float) -> Floats:
    """Return the replicas with which no service is busier than a utilization in the busiest minute of each hour.

    Parameters
    ----------
    utilization
        CPU over what a pod may use (its limit, its threads, the machine's cores), above 0.

    Returns
    -------
    ndarray
        float64, shape (hours, services), whole numbers from 1; infinite where probes and background alone are more.
    """
    if not utilization > 0:
        raise ValueError(f"{utilization} is no utilization")
    cpu = load.rates.peak_rps @ load.demand.cpu_s
    room = np.minimum(sizing.cpu_limit_cores, most_cores(load.program, sizing)) * utilization - sizing.probe_cores
    with np.errstate(divide="ignore", invalid="ignore"):
        pods = np.where(room > 0, np.ceil(cpu / room - 1e-9), np.where(cpu > 0, math.inf, 1.0))
    return np.asarray(np.maximum(pods, 1.0), np.float64)


def needed_limit_cores(load: Load, sizing: Sizing, replicas: Floats, throttled_ratio: float) -> Floats:
    """Return the CPU limits with which at most a share of all CFS periods ends with the quota spent.

    Bisected on `leftover` over millicores; a lower bound of what a simulation finds, because a lone burst that is
    longer than a quota is cut even where hardly anything is left over.

    Parameters
    ----------
    replicas
        float64, shape (hours, services) or (services,).
    throttled_ratio
        Allowed share, above 0.

    Returns
    -------
    ndarray
        float64, shape (services,): for the worst hour, in whole millicores. No more than threads and machine can use.
    """
    if not 0 < throttled_ratio <= 1:
        raise ValueError(f"{throttled_ratio} is no share")
    rates = load.rates.peak_rps
    pods = np.broadcast_to(replicas, (len(rates), len(load.program.services)))
    used, dispersion = quota_use(load.program, load.demand, rates, pods, sizing)
    most = most_cores(load.program, sizing)
    low, high = np.zeros(len(most)), np.ceil(most * _MILLI)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        share, _ = leftover(used, dispersion, np.maximum(middle, 1e-9) / _MILLI, most)
        enough = (share <= throttled_ratio).all(axis=0)
        high = np.where(enough, np.maximum(middle, low + 1), high)
        low = np.where(enough, low, np.minimum(middle, high - 1))
    return np.asarray(high / _MILLI, np.float64)


def longest_bursts_s(load: Load) -> Floats:
    """Return the mean of each service's longest kind of CPU burst in core-seconds, shape (services,)."""
    arrays, demand = load.program.arrays, load.demand
    found = np.zeros(len(load.program.services))
    cpu = (arrays.op_kind == Op.CPU) & (demand.op_reached > 0)
    np.maximum.at(found, arrays.call_service[demand.op_call[cpu]], arrays.op_mean_ns[cpu] / NS_PER_S)
    return found
