"""Which workload and container stand behind a Service, and what they burn besides requests."""

from __future__ import annotations

from fvcapacity.scenario.cluster import ClusterObjects, Container, Probe, Service, Workload
from fvcapacity.scenario.topology import ServiceModel, Topology
from fvcapacity.units import NS_PER_MS

EXEC_PROBE_CPU_NS = 5 * NS_PER_MS
"""CPU of an exec probe (a shell and a client program); assumed."""


def serving_workload(cluster: ClusterObjects, service_name: str) -> Workload | None:
    """Return the workload whose pods the Service with this name selects."""
    service = cluster.service(service_name)
    return None if service is None else selected_workload(cluster, service)


def selected_workload(cluster: ClusterObjects, service: Service) -> Workload | None:
    """Return the workload whose pods a Service selects (the first, in the order of the manifests)."""
    if not service.selector:
        return None
    wanted = service.selector.items()
    for workload in cluster.workloads:
        if workload.namespace == service.namespace and wanted <= dict(workload.template.labels).items():
            return workload
    return None


def serving_container(workload: Workload, name: str | None) -> Container | None:
    """Return the container with this name, or the first app container when none is given."""
    for container in workload.template.containers:
        if container.name == name or (name is None and container.kind == "app"):
            return container
    return None


def probe_cpu_ns(probe: Probe, service: ServiceModel) -> int:
    """Return what one run of a probe costs at the container that serves."""
    served = round(service.probe_cpu_ms * NS_PER_MS)
    return {"exec": EXEC_PROBE_CPU_NS, "tcp": 0}.get(probe.handler, served)


def steady_loads(
    workload: Workload, topology: Topology, service: str | None, container: str | None
) -> dict[str, tuple[float, int]]:
    """Return each container's own load, in cores and bytes; a load of the whole pod stands at its first app container.

    ``service`` and ``container`` are what serves requests, None for a pod that serves none.
    """
    found: dict[str, tuple[float, int]] = {}
    app = [c.name for c in workload.template.containers if c.kind == "app"]
    for item in workload.template.containers:
        if item.kind == "init":
            continue
        load = topology.background.get(f"{workload.key}/{item.name}")
        cores, memory = (load.cpu, load.memory) if load else (0.0, 0)
        whole = topology.background.get(workload.key)
        if whole and app and item.name == (container or app[0]):
            cores, memory = cores + whole.cpu, memory + whole.memory
        if service is not None and item.name == container:
            cores += topology.services[service].background_cpu
        found[item.name] = (cores, memory)
    return found
