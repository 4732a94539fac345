"""Measured background and memory, written into the services of a topology."""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import probe_cpu_ns, serving_container, serving_workload
from fvcapacity.scenario.topology import Topology
from fvcapacity.study.calibrate.by_route import RouteFit
from fvcapacity.study.calibrate.memory import MemoryFit


def probe_cores(scenario: Scenario, service: str) -> float:
    """Return the CPU that the probes of one pod take, by the manifests and the topology."""
    workload = serving_workload(scenario.cluster, service)
    model = scenario.topology.services[service]
    container = serving_container(workload, model.container) if workload is not None else None
    if container is None:
        return 0.0
    probes = [probe for probe in (container.liveness, container.readiness) if probe is not None]
    return sum(probe_cpu_ns(probe, model) / 1e9 / max(probe.period_s, 1) for probe in probes)


def with_background(topology: Topology, scenario: Scenario, fits: Mapping[str, RouteFit], words: str) -> Topology:
    """Return the topology with the measured background CPU; the probes' part of it is taken off."""
    services = dict(topology.services)
    for name, fitted in fits.items():
        if fitted.problem:
            continue
        whole, low, high = fitted.background
        cores = max(whole - probe_cores(scenario, name), 0.0)
        text = f"{words}; background with probes {1e3 * whole:.3g}m (95 %: {1e3 * low:.3g}m to {1e3 * high:.3g}m)"
        model = services[name]
        source = f"{model.source}; {text}" if model.source else text
        services[name] = model.model_copy(update={"background_cpu": round(cores, 6), "source": source})
    return topology.model_copy(update={"services": services})


def with_memory(topology: Topology, fits: Mapping[str, MemoryFit], words: str) -> Topology:
    """Return the topology with the measured memory."""
    services = dict(topology.services)
    for name, fitted in fits.items():
        if fitted.base_bytes is None:
            continue
        base, low, high = fitted.base_bytes
        text = f"{words}; base {base / 2**20:.4g} MiB (95 %: {low / 2**20:.4g} to {high / 2**20:.4g})"
        update: dict[str, object] = {"base": round(base), "basis": "measured"}
        if fitted.shows_open_requests(services[name].memory.per_open_request) and fitted.per_open_bytes is not None:
            each, low, high = fitted.per_open_bytes
            update["per_open_request"] = round(each)
            text += f", {each / 1024:.4g} KiB an open request (95 %: {low / 1024:.4g} to {high / 1024:.4g})"
        memory = services[name].memory.model_copy(update={**update, "source": text})
        services[name] = services[name].model_copy(update={"memory": memory})
    return topology.model_copy(update={"services": services})
