"""Checks of a topology against the manifests: every service has pods, every call is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.scenario.call_graph import edges
from fvcapacity.scenario.cluster import ClusterObjects, Service, Workload
from fvcapacity.scenario.finding import Finding, did_you_mean
from fvcapacity.scenario.network import check_edge
from fvcapacity.scenario.serving import serving_container, serving_workload
from fvcapacity.scenario.topology import Topology


def check_cluster(topology: Topology, cluster: ClusterObjects) -> Iterator[Finding]:
    """Yield what does not fit between a topology and the manifests."""
    for name in topology.services:
        yield from _service(topology, cluster, name)
    yield from _shared_workloads(topology, cluster)
    yield from _forbidden_edges(topology, cluster)
    yield from _metrics(topology, cluster)
    yield from _background(topology, cluster)
    yield from _init(topology, cluster)


def _service(topology: Topology, cluster: ClusterObjects, name: str) -> Iterator[Finding]:
    path = ("services", name)
    service = cluster.service(name)
    if service is None:
        hint = did_you_mean(name, [item.name for item in cluster.services])
        message = f"no manifest defines a Service {name!r}"
        yield Finding("topology", path, message, hint, rule="unknown-service", at_key=True)
        return
    workload = serving_workload(cluster, name)
    if workload is None:
        labels = ", ".join(f"{k}={v}" for k, v in service.selector.items()) or "nothing"
        message = f"the Service {name!r} selects {labels}, and no workload in {service.namespace!r} has these labels"
        hint = "make its selector match the labels of a pod template"
        yield Finding("manifests", (), message, hint, rule="service-without-pods", location=service.location)
        return
    wanted = topology.services[name].container
    if serving_container(workload, wanted) is None:
        names = [c.name for c in workload.template.containers]
        message = f"{workload.key} has no container {wanted!r}" if wanted else f"{workload.key} has no app container"
        field = (*path, "container") if wanted else path
        yield Finding("topology", field, message, did_you_mean(wanted or "", names), rule="unknown-container")


def _shared_workloads(topology: Topology, cluster: ClusterObjects) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name in topology.services:
        workload = serving_workload(cluster, name)
        if workload is None:
            continue
        other = first.setdefault(workload.key, name)
        if other != name:
            message = f"{name!r} and {other!r} are both served by {workload.key}; a pod serves one service"
            hint = "describe it once, with all operations in one service"
            yield Finding("topology", ("services", name), message, hint, rule="shared-workload", at_key=True)


def _forbidden_edges(topology: Topology, cluster: ClusterObjects) -> Iterator[Finding]:
    for (caller, called), path in edges(topology).items():
        source, target = serving_workload(cluster, caller), serving_workload(cluster, called)
        service = cluster.service(called)
        if source is None or target is None or service is None:
            continue
        ports = container_ports(service, target)
        verdicts = [check_edge(cluster, source, target, port) for port in ports]
        if not verdicts or any(verdict.allowed for verdict in verdicts):
            continue
        policies = sorted({policy for verdict in verdicts for policy in verdict.policies})
        names = ", ".join(f"NetworkPolicy/{policy}" for policy in policies)
        numbers = ", ".join(str(port) for port in ports)
        yield Finding(
            "topology",
            (*path, "call"),
            f"{source.key} may not call {target.key} (port {numbers}): forbidden by {names}",
            "allow the edge in the policy, or take the call out of the topology",
            rule="forbidden-edge",
        )


def container_ports(service: Service, workload: Workload) -> list[int]:
    """Return the container ports behind a Service; a named one that no container has is left out."""
    named = {name: port for c in workload.template.containers for name, port in c.ports.items()}
    resolved = [port if isinstance(port, int) else named.get(port) for port in service.ports.values()]
    return [port for port in resolved if port is not None]


def _metrics(topology: Topology, cluster: ClusterObjects) -> Iterator[Finding]:
    for autoscaler in cluster.autoscalers:
        for metric in autoscaler.metrics:
            if metric.type == "Pods" and metric.name not in topology.gauges:
                message = f"hpa/{autoscaler.name} wants the metric {metric.name!r}, which no gauge provides"
                hint = "add it to gauges of the topology; without it the HPA reports FailedGetPodsMetric"
                yield Finding(
                    "manifests",
                    (),
                    message,
                    hint,
                    severity="warning",
                    rule="metric-without-gauge",
                    location=autoscaler.location,
                )


def _background(topology: Topology, cluster: ClusterObjects) -> Iterator[Finding]:
    workloads = {workload.key: workload for workload in cluster.workloads}
    for key in topology.background:
        path = ("background", key)
        kind, _, rest = key.partition("/")
        name, _, container = rest.partition("/")
        workload = workloads.get(f"{kind}/{name}")
        if workload is None:
            message, hint = f"no manifest defines {kind}/{name}", did_you_mean(f"{kind}/{name}", workloads)
        elif container and serving_container(workload, container) is None:
            message = f"{kind}/{name} has no container {container!r}"
            hint = did_you_mean(container, [c.name for c in workload.template.containers])
        else:
            continue
        hint += " (the load is left out)"
        yield Finding("topology", path, message, hint, severity="warning", rule="unknown-background", at_key=True)


def _init(topology: Topology, cluster: ClusterObjects) -> Iterator[Finding]:
    known = [f"{w.key}/{c.name}" for w in cluster.workloads for c in w.template.containers if c.kind == "init"]
    for key in topology.init:
        if key not in known:
            hint = did_you_mean(key, known) + " (the time is left out)"
            message = f"no manifest defines an init container {key!r}"
            yield Finding(
                "topology", ("init", key), message, hint, severity="warning", rule="unknown-init", at_key=True
            )
