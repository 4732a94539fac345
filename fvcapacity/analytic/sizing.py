"""What the manifests give to each service: replicas, requests, limits, HPA. The knobs of a search, as arrays."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.program.program import Program
from fvcapacity.scenario.cluster import Container, HorizontalPodAutoscaler, Probe, Workload
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import probe_cpu_ns, steady_loads
from fvcapacity.scenario.topology import ServiceModel
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Sizing(Frozen):
    """One row for each service, in the order of the program. Replace arrays with ``dataclasses.replace`` to vary it.

    Attributes
    ----------
    cpu_limit_cores, memory_limit_bytes
        float64: of the container that serves; infinite for none.
    cpu_request_cores, memory_request_bytes
        float64: of all containers of the pod, as an HPA adds them up; 0 for none.
    minimum, maximum
        int64: bounds of the replicas; both are the written number without an HPA (for a DaemonSet the machines).
    cpu_target, memory_target
        float64: target utilization of the HPA as a ratio; nan for none.
    gauges
        For each service (gauge, target for each pod) of the HPA's custom metrics.
    probe_cores, own_cores
        float64: what probes of the container burn, and its background load. The data planes count the background to
        the machine, not to the container's quota.
    other_cores, other_bytes
        float64: what the other containers of the pod use.
    own_bytes
        float64: background memory of the container that serves.
    node_cores
        Cores of the smallest machine type; a container can use no more at once.
    """

    cpu_limit_cores: Floats
    memory_limit_bytes: Floats
    cpu_request_cores: Floats
    memory_request_bytes: Floats
    minimum: Ints
    maximum: Ints
    cpu_target: Floats
    memory_target: Floats
    gauges: tuple[tuple[tuple[str, float], ...], ...]
    probe_cores: Floats
    own_cores: Floats
    other_cores: Floats
    other_bytes: Floats
    own_bytes: Floats
    node_cores: float


def sizing_of(scenario: Scenario, program: Program) -> Sizing:
    """Return what the scenario's manifests say."""
    rows = [_row(scenario, program, number) for number in range(len(program.services))]
    hpas = [_autoscaler(scenario, _workload(scenario, program, number)) for number in range(len(rows))]

    def floats(name: str) -> Floats:
        return np.array([row[name] for row in rows], np.float64)

    def whole(name: str) -> Ints:
        return np.array([row[name] for row in rows], np.int64)

    return Sizing(
        cpu_limit_cores=floats("cpu_limit_cores"),
        memory_limit_bytes=floats("memory_limit_bytes"),
        cpu_request_cores=floats("cpu_request_cores"),
        memory_request_bytes=floats("memory_request_bytes"),
        minimum=whole("minimum"),
        maximum=whole("maximum"),
        cpu_target=np.array([_target(hpa, "cpu") for hpa in hpas], np.float64),
        memory_target=np.array([_target(hpa, "memory") for hpa in hpas], np.float64),
        gauges=tuple(_gauges(hpa) for hpa in hpas),
        probe_cores=floats("probe_cores"),
        own_cores=floats("own_cores"),
        other_cores=floats("other_cores"),
        other_bytes=floats("other_bytes"),
        own_bytes=floats("own_bytes"),
        node_cores=min(pool.cpu for pool in scenario.file.nodes.values()),
    )


def _workload(scenario: Scenario, program: Program, number: int) -> Workload:
    workload = scenario.cluster.workload(program.workloads[number])
    assert workload is not None  # the program was compiled from the same objects
    return workload


def _row(scenario: Scenario, program: Program, number: int) -> dict[str, float]:
    workload = _workload(scenario, program, number)
    service, name = program.services[number], program.containers[number]
    container = next(c for c in workload.template.containers if c.name == name)
    model = scenario.topology.services[service]
    running = [c for c in workload.template.containers if c.kind != "init"]
    loads = steady_loads(workload, scenario.topology, service, name)
    others = [load for key, load in loads.items() if key != name]
    hpa = _autoscaler(scenario, workload)
    replicas = _written(scenario, workload)
    return {
        "cpu_limit_cores": math.inf if container.cpu_limit_cores is None else container.cpu_limit_cores,
        "memory_limit_bytes": math.inf if container.memory_limit_bytes is None else container.memory_limit_bytes,
        "cpu_request_cores": sum(_first(c.cpu_request_cores, c.cpu_limit_cores) for c in running),
        "memory_request_bytes": sum(_first(c.memory_request_bytes, c.memory_limit_bytes) for c in running),
        "minimum": hpa.min_replicas if hpa else replicas,
        "maximum": hpa.max_replicas if hpa else replicas,
        "probe_cores": _probe_cores(container, model),
        "own_cores": loads[name][0],
        "other_cores": sum(cores for cores, _ in others),
        "other_bytes": sum(memory for _, memory in others),
        "own_bytes": loads[name][1],
    }


def _autoscaler(scenario: Scenario, workload: Workload) -> HorizontalPodAutoscaler | None:
    for hpa in scenario.cluster.autoscalers:
        if f"{hpa.target_kind.lower()}/{hpa.target_name}" == workload.key and workload.replicas != 0:
            return hpa
    return None


def _written(scenario: Scenario, workload: Workload) -> int:
    if workload.kind == "DaemonSet":
        return sum(pool.count for pool in scenario.file.nodes.values())
    return 1 if workload.replicas is None else workload.replicas


def _first(request: float | None, limit: float | None) -> float:
    """Return the request; a missing one is the limit, as the API has it."""
    return request if request is not None else limit or 0.0


def _target(hpa: HorizontalPodAutoscaler | None, resource: str) -> float:
    for metric in hpa.metrics if hpa else ():
        if metric.name == resource and metric.utilization_percent is not None:
            return metric.utilization_percent / 100
    return math.nan


def _gauges(hpa: HorizontalPodAutoscaler | None) -> tuple[tuple[str, float], ...]:
    return tuple(
        (metric.name, metric.average_value_milli / 1000)
        for metric in (hpa.metrics if hpa else ())
        if metric.type == "Pods" and metric.average_value_milli
    )


def _probe_cores(container: Container, model: ServiceModel) -> float:
    """Return what probes of a running container burn; a startup probe is over by then."""
    probes: list[Probe] = [probe for probe in (container.readiness, container.liveness) if probe is not None]
    return sum(probe_cpu_ns(probe, model) / NS_PER_S / max(probe.period_s, 1) for probe in probes)
