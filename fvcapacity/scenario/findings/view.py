"""What every rule asks of the cluster: who scales whom, how many pods there can be, who selects whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class View:
    """The cluster's objects with their relations."""

    objects: ClusterObjects

    def target(self, autoscaler: HorizontalPodAutoscaler) -> Workload | None:
        """Return the workload that an HPA scales."""
        for workload in self.objects.workloads:
            wanted = (autoscaler.namespace, autoscaler.target_kind, autoscaler.target_name)
            if (workload.namespace, workload.kind, workload.name) == wanted:
                return workload
        return None

    def autoscaler(self, workload: Workload) -> HorizontalPodAutoscaler | None:
        """Return the HPA of a workload."""
        return next((item for item in self.objects.autoscalers if self.target(item) is workload), None)

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
        return [
            item
            for item in self.objects.workloads
            if item.namespace == namespace and matches_selector(selector, item.template.labels)
        ]

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

    Containers besides the first app container are named: ``deployment/x.containers.exporter.limits.cpu``.
    """
    first = next((item for item in workload.template.containers if item.kind == "app"), container)
    inner = "" if container is first else f"containers.{container.name}."
    return f"{workload.key}.{inner}{field}"
