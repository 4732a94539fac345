"""Which workload and container stand behind a Service."""

from __future__ import annotations

from fvcapacity.scenario.cluster import ClusterObjects, Container, Workload


def serving_workload(cluster: ClusterObjects, service_name: str) -> Workload | None:
    """Return the workload whose pods a Service selects (the first, in the order of the manifests)."""
    service = cluster.service(service_name)
    if service is None or not service.selector:
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
