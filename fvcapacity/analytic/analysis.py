"""A scenario in milliseconds: utilization, replicas, throttling, memory and a rough percentile, hour by hour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fvcapacity.analytic.autoscaling import resting_replicas
from fvcapacity.analytic.demand import Demand, added_up, demand_of
from fvcapacity.analytic.queues import poisson_quantile
from fvcapacity.analytic.rates import HourlyRates, hourly_rates
from fvcapacity.analytic.response import route_times, visit_times
from fvcapacity.analytic.sizing import Sizing, sizing_of
from fvcapacity.analytic.stations import idle_stations, most_cores, stations
from fvcapacity.frozen import Frozen
from fvcapacity.program.compile import compile_program
from fvcapacity.program.program import Program
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]

_OPEN_SHARE = 0.999
"""The open requests that memory is reckoned for are exceeded this rarely."""


class Load(Frozen):
    """What comes, whoever serves it: it stays the same for all candidates of a search.

    Attributes
    ----------
    program
        The scenario's, compiled.
    demand
        Demand of one request, by route.
    rates
        Requests a second, by hour.
    gauges
        Name to the rate of each route (per request and second of its lifetime): ``rates @ weights`` are things open.
    light_s
        float64, shape (calls,): mean time of each call with nobody else there, under the limits of the manifests.
    """

    program: Program
    demand: Demand
    rates: HourlyRates
    gauges: dict[str, Floats]
    light_s: Floats


class Analysis(Frozen):
    """What closed forms make of a sizing. It brackets a search and is no verdict.

    All arrays are float64 with a row for each hour; the columns are the program's services or routes.

    Attributes
    ----------
    load, sizing
        What it was made of.
    visits_rps
        (hours, services) mean calls a second.
    replicas, replicas_low, replicas_high
        (hours, services) where the HPA rests in the busiest minute of the hour, and the range in which it stays where
        it is; equal to each other without an HPA.
    cpu_cores
        (hours, services) mean CPU of the containers that serve, of all replicas, for requests and probes.
    workload_cpu_cores
        (hours, services) the same with background loads and all other containers of the pods: what an HPA sees.
    utilization, peak_utilization
        (hours, services) CPU over what the replicas may use, on average and in the busiest minute; 1 and more is not
        served.
    throttled_ratio
        (hours, services) share of all CFS periods that end with the quota spent and work left, in the busiest minute.
    memory_bytes
        (hours, services) upper estimate of a container's working set.
    route_mean_s, route_p95_s
        (hours, routes) rough response time in the busiest minute; infinite where a station is overloaded.
    """

    load: Load
    sizing: Sizing
    visits_rps: Floats
    replicas: Floats
    replicas_low: Floats
    replicas_high: Floats
    cpu_cores: Floats
    workload_cpu_cores: Floats
    utilization: Floats
    peak_utilization: Floats
    throttled_ratio: Floats
    memory_bytes: Floats
    route_mean_s: Floats
    route_p95_s: Floats

    @property
    def routes(self) -> tuple[str, ...]:
        """Names of the columns that are routes."""
        return self.load.program.routes

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the columns that are services."""
        return self.load.program.services


def analyse(scenario: Scenario) -> Analysis:
    """Return what closed forms make of a scenario as its manifests size it.

    For many sizings of one load use `load_of` once and `evaluate` for each.
    """
    load = load_of(scenario)
    return evaluate(load, sizing_of(scenario, load.program))


def load_of(scenario: Scenario) -> Load:
    """Return what comes: the demand of each route and the rates of each hour."""
    program = compile_program(scenario.topology, scenario.cluster)
    demand = demand_of(program)
    light = _light_times(program, demand, sizing_of(scenario, program))
    alone = dict(zip(program.routes, light[program.arrays.route_call], strict=True))
    users = scenario.file.traffic.users
    light_s = float(np.mean([alone[route] for route in users.journey])) if users else 0.0
    gauges = {
        name: np.array([gauge.per_request * gauge.lifetime / NS_PER_S * (r in gauge.opened_by) for r in program.routes])
        for name, gauge in scenario.topology.gauges.items()
    }
    return Load(program, demand, hourly_rates(scenario, program.routes, light_s), gauges, light)


def evaluate(load: Load, sizing: Sizing) -> Analysis:
    """Return what closed forms make of a sizing under a load; a few milliseconds."""
    program, demand, rates = load.program, load.demand, load.rates
    low, replicas, high = replicas_at_rest(load, sizing)
    waits = stations(program, demand, rates.peak_rps, replicas, sizing)
    mean, p95, times = route_times(program, demand, rates.peak_rps, replicas, sizing, waits, 0.95)
    cpu, peak_cpu = (r @ demand.cpu_s + replicas * sizing.probe_cores for r in (rates.mean_rps, rates.peak_rps))
    with np.errstate(divide="ignore", invalid="ignore"):
        room = replicas * np.minimum(sizing.cpu_limit_cores, most_cores(program, sizing))
        utilization, peak = (np.where(used > 0, used / room, 0.0) for used in (cpu, peak_cpu))
    return Analysis(
        load=load,
        sizing=sizing,
        visits_rps=rates.mean_rps @ demand.visits,
        replicas=replicas,
        replicas_low=low,
        replicas_high=high,
        cpu_cores=cpu,
        workload_cpu_cores=cpu + replicas * (sizing.own_cores + sizing.other_cores),
        utilization=utilization,
        peak_utilization=peak,
        throttled_ratio=waits.left_ratio,
        memory_bytes=_memory(load, sizing, replicas, times),
        route_mean_s=mean,
        route_p95_s=p95,
    )


def _light_times(program: Program, demand: Demand, sizing: Sizing) -> Floats:
    """Return the mean time of each call with nobody else there, shape (calls,)."""
    rates, pods = np.zeros((1, len(program.routes))), np.ones((1, len(program.services)))
    mean, _ = visit_times(program, demand, rates, pods, sizing, idle_stations(program, 1))
    return np.asarray(mean[0], np.float64)


def replicas_at_rest(load: Load, sizing: Sizing) -> tuple[Floats, Floats, Floats]:
    """Return the least, the wanted and the largest number of pods at which each HPA rests, within its bounds.

    They are what `evaluate` has as ``replicas_low``, ``replicas`` and ``replicas_high``, without all the rest.
    """
    rates, demand = load.rates.peak_rps, load.demand
    cpu = rates @ demand.cpu_s
    cpu_own = sizing.probe_cores + sizing.own_cores + sizing.other_cores
    answers = [resting_replicas(cpu, cpu_own, sizing.cpu_request_cores * sizing.cpu_target)]
    answers.append(
        resting_replicas(
            _held(load, load.light_s)[1], _idle_bytes(load, sizing), sizing.memory_request_bytes * sizing.memory_target
        )
    )
    for service, metrics in enumerate(sizing.gauges):
        for name, target in metrics:
            column = tuple(np.zeros_like(cpu) for _ in range(3))
            if name in load.gauges:
                for found, value in zip(column, resting_replicas(rates @ load.gauges[name], 0.0, target), strict=True):
                    found[:, service] = value
            answers.append((column[0], column[1], column[2]))
    wanted = [np.maximum.reduce([answer[i] for answer in answers]) for i in range(3)]
    low, exact, high = (np.clip(w, sizing.minimum, sizing.maximum).astype(np.float64) for w in wanted)
    return low, exact, high


def _idle_bytes(load: Load, sizing: Sizing) -> Floats:
    """Return what a pod holds without requests."""
    return np.asarray(load.program.arrays.service_memory_base_bytes + sizing.own_bytes + sizing.other_bytes, np.float64)


def _held(load: Load, times_s: Floats) -> tuple[Floats, Floats]:
    """Return open calls, and the bytes that they hold, by hour and service (Little's law)."""
    arrays, demand = load.program.arrays, load.demand
    rate = load.rates.peak_rps[:, demand.op_route[arrays.call_start]] * demand.op_reached[arrays.call_start]
    with np.errstate(invalid="ignore"):
        busy = np.where(rate > 0, rate * times_s, 0.0)
        each = arrays.call_memory_bytes + arrays.service_memory_per_open_bytes[arrays.call_service]
        held = np.where(each > 0, busy * each, 0.0)  # where nobody is served, endlessly many hold nothing
    services = len(load.program.services)
    return added_up(busy, arrays.call_service, services), added_up(held, arrays.call_service, services)


def _memory(load: Load, sizing: Sizing, replicas: Floats, times_s: Floats) -> Floats:
    """Return an upper estimate of a container's memory: base, open requests at their 99.9 %, and growth so far.

    A pod is taken to have lived since the window's start. No more requests are open than threads and queues hold.
    """
    arrays = load.program.arrays
    count, held = _held(load, times_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(count > 0, held / count, 0.0)
        each = np.where(np.isfinite(each), each, arrays.service_memory_per_open_bytes)
        open_requests = poisson_quantile(np.where(count > 0, count / replicas, 0.0), _OPEN_SHARE)
        visits = load.rates.mean_rps @ load.demand.visits * load.rates.covered_s[:, None]
        grown = np.where(visits > 0, visits / replicas, 0.0).cumsum(axis=0) * arrays.service_memory_growth_bytes
    room = np.add.reduceat(arrays.group_threads + arrays.group_queue_limit, arrays.group_first[:-1])
    open_requests = np.minimum(open_requests, room)
    return np.asarray(
        arrays.service_memory_base_bytes + sizing.own_bytes + open_requests * each + np.where(grown > 0, grown, 0.0)
    )
