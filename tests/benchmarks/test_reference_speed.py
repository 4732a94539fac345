"""The reference plane beside SimPy as it is usually written, on the same chain of queues in the same run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import simpy

from tests.support.tiny import SECOND, Tiny, cpu, program_of

pytestmark = pytest.mark.benchmark_run

SERVERS = {"a": 2, "b": 3, "c": 2}
RATE = 50.0
RHO = 0.7
REQUESTS = 20_000
SERVICE_MS = {name: RHO * count / RATE * 1000 for name, count in SERVERS.items()}


def reference_chain() -> float:
    """Serve the chain on the reference plane; returns CPU seconds."""
    services = {n: {"threads": {"main": {"count": c, "queue_limit": 10**6}}} for n, c in SERVERS.items()}
    steps: list[dict[str, Any]] = []
    for name in reversed(SERVERS):
        steps = [{"call": name, "steps": [cpu(SERVICE_MS[name], "exponential"), *steps]}]
    program = program_of(services, {"r": {"steps": steps, "client_timeout": "1h"}})
    times = np.cumsum(np.random.default_rng(1).exponential(SECOND / RATE, REQUESTS)).astype(np.int64)
    pods = [{"service": name} for name in SERVERS]
    tiny = Tiny(program, [(int(t), 0) for t in times], pods, duration_ns=int(times[-1]) + 600 * SECOND)
    started = time.process_time()
    plane = tiny.run()
    spent = time.process_time() - started
    assert plane.records is not None
    assert len(plane.records) == REQUESTS
    return spent


def idiomatic_chain() -> float:
    """Serve the same chain with Resource and a process per request; returns CPU seconds."""
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
        for _ in range(REQUESTS):
            yield env.timeout(draw.expovariate(RATE))
            env.process(request())

    started = time.process_time()
    env.process(source())
    env.run()
    assert ended == REQUESTS
    return time.process_time() - started


def best_of(function: Callable[[], float], runs: int = 3) -> float:
    return min(function() for _ in range(runs))


def test_a_fifth_of_idiomatic_simpy(benchmark: Any) -> None:
    reference_chain()  # compiles the rules
    idiomatic = best_of(idiomatic_chain)
    benchmark.pedantic(reference_chain, rounds=1)
    ratio = idiomatic / best_of(reference_chain)
    benchmark.extra_info["ratio"] = round(ratio, 3)
    print(f"\nreference plane: {ratio:.2f} of idiomatic SimPy ({REQUESTS / idiomatic:,.0f} requests a CPU second)")
    assert ratio >= 0.2
