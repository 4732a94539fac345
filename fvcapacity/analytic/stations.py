"""Waits at every station of a system: thread groups, quotas, volumes.

Stations are taken as independent and arrivals as Poisson. Calls are spread over a service's pods, so that each pod is a
station of its own. A burst that finds the quota spent waits for its thread group's part of the work that is left over,
because the kernel hands out slices to all threads of a container.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fvcapacity.analytic.demand import Demand, added_up
from fvcapacity.analytic.queues import erlang_c, sojourn_ps, wait_ggc, wait_variance
from fvcapacity.analytic.sizing import Sizing
from fvcapacity.analytic.throttling import PERIOD_S, leftover
from fvcapacity.frozen import Frozen
from fvcapacity.program.program import Program
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Stations(Frozen):
    """Waits by hour.

    Attributes
    ----------
    group_wait_s, group_wait_s2
        float64, shape (hours, groups): mean and variance of the wait for a thread, or of what a shared core adds.
    left_s, left_s2
        float64, shape (hours, groups): mean and variance of the time that a spent quota keeps a burst waiting.
    left_ratio
        float64, shape (hours, services): share of periods with work left over.
    disk_wait_s
        float64, shape (hours, services): mean wait for the volume, for each operation.
    """

    group_wait_s: Floats
    group_wait_s2: Floats
    left_s: Floats
    left_s2: Floats
    left_ratio: Floats
    disk_wait_s: Floats


def idle_stations(program: Program, hours: int) -> Stations:
    """Return stations at which nobody waits."""
    groups, services = np.zeros((hours, len(program.arrays.group_threads))), np.zeros((hours, len(program.services)))
    return Stations(groups, groups, groups, groups, services, services)


def stations(program: Program, demand: Demand, rates: Floats, replicas: Floats, sizing: Sizing) -> Stations:
    """Return the waits at every station.

    Parameters
    ----------
    rates
        float64, shape (hours, routes): requests a second.
    replicas
        float64, shape (hours, services).
    """
    arrays = program.arrays
    owner = group_owner(program)
    cores = max(int(sizing.node_cores), 1)
    pods = replicas[:, owner]
    bursts, busy, second = (per_pod(rates @ table, pods) for table in (demand.bursts, demand.burst_s, demand.burst_s2))
    mean = ratio_of(busy, bursts)
    scv = np.maximum(ratio_of(second * bursts, busy**2) - 1, 0.0)
    wait, variance = np.zeros_like(busy), np.zeros_like(busy)
    for group in range(busy.shape[1]):
        shared = bool(arrays.group_per_request[group])
        servers = cores if shared else min(int(arrays.group_threads[group]), cores)
        load, service = busy[:, group], mean[:, group]
        if shared:
            wait[:, group] = sojourn_ps(servers, load, service) - service
        else:
            wait[:, group] = wait_ggc(servers, load, service, scv[:, group])
        variance[:, group] = wait_variance(wait[:, group], erlang_c(servers, load))
    ratio, left_s = _undone(program, demand, rates, replicas, sizing)
    interval = arrays.service_disk_interval_ns / NS_PER_S
    disk_load = per_pod(rates @ demand.disk_operations, replicas) * interval
    return Stations(
        group_wait_s=wait,
        group_wait_s2=variance,
        left_s=left_s,
        left_s2=wait_variance(left_s, ratio[:, owner]),
        left_ratio=ratio,
        disk_wait_s=wait_ggc(1, disk_load, interval, 0.0),
    )


def group_owner(program: Program) -> Ints:
    """Return the service of each thread group."""
    return np.repeat(np.arange(len(program.services)), np.diff(program.arrays.group_first))


def most_cores(program: Program, sizing: Sizing) -> Floats:
    """Return how many cores each service's container can run on at once: its threads, and those of the machine."""
    threads = np.add.reduceat(program.arrays.group_threads, program.arrays.group_first[:-1])
    return np.asarray(np.minimum(threads, sizing.node_cores), np.float64)


def quota_use(
    program: Program, demand: Demand, rates: Floats, replicas: Floats, sizing: Sizing
) -> tuple[Floats, Floats]:
    """Return what a pod draws on its quota (cores, probes included), and the dispersion of it for `leftover`.

    Both have the shape (hours, services).
    """
    second = added_up(demand.burst_s2, group_owner(program), len(program.services))
    cpu = rates @ demand.cpu_s
    return per_pod(cpu, replicas) + sizing.probe_cores, ratio_of(rates @ second, cpu)


def _undone(program: Program, demand: Demand, rates: Floats, replicas: Floats, sizing: Sizing) -> tuple[Floats, Floats]:
    """Return how often a quota leaves work undone, by service, and how long a burst waits for it, by thread group."""
    owner = group_owner(program)
    limit, most = sizing.cpu_limit_cores, most_cores(program, sizing)
    used, dispersion = quota_use(program, demand, rates, replicas, sizing)
    ratio, work = leftover(used, dispersion, limit, most)
    part = ratio_of(rates @ demand.burst_s, (rates @ demand.cpu_s)[:, owner])
    quota = np.where(np.isfinite(limit), limit, 1.0)
    with np.errstate(invalid="ignore"):
        behind = np.where(part > 0, part * (work / quota)[:, owner], 0.0)
    standing = ratio * np.maximum(1 - quota / most, 0.0) * PERIOD_S / 2
    return ratio, np.asarray(behind + standing[:, owner], np.float64)


def per_pod(total: Floats, pods: Floats) -> Floats:
    """Return what comes to each pod; infinite where there is none for it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(total > 0, total / pods, 0.0), np.float64)


def ratio_of(top: Floats, bottom: Floats) -> Floats:
    """Return a ratio, 0 where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(bottom > 0, top / bottom, 0.0), np.float64)
