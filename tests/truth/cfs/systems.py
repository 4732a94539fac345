"""What is replayed: each measured system as a tiny topology of the product, with what was recorded in it.

S1 is a service with one event loop, S2 one with an I/O thread and workers, S3 a chain with a connection pool and a
database that keeps a process for each connection, S4 two services that share a CPU. Demands are the measured ones:
what the handler used, request by request, and what else the process used, the same for every request.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fvcapacity.dataplane.source import ClosedUsers
from fvcapacity.program.program import Program
from fvcapacity.semantics.cfs_quota import quota_of
from tests.support.tiny import program_of
from tests.truth.cfs.host import Host
from tests.truth.cfs.records import Floats, Ints, Json, Run, UnknownRecordError, agree, percentiles_ms

UNBOUNDED = 1_000_000
"""Nobody was refused in the measurements, whatever the backlog."""
DEFAULT_SHARES = 1024
IO_THREAD_MS = 0.03
"""CPU of the I/O thread of S2 for a request."""
DATABASE_CONSTANT_MS = 0.08
"""CPU of the database for a query besides what grows with its rows."""
HIGHEST_UTILIZATION = 0.93
"""S1 is judged up to here: beyond, p50 stands on a knee."""
LOW_UTILIZATION = 0.5
"""Up to here the order in which a client re-uses its connections makes no difference."""


@dataclass(frozen=True)
class Pod:
    """A container to start."""

    service: int
    quota_ns: int = 0
    shares: int = DEFAULT_SHARES


@dataclass(frozen=True)
class Series:
    """Requests whose response times are compared."""

    label: str
    route: int
    measured_ms: Floats
    requests: int


@dataclass(frozen=True)
class Throttling:
    """What the kernel counted for the containers of a service."""

    label: str
    service: int
    periods: int
    throttled: int


@dataclass(frozen=True)
class Replay:
    """A measured run as the product sees it."""

    run: Run
    program: Program
    times_ns: Ints
    routes: Ints
    pods: tuple[Pod, ...]
    series: tuple[Series, ...]
    throttling: tuple[Throttling, ...] = ()
    users: ClosedUsers | None = None
    passed_over: str = ""
    """Why the run is not judged; empty when it is."""
    single_thread: tuple[Ints, int] | None = field(default=None, repr=False)
    """Demands and quota of a system that is one queue before one thread."""

    @property
    def cpus(self) -> tuple[float, float]:
        """CPUs of the machine, and how many of them the run was kept away from."""
        cpus = float(self.run.machine["host_cpus"])
        affinity = str(self.run.record["cpu_affinity"])
        if affinity == "none":
            return cpus, 0.0
        if not re.fullmatch(r"(both cgroups on CPU )?\d+", affinity):
            raise UnknownRecordError(f"{self.run.id}: cpu_affinity {affinity!r}")
        return cpus, cpus - 1.0


def replay_of(run: Run, host: Host) -> Replay:
    """Return what is replayed of a run, on a machine that wakes threads up like ``host``."""
    return _BUILDERS[run.record["system"]](run, host)


def recorded(values_ms: Floats, threads: str = "main") -> dict[str, Any]:
    """Return a step that needs what was recorded."""
    return {"cpu": {"distribution": "recorded", "values_ms": values_ms.tolist(), "threads": threads}}


def demands_ms(handler_ms: Floats, mean_total_ms: float) -> Floats:
    """Return each request's whole demand: its handler's, and an equal part of everything else."""
    rest = mean_total_ms - handler_ms.mean()
    if handler_ms.min() + rest < 0:
        return handler_ms * (mean_total_ms / handler_ms.mean())
    return handler_ms + rest


def _one_route(entry: dict[str, Any]) -> dict[str, Any]:
    return {"r": {"steps": [entry], "client_timeout": "10h"}}


def _threads(count: int = 1, **more: Any) -> dict[str, Any]:
    return {"count": count, "queue_limit": UNBOUNDED, **more}


def _passed_over(record: Json, highest: float) -> str:
    """Return why a run is not compared with a first-come-first-served model."""
    pool, load = record["client_connection_pool"], record["utilisation_of_limit_measured"]
    if isinstance(load, dict):
        load = max(load.values())
    if load > highest:
        return f"utilization above {highest}"
    return "lifo: served partly in reverse" if pool == "lifo" and load > LOW_UTILIZATION else ""


def _throttling(label: str, service: int, *stats: Json) -> Throttling:
    return Throttling(
        label, service, sum(stat["nr_periods"] for stat in stats), sum(stat["nr_throttled"] for stat in stats)
    )


def _series(run: Run, label: str = "", route: int = 0) -> Series:
    record = run.record["systems"][label] if label else run.record
    response_time, requests = record["response_time"], record["n_requests"]
    agree(run, response_time, run.ms(f"{label}/response" if label else "response"), requests)
    return Series(label, route, percentiles_ms(response_time), requests)


def _one_server(run: Run, service: dict[str, Any], steps: list[dict[str, Any]], highest: float, **more: Any) -> Replay:
    """Return the replay of a run with one server and one route."""
    record, times = run.record, run.scheduled_ns()
    return Replay(
        run=run,
        program=program_of({"server": service}, _one_route({"call": "server", "steps": steps})),
        times_ns=times,
        routes=np.zeros(len(times), np.int64),
        pods=(Pod(0, quota_of(record["cpu_quota_millicores"])),),
        series=(_series(run),),
        throttling=(_throttling("", 0, record["cpu_stat"]),),
        passed_over=_passed_over(record, highest),
        **more,
    )


def _single_thread(run: Run, host: Host) -> Replay:
    record = run.record
    if record["server"] != "node http, single thread" or record["worker_threads"] != 1:
        raise UnknownRecordError(f"{run.id}: server {record['server']!r} with {record['worker_threads']} threads")
    demands = demands_ms(run.ms("handler_cpu"), record["cpu_per_request_ms_mean_total"])
    alone = np.round(demands * 1e6).astype(np.int64), quota_of(record["cpu_quota_millicores"])
    steps = [*host.wake(), recorded(demands)]
    return _one_server(run, {"threads": {"main": _threads()}}, steps, HIGHEST_UTILIZATION, single_thread=alone)


def _thread_pool(run: Run, host: Host) -> Replay:
    record = run.record
    told = re.fullmatch(r"C http, 1 io thread \+ (\d+) worker threads", record["server"])
    if told is None or int(told[1]) != record["worker_threads"]:
        raise UnknownRecordError(f"{run.id}: server {record['server']!r} with {record['worker_threads']} threads")
    handler, mean = run.ms("handler_cpu"), record["cpu_per_request_ms_mean_total"]
    io = min(IO_THREAD_MS, max(0.0, (mean - handler.mean()) / 2))
    steps = [
        *host.wake(),
        {"cpu": {"mean_ms": io, "distribution": "constant"}},
        *host.wake(),
        recorded(demands_ms(handler, mean - io), "workers"),
    ]
    threads = {"main": _threads(), "workers": _threads(record["worker_threads"])}
    return _one_server(run, {"threads": threads}, steps, float("inf"))


_CHAIN = re.compile(
    r"client round-robin -> gateway x(\d+) -> product_service x1 -> postgresql \(pool of (\d+) connections\)"
)


def _chain(run: Run, host: Host) -> Replay:
    record, times = run.record, run.scheduled_ns()
    told = _CHAIN.fullmatch(record["topology"])
    if told is None or int(told[2]) != record["db_pool_connections"]:
        raise UnknownRecordError(f"{run.id}: topology {record['topology']!r}")
    names = [f"gateway_{number + 1}" for number in range(int(told[1]))]
    known = {*names, "product_service", "postgresql"}
    if set(record["cpu_stat"]) != known or set(record["cpu_quota_millicores"]) != {"gateway_each", *known - {*names}}:
        raise UnknownRecordError(f"{run.id}: containers {', '.join(record['cpu_stat'])}, but {record['topology']!r}")
    quotas = {name: quota_of(value) for name, value in record["cpu_quota_millicores"].items()}
    pool = record["db_pool_connections"]
    services: dict[str, Any] = {
        "gateway": {"threads": {"main": _threads()}, "balancing": "round_robin"},
        "product": {"threads": {"main": _threads()}, "pools": {"database": pool}},
        "database": {"threads": {"main": _threads(pool, kind="per_request")}},
    }
    stats = record["cpu_stat"]
    return Replay(
        run=run,
        program=program_of(services, _one_route({"call": "gateway", "steps": _chain_steps(run, host, names)})),
        times_ns=times,
        routes=np.zeros(len(times), np.int64),
        pods=(
            *(Pod(0, quotas["gateway_each"]) for _ in names),
            Pod(1, quotas["product_service"]),
            Pod(2, quotas["postgresql"]),
        ),
        series=(_series(run),),
        throttling=(
            _throttling("gateways", 0, *(stats[name] for name in names)),
            _throttling("product", 1, stats["product_service"]),
            _throttling("database", 2, stats["postgresql"]),
        ),
        passed_over=_passed_over(record, float("inf")),
    )


def _chain_steps(run: Run, host: Host, gateways: list[str]) -> list[dict[str, Any]]:
    """Return the steps of a request at its gateway; what a process used besides burning is split before and after."""
    totals = run.record["cpu_per_request_ms_mean_total"]
    burn, product = run.ms("gateway_burn_cpu"), run.ms("product_burn_cpu")
    gateway_rest = np.zeros(len(burn))
    for number, name in enumerate(gateways):
        own = slice(number, None, len(gateways))
        gateway_rest[own] = max(0.0, totals[name] - burn[own].mean())
    product_rest = max(0.0, totals["product_service"] - product.mean())
    before, after = run.ms("nominal_product_before"), run.ms("nominal_product_after")
    first_part = before / np.maximum(before + after, SMALLEST_MS)
    rows = run.array("nominal_db_rows").astype(np.float64)
    constant = min(DATABASE_CONSTANT_MS, totals["postgresql"])
    query = constant + rows * ((totals["postgresql"] - constant) / rows.mean())
    at_product = [
        *host.wake(),
        recorded(product * first_part + product_rest / 2),
        {"call": "database", "steps": [*host.wake(), recorded(query)]},
        *host.wake(),
        recorded(product * (1 - first_part) + product_rest / 2),
    ]
    return [
        *host.wake(),
        recorded(burn + gateway_rest / 2),
        {"call": "product", "steps": at_product},
        *host.wake(),
        recorded(gateway_rest / 2),
    ]


SMALLEST_MS = 0.001


def _two_groups(run: Run, host: Host) -> Replay:
    """A and B share a CPU by weight; one of them may be a busy loop: a user who never stops to think."""
    record = run.record
    if record["cpu_quota_millicores"] is not None or set(record["cpu_shares"]) != set(record["systems"]):
        raise UnknownRecordError(f"{run.id}: shares of {', '.join(record['cpu_shares'])}, or a quota")
    names, servers, loops = list(record["systems"]), {}, []
    for route, (name, side) in enumerate(record["systems"].items()):
        if side["server"] == "busy loop (CPU hog, always runnable)":
            loops.append(route)
        elif side["server"] == "node http, single thread":
            offset = round(side["trace_start_offset_ms"] * 1e6)
            demand = demands_ms(run.ms(f"{name}/handler_cpu"), side["cpu_per_request_ms_mean_total"])
            servers[route] = run.scheduled_ns(f"{name}/") + offset, demand
        else:
            raise UnknownRecordError(f"{run.id}/{name}: server {side['server']!r}")
    if len(loops) > 1 or not servers:
        raise UnknownRecordError(f"{run.id}: {len(loops)} busy loops and {len(servers)} servers")
    times = np.concatenate([arrivals for arrivals, _ in servers.values()])
    routes = np.concatenate([np.full(len(arrivals), route) for route, (arrivals, _) in servers.items()])
    order = np.argsort(times, kind="stable")
    times, routes = times[order], routes[order]
    steps = {
        route: [*host.wake(), recorded(_in_rows(demand, routes == route))] for route, (_, demand) in servers.items()
    }
    steps |= {route: [{"cpu": {"mean_ms": 1000, "distribution": "constant"}}] for route in loops}
    program = program_of(
        {name: {"threads": {"main": _threads()}} for name in names},
        {
            name: {"steps": [{"call": name, "steps": steps[route]}], "client_timeout": "10h"}
            for route, name in enumerate(names)
        },
    )
    return Replay(
        run=run,
        program=program,
        times_ns=times,
        routes=routes,
        pods=tuple(Pod(route, shares=record["cpu_shares"][name]) for route, name in enumerate(names)),
        series=tuple(_series(run, names[route], route) for route in servers),
        users=ClosedUsers(journey=(loops[0],), think_ns=0, stages=((0, 1),)) if loops else None,
    )


def _in_rows(values: Floats, own: Any) -> Floats:
    """Return values in the rows of their own requests, among those of others."""
    rows = np.zeros(len(own))
    rows[own] = values
    return rows


_BUILDERS: dict[str, Callable[[Run, Host], Replay]] = {
    "S1": _single_thread,
    "S2": _thread_pool,
    "S3": _chain,
    "S4": _two_groups,
}
