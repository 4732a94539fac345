"""What every rule asks of the cluster: who scales whom, how many pods there can be, who selects whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fvcapacity.scenario.cluster import (
    ClusterObjects,
    Container,
    HorizontalPodAutoscaler,
    Service,
    VolumeClaim,
    Workload,
)
from fvcapacity.scenario.network import matches_selector

SCALABLE = ("Deployment", "StatefulSet", "ReplicaSet")
KEEPS_RUNNING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod")


class View:
    """The cluster's objects with their relations."""

    def __init__(self, objects: ClusterObjects) -> None:
        self.objects = objects
        self._workloads: dict[tuple[str, str, str], Workload] = {
            (item.namespace, item.kind, item.name): item for item in objects.workloads
        }
        self._by_namespace: dict[str, list[Workload]] = {}
        for workload in objects.workloads:
            self._by_namespace.setdefault(workload.namespace, []).append(workload)
        self._autoscalers: dict[tuple[str, str, str], HorizontalPodAutoscaler] = {}
        for item in objects.autoscalers:
            self._autoscalers.setdefault((item.namespace, item.target_kind, item.target_name), item)

    def target(self, autoscaler: HorizontalPodAutoscaler) -> Workload | None:
        """Return the workload that an HPA scales."""
        wanted: tuple[str, str, str] = (autoscaler.namespace, autoscaler.target_kind, autoscaler.target_name)
        return self._workloads.get(wanted)

    def autoscaler(self, workload: Workload) -> HorizontalPodAutoscaler | None:
        """Return the HPA of a workload (the first one, where several want it)."""
        return self._autoscalers.get((workload.namespace, workload.kind, workload.name))

    def replicas(self, workload: Workload) -> tuple[int, int]:
        """Return the fewest and the most pods of a workload in ordinary operation.

        A DaemonSet counts one (how many nodes there are is not known here).
        """
        autoscaler = self.autoscaler(workload)
        if autoscaler is not None and workload.replicas != 0:  # replicas: 0 switches the HPA off
            return autoscaler.min_replicas, max(autoscaler.max_replicas, autoscaler.min_replicas)
        count = 1 if workload.replicas is None else workload.replicas
        return count, count

    def selected(self, selector: Mapping[str, Any], namespace: str) -> list[Workload]:
        """Return the workloads of a namespace whose pods a label selector matches."""
        inside = self._by_namespace.get(namespace, ())
        return [item for item in inside if matches_selector(selector, item.template.labels)]

    def behind(self, service: Service) -> list[Workload]:
        """Return the workloads whose pods a Service selects."""
        return self.selected({"matchLabels": service.selector}, service.namespace) if service.selector else []

    def service(self, name: str, namespace: str) -> Service | None:
        """Return a Service by name and namespace."""
        return self.objects.service(name, namespace)

    def claim(self, name: str, workload: Workload) -> VolumeClaim | None:
        """Return a PersistentVolumeClaim that a workload mounts (no claim template)."""
        for item in self.objects.claims:
            if (item.name, item.namespace) == (name, workload.namespace):
                return item
        return None


def running(workload: Workload) -> Iterator[Container]:
    """Yield the containers that run as long as the pod does (apps and sidecars)."""
    yield from (item for item in workload.template.containers if item.kind != "init")


def field_of(workload: Workload, container: Container, field: str) -> str:
    """Return a field in the path grammar: ``deployment/order-service.limits.cpu``.

    Containers besides the first app container are named: ``deployment/x/exporter.limits.cpu``.
    """
    first = next((item for item in workload.template.containers if item.kind == "app"), container)
    inner = "" if container is first else f"/{container.name}"
    return f"{workload.key}{inner}.{field}"
