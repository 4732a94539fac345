"""Topology and manifests in, program out: names become indices, step trees become flat operations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np

from fvcapacity.errors import TopologyError
from fvcapacity.frozen import Frozen
from fvcapacity.program.layout import Balance, Op, ProgramArrays
from fvcapacity.program.program import Program
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.serving import serving_container, serving_workload
from fvcapacity.scenario.topology import Distribution, Operation, ServiceModel, Step, Topology
from fvcapacity.semantics.draw import DISTRIBUTIONS, LOGNORMAL, stable_hash
from fvcapacity.units import NS_PER_MS

_BALANCE = {"random": Balance.RANDOM, "round_robin": Balance.ROUND_ROBIN, "sticky": Balance.STICKY}


def compile_program(topology: Topology, cluster: ClusterObjects) -> Program:
    """Compile a checked topology.

    Parameters
    ----------
    topology
        Routes and services; ``scenario.checks`` has found no problem in it.
    cluster
        Says which workload stands behind each Service.

    Raises
    ------
    TopologyError
        When a service has no workload, or operations call each other in a circle.
    """
    services = tuple(topology.services)
    workloads, containers, missing = [], [], []
    for name, service in topology.services.items():
        workload = serving_workload(cluster, name)
        container = serving_container(workload, service.container) if workload else None
        if workload is None or container is None:
            missing.append(name)
            continue
        workloads.append(workload.key)
        containers.append(container.name)
    if missing:
        raise TopologyError(f"no container stands behind {', '.join(missing)}")
    return Program(
        routes=tuple(topology.routes),
        services=services,
        user_routes=tuple(route.user for route in topology.routes.values()),
        workloads=tuple(workloads),
        containers=tuple(containers),
        arrays=_Compiler(topology).arrays(),
    )


@dataclass
class _Rows:
    """Columns that grow row by row and are frozen in the end."""

    columns: dict[str, list[float]] = field(default_factory=dict)

    def add(self, **values: float) -> int:
        for name, value in values.items():
            self.columns.setdefault(name, []).append(value)
        return len(next(iter(self.columns.values()))) - 1

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))


class _Pending(Frozen):
    """A call whose row exists and whose operations are still to be written."""

    call: int
    service: str
    steps: Sequence[Step]
    path: str
    operations_above: tuple[str, ...]


class _Compiler:
    """Writes the rows. Calls are written breadth first, so that parallel ones stand side by side."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.service_index = {name: i for i, name in enumerate(topology.services)}
        self.calls, self.ops, self.pools = _Rows(), _Rows(), _Rows()
        self.pool_index: dict[tuple[str, str], int] = {}
        self.pending: list[_Pending] = []
        self.recorded_ns: list[float] = []

    def arrays(self) -> ProgramArrays:
        self._write_pools()
        route_call = []
        for name, route in self.topology.routes.items():
            entry = route.steps[0]
            route_call.append(self._write_call(entry, None, f"route:{name}", (), route.client_timeout))
        while self.pending:
            self._write_visit(self.pending.pop(0))
        groups, services = self._service_rows()
        columns: dict[str, Sequence[float]] = {
            "route_call": route_call,
            **{f"call_{name}": values for name, values in self.calls.columns.items()},
            **{f"op_{name}": values for name, values in self.ops.columns.items()},
            **{f"service_{name}": values for name, values in services.columns.items()},
            **{f"group_{name}": values for name, values in groups.items()},
            "pool_owner": self.pools.columns.get("owner", []),
            "pool_size": self.pools.columns.get("size", []),
            "recorded_ns": self.recorded_ns,
        }
        return ProgramArrays(**{name: _freeze(name, columns[name]) for name in ProgramArrays._fields})

    def _write_pools(self) -> None:
        for name, service in self.topology.services.items():
            for target, size in service.pools.items():
                self.pool_index[name, target] = self.pools.add(owner=self.service_index[name], size=size)

    def _write_call(
        self, step: Step, caller: str | None, path: str, above: tuple[str, ...], client_timeout: int = 0
    ) -> int:
        service_name, operation_name, operation = self._target(step, above)
        model = self.topology.services[service_name]
        path = f"{path}>{step.call}"
        breaker = step.breaker
        call = self.calls.add(
            service=self.service_index[service_name],
            start=0,
            path=stable_hash(path),
            timeout_ns=step.timeout or client_timeout,
            retries=step.retries,
            backoff_ns=step.retry_backoff,
            cancel=int(step.cancel_on_timeout),
            optional=int(step.optional),
            network_ns=model.network_round_trip,
            pool=self.pool_index.get((caller, service_name), -1) if caller else -1,
            memory_bytes=_first(step.request_memory, operation.request_memory),
            response_bytes=_first(step.response_bytes, operation.response_bytes),
            log_bytes=_first(step.log_bytes, operation.log_bytes),
            written_bytes=_first(step.written_bytes, operation.written_bytes),
            breaker_failures=breaker.failures if breaker else 0,
            breaker_open_ns=breaker.open if breaker else 0,
        )
        steps = operation.steps if step.steps is None else step.steps
        inside = (*above, operation_name) if operation_name else above
        self.pending.append(_Pending(call, service_name, steps, path, inside))
        return call

    def _target(self, step: Step, above: tuple[str, ...]) -> tuple[str, str, Operation]:
        assert step.call is not None
        if step.call in self.topology.services:
            return step.call, "", Operation(steps=())
        service_name, _, short = step.call.rpartition(".")
        if step.call in above:
            raise TopologyError(f"operations call each other in a circle: {' -> '.join((*above, step.call))}")
        return service_name, step.call, self.topology.services[service_name].operations[short]

    def _write_visit(self, visit: _Pending) -> None:
        self.calls.columns["start"][visit.call] = len(self.ops)
        self._write_steps(visit, visit.steps, visit.path)
        self._op(Op.END, visit.path)

    def _write_steps(self, visit: _Pending, steps: Iterable[Step], path: str) -> None:
        for number, step in enumerate(steps):
            here = f"{path}/{number}"
            if step.cpu is not None:
                self._timed(Op.CPU, step.cpu, here, self._group(visit.service, step.cpu.threads))
            elif step.wait is not None:
                self._timed(Op.WAIT, step.wait, here, 0)
            elif step.disk is not None:
                self._op(Op.DISK, here, mean=step.disk.operations)
            elif step.branch is not None:
                self._branch(visit, step, here)
            else:
                self._write_calls(visit, step.parallel or (step,), here)

    def _write_calls(self, visit: _Pending, steps: Sequence[Step], path: str) -> None:
        calls = [
            self._write_call(step, visit.service, f"{path}.{i}", visit.operations_above) for i, step in enumerate(steps)
        ]
        self._op(Op.CALL, path, a=calls[0], b=len(calls))

    def _branch(self, visit: _Pending, step: Step, path: str) -> None:
        assert step.branch is not None
        decision = self._op(Op.BRANCH, path, mean=step.branch.probability)
        self._write_steps(visit, step.branch.then, f"{path}+")
        leave = self._op(Op.JUMP, path)
        self.ops.columns["a"][decision] = len(self.ops)
        self._write_steps(visit, step.branch.otherwise, f"{path}-")
        self.ops.columns["a"][leave] = len(self.ops)

    def _group(self, service: str, threads: str) -> int:
        return list(self.topology.services[service].threads).index(threads)

    def _timed(self, kind: Op, time: Distribution, path: str, group: int) -> int:
        dist = DISTRIBUTIONS[time.distribution]
        sigma = math.sqrt(math.log1p(time.cv**2)) if dist == LOGNORMAL else 0.0
        first, mean = len(self.recorded_ns), time.mean_ms * NS_PER_MS
        self.recorded_ns += _recorded_ns(time)
        return self._op(kind, path, a=first, b=len(time.values_ms), mean=mean, sigma=sigma, dist=dist, group=group)

    def _op(
        self, kind: Op, path: str, *, a: int = 0, b: int = 0, mean: float = 0.0, sigma: float = 0.0,
        dist: int = 0, group: int = 0,
    ) -> int:  # fmt: skip
        return self.ops.add(
            kind=kind, a=a, b=b, group=group, dist=dist, mean_ns=mean, sigma=sigma, path=stable_hash(path)
        )

    def _service_rows(self) -> tuple[dict[str, list[float]], _Rows]:
        first, per_request, threads, limits = [0], [], [], []
        rows = _Rows()
        for service in self.topology.services.values():
            rows.add(**_service_row(service))
            for group in service.threads.values():
                per_request.append(int(group.kind == "per_request"))
                threads.append(group.count)
                limits.append(group.queue_limit)
            first.append(len(threads))
        groups: dict[str, list[float]] = {
            "first": list(first),
            "per_request": list(per_request),
            "threads": list(threads),
            "queue_limit": list(limits),
        }
        return groups, rows


def _service_row(service: ServiceModel) -> dict[str, float]:
    return {
        "memory_base_bytes": service.memory.base,
        "memory_per_open_bytes": service.memory.per_open_request,
        "memory_growth_bytes": service.memory.growth_per_request,
        "startup_cpu_ns": round(service.startup_cpu_ms * NS_PER_MS),
        "disk_interval_ns": math.ceil(1e9 / service.disk_iops) if service.disk_iops else 0,
        "disk_latency_ns": service.disk_latency,
        "balance": _BALANCE[service.balancing],
        "connections": service.connections_per_client,
    }


def _recorded_ns(time: Distribution) -> list[float]:
    """Return a record's values in nanoseconds, scaled to the mean."""
    if not time.values_ms:
        return []
    mean_ms = fmean(time.values_ms)
    factor = time.mean_ms / mean_ms if mean_ms else 0.0
    return [round(value * factor * NS_PER_MS) for value in time.values_ms]


def _first(own: int | None, inherited: int | None) -> int:
    return own if own is not None else inherited or 0


def _freeze(name: str, values: Sequence[float]) -> Any:
    dtype = np.float64 if name in ("op_mean_ns", "op_sigma") else np.int64
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array
