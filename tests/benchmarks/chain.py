"""Three queues in a row, carried by both planes, by SimPy as it is usually written, and by Ciw.

2, 3 and 2 servers at rho 0.7, exponential services, Poisson arrivals, no limits: by Erlang's second formula a request
takes 87.390 ms on average.
"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import simpy

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.histogram import edges_ns
from fvcapacity.dataplane.reference.plane import ReferencePlane
from fvcapacity.dataplane.statistics import Statistics
from tests.benchmarks.clocks import Timed, timed
from tests.benchmarks.systems import PlaneKind, PoissonRequests, System, carry, served
from tests.support.tiny import cpu, program_of

SERVERS = {"a": 2, "b": 3, "c": 2}
RATE = 100.0
RHO = 0.7
SERVICE_MS = {name: RHO * count / RATE * 1000 for name, count in SERVERS.items()}


def mean_response_ms() -> float:
    """Return what queueing theory says: a row of M/M/c."""
    return sum(_station_ms(servers, SERVICE_MS[name]) for name, servers in SERVERS.items())


def _station_ms(servers: int, service_ms: float) -> float:
    load = RHO * servers
    full = load**servers / math.factorial(servers) * servers / (servers - load)
    waits = full / (sum(load**k / math.factorial(k) for k in range(servers)) + full)
    return service_ms * (1 + waits / (servers - load))


def chain_system(requests: int, copies: int = 1, speed: float = 1.0) -> System:
    """Return the chain; with ``copies`` there are so many of each station, on nodes of their own, and as much load.

    With ``speed`` its servers are so many times as fast, and requests come as much faster.
    """
    services = {n: {"threads": {"main": {"count": c, "queue_limit": 10**6}}} for n, c in SERVERS.items()}
    steps: list[dict[str, Any]] = []
    for name in reversed(SERVERS):
        steps = [{"call": name, "steps": [cpu(SERVICE_MS[name] / speed, "exponential"), *steps]}]
    program = program_of(services, {"r": {"steps": steps, "client_timeout": "1h"}})
    pods = [{"service": name, "node": copy} for copy in range(copies) for name in SERVERS]
    return System(program, PoissonRequests(requests, RATE * copies * speed), pods, nodes=[64.0] * copies)


def plane_chain(kind: PlaneKind, requests: int, copies: int = 1) -> tuple[Timed, Statistics]:
    """Carry the chain on a plane of ours; the making of the arrivals counts as well."""
    system = chain_system(requests, copies)
    plane = system.plane(kind)
    spent = timed(lambda: _carried(plane, system.duration_ns))
    assert served(plane.statistics) == requests, "requests were lost"
    return spent, plane.statistics


def _carried(plane: Any, until_ns: int) -> int:
    carry(plane, until_ns)
    return served(plane.statistics)


def fast_chain(requests: int = 300_000) -> Timed:
    """Carry the chain on the fast plane."""
    return plane_chain(FastPlane, requests)[0]


def reference_chain(requests: int = 10_000) -> Timed:
    """Carry the chain on the reference plane."""
    return plane_chain(ReferencePlane, requests)[0]


def mean_of(statistics: Statistics) -> float:
    """Return the mean response time in milliseconds, read off the histogram (at most 0.8 % wrong)."""
    counts = statistics.route_histogram.sum(axis=(0, 1)).astype(np.float64)
    edges = edges_ns().astype(np.float64)
    middles = np.append((edges[:-1] + edges[1:]) / 2, edges[-1])
    return float(counts @ middles / counts.sum() / 1e6)


def simpy_chain(requests: int = 20_000) -> Timed:
    """Carry the chain with a Resource a station and a process a request."""
    return timed(lambda: _simpy(requests))


def _simpy(requests: int) -> int:
    env, draw, ended = simpy.Environment(), random.Random(1), 0
    stations = [(simpy.Resource(env, count), SERVICE_MS[name] / 1000) for name, count in SERVERS.items()]

    def request() -> Any:
        nonlocal ended
        for resource, mean in stations:
            with resource.request() as turn:
                yield turn
                yield env.timeout(draw.expovariate(1 / mean))
        ended += 1

    def source() -> Any:
        for _ in range(requests):
            yield env.timeout(draw.expovariate(RATE))
            env.process(request())

    env.process(source())
    env.run()
    assert ended == requests
    return ended


def ciw_chain(requests: int = 5_000) -> Timed:
    """Carry the chain with Ciw."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(RATE), None, None],
        service_distributions=[ciw.dists.Exponential(1000 / mean) for mean in SERVICE_MS.values()],
        routing=[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]],
        number_of_servers=list(SERVERS.values()),
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    spent = timed(lambda: simulation.simulate_until_max_customers(requests, method="Finish") or requests)
    assert len(simulation.nodes[-1].all_individuals) >= requests
    return spent
