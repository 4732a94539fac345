"""A rough response time of each route: mean and variance added up along its program.

What is added: the network, waits for a thread, CPU bursts as a quota lets them run, waits for a quota that is spent,
the volume, waits for a connection. Parallel calls count as the slowest of them, branches by their probabilities;
retries, time-outs, refusals and contention between containers are left out. Requests that meet a spent quota and those
that do not are two lognormal distributions with the mean and variance of their kind, and a percentile is that of the
mixture. It orders candidates; it judges nothing.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fvcapacity.analytic.demand import Demand
from fvcapacity.analytic.queues import lognormal_mixture_quantile, wait_ggc
from fvcapacity.analytic.sizing import Sizing
from fvcapacity.analytic.stations import Stations, per_pod, ratio_of
from fvcapacity.analytic.throttling import burst_wall_s
from fvcapacity.frozen import field_names
from fvcapacity.program.layout import Op
from fvcapacity.program.program import Program
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]


def route_times(
    program: Program, demand: Demand, rates: Floats, replicas: Floats, sizing: Sizing, waits: Stations, share: float
) -> tuple[Floats, Floats, Floats]:
    """Return mean and quantile of each route's response time, shape (hours, routes), and the mean time of all calls.

    Parameters
    ----------
    rates, replicas
        float64, shapes (hours, routes) and (hours, services).
    share
        Which quantile, such as 0.95.
    """
    hours, entry = len(rates), program.arrays.route_call
    # the second half of the rows is the same system with quotas that are never spent
    twice = Stations(*(_twice(getattr(waits, name), spent="left" not in name) for name in field_names(Stations)))
    mean, variance = visit_times(program, demand, _twice(rates), _twice(replicas), sizing, twice)
    meeting = 1 - np.exp(np.log1p(-np.minimum(waits.left_ratio, 1 - 1e-12)) @ demand.visits.T)
    quantile = lognormal_mixture_quantile(
        meeting, mean[:hours, entry], variance[:hours, entry], mean[hours:, entry], variance[hours:, entry], share
    )
    return mean[:hours, entry], quantile, mean[:hours]


def _twice(value: Floats, spent: bool = True) -> Floats:
    return np.concatenate([value, value if spent else np.zeros_like(value)])


def visit_times(
    program: Program, demand: Demand, rates: Floats, replicas: Floats, sizing: Sizing, waits: Stations
) -> tuple[Floats, Floats]:
    """Return mean and variance of the time that each call takes its caller, shape (hours, calls)."""
    without = _visits(program, demand, sizing, waits, np.zeros((len(rates), len(program.arrays.call_service))))
    if not (program.arrays.call_pool >= 0).any():
        return without
    return _visits(program, demand, sizing, waits, _pool_waits(program, demand, rates, replicas, without[0]))


def _pool_waits(program: Program, demand: Demand, rates: Floats, replicas: Floats, held_s: Floats) -> Floats:
    """Return the mean wait for a connection before each call, shape (hours, calls)."""
    arrays = program.arrays
    often = demand.op_reached[arrays.call_start]
    calls = rates[:, demand.op_route[arrays.call_start]] * often
    found = np.zeros_like(held_s)
    for pool, (owner, size) in enumerate(zip(arrays.pool_owner.tolist(), arrays.pool_size.tolist(), strict=True)):
        users = np.flatnonzero(arrays.call_pool == pool)
        if not users.size:
            continue
        with np.errstate(invalid="ignore"):
            busy = (calls[:, users] * np.where(calls[:, users] > 0, held_s[:, users], 0.0)).sum(axis=1)
        total = calls[:, users].sum(axis=1)
        load = per_pod(busy, replicas[:, owner])
        found[:, users] = wait_ggc(int(size), load, ratio_of(busy, total))[:, None]
    return found


def _visits(
    program: Program, demand: Demand, sizing: Sizing, waits: Stations, pool_wait_s: Floats
) -> tuple[Floats, Floats]:
    """Go through the calls from the innermost outwards: a call's program stands behind its caller's."""
    arrays = program.arrays
    hours = len(pool_wait_s)
    mean, variance = np.zeros((hours, len(arrays.call_service))), np.zeros((hours, len(arrays.call_service)))
    op_mean, op_variance = _lone_times(program, demand, sizing)
    for call in range(len(arrays.call_service) - 1, -1, -1):
        first, service = int(arrays.call_start[call]), int(arrays.call_service[call])
        entered = demand.op_reached[first]
        total, spread = np.full(hours, arrays.call_network_ns[call] / NS_PER_S), np.zeros(hours)
        op = first
        while (kind := int(arrays.op_kind[op])) != Op.END:
            share = demand.op_reached[op] / entered if entered else 0.0
            if share > 0 and kind not in (Op.BRANCH, Op.JUMP):
                if kind == Op.CALL:
                    callees = slice(int(arrays.op_a[op]), int(arrays.op_a[op] + arrays.op_b[op]))
                    own, own2 = _slowest(mean[:, callees] + pool_wait_s[:, callees], variance[:, callees])
                else:
                    own, own2 = _at_station(program, waits, op, service, op_mean[op], op_variance[op])
                total = total + share * own
                spread = spread + _mixed(share, own, own2)
            op += 1
        mean[:, call], variance[:, call] = total, np.where(np.isfinite(total), spread, math.inf)
    return mean, variance


def _slowest(means: Floats, variances: Floats) -> tuple[Floats, Floats]:
    slowest = np.argmax(means, axis=1)
    rows = np.arange(len(means))
    return means[rows, slowest], variances[rows, slowest]


def _mixed(share: float, mean: Floats, variance: Floats) -> Floats:
    """Return the variance of something that happens with a probability (or so many times on average)."""
    if share >= 1:
        return share * variance
    with np.errstate(invalid="ignore"):
        return np.asarray(share * (variance + mean**2) - share**2 * mean**2, np.float64)


def _at_station(
    program: Program, waits: Stations, op: int, service: int, mean: float, variance: float
) -> tuple[Floats, Floats]:
    kind = int(program.arrays.op_kind[op])
    if kind == Op.CPU:
        group = int(program.arrays.group_first[service] + program.arrays.op_group[op])
        own = mean + waits.group_wait_s[:, group] + waits.left_s[:, group]
        return own, variance + waits.group_wait_s2[:, group] + waits.left_s2[:, group]
    if kind == Op.DISK:
        count = float(program.arrays.op_mean_ns[op])
        return mean + count * waits.disk_wait_s[:, service], np.full(len(waits.left_s), variance)
    return np.full(len(waits.left_s), mean), np.full(len(waits.left_s), variance)


def _lone_times(program: Program, demand: Demand, sizing: Sizing) -> tuple[Floats, Floats]:
    """Return mean and variance of each operation with nobody else there: bursts as their quota lets them run."""
    arrays = program.arrays
    service = arrays.call_service[demand.op_call]
    mean = arrays.op_mean_ns / NS_PER_S
    variance = demand.op_scv * mean**2
    cpu = arrays.op_kind == Op.CPU
    wall, phase = burst_wall_s(mean[cpu], sizing.cpu_limit_cores[service[cpu]])
    stretch = np.where(mean[cpu] > 0, wall / np.where(mean[cpu] > 0, mean[cpu], 1.0), 1.0)
    disk = arrays.op_kind == Op.DISK
    each = (arrays.service_disk_interval_ns + arrays.service_disk_latency_ns)[service] / NS_PER_S
    mean, variance = mean.copy(), variance.copy()
    mean[disk], variance[disk] = (arrays.op_mean_ns * each)[disk], 0.0
    variance[cpu] = variance[cpu] * stretch**2 + phase
    mean[cpu] = wall
    return mean, variance
