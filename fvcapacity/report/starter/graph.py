"""Services, who calls whom, and where users come in: what the manifests tell, and what is assumed beyond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fvcapacity.frozen import Frozen
from fvcapacity.report.starter.calls import called_names
from fvcapacity.report.starter.images import Guess, guess_of
from fvcapacity.scenario.cluster import ClusterObjects, Service, Workload
from fvcapacity.scenario.cluster_checks import container_ports
from fvcapacity.scenario.network import check_edge
from fvcapacity.scenario.serving import selected_workload, serving_container


class Found(Frozen):
    """A Service with pods behind it."""

    service: Service
    workload: Workload
    guess: Guess

    @property
    def name(self) -> str:
        """Name of the Service."""
        return self.service.name


class Entry(Frozen):
    """Where users come in: a path, and the Service that answers there."""

    path: str
    service: str
    host: str = ""


@dataclass
class Graph:
    """What a topology is made from.

    Attributes
    ----------
    services
        By name, those that requests come to, callers before whom they call.
    calls
        Called Services by caller; without circles.
    entries
        Where users come in.
    front
        The ingress controller that requests pass first; None without.
    remarks
        What was assumed or left out, in sentences.
    """

    services: dict[str, Found]
    calls: dict[str, list[str]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    front: str | None = None
    remarks: list[str] = field(default_factory=list)


def graph_of(cluster: ClusterObjects, raw: Sequence[Mapping[str, Any]]) -> Graph:
    """Return the services of some manifests and how requests probably go through them.

    Parameters
    ----------
    cluster, raw
        The same objects, read and as mappings.
    """
    everyone = _with_pods(cluster)
    graph = Graph(everyone)
    graph.calls = _calls(cluster, raw, graph)
    graph.front = next((item.name for item in everyone.values() if item.guess.role == "front"), None)
    graph.entries = _entries(cluster, graph)
    if graph.front is not None and not _front_serves(cluster, graph):
        graph.front = None
    _cut_circles(graph)
    _keep_what_is_reached(graph)
    return graph


def _with_pods(cluster: ClusterObjects) -> dict[str, Found]:
    """Return one Service for each workload: the one that bears its name, or the first."""
    found: dict[str, Found] = {}
    taken: dict[tuple[str, str], str] = {}
    for service in sorted(cluster.services, key=lambda item: (item.headless, item.type == "ExternalName")):
        workload = selected_workload(cluster, service)
        container = serving_container(workload, None) if workload else None
        if workload is None or container is None or workload.kind in ("Job", "CronJob") or service.name in found:
            continue
        key = (workload.namespace, workload.key)
        earlier = taken.get(key)
        if earlier is not None and (service.name != workload.name or earlier == workload.name):
            continue
        if earlier is not None:
            del found[earlier]
        taken[key] = service.name
        found[service.name] = Found(service, workload, guess_of(container.image, workload.name))
    order = {service.name: number for number, service in enumerate(cluster.services)}
    return dict(sorted(found.items(), key=lambda item: order[item[0]]))


def _calls(cluster: ClusterObjects, raw: Sequence[Mapping[str, Any]], graph: Graph) -> dict[str, list[str]]:
    known = graph.services
    by_workload = {(item.workload.namespace, item.workload.key): name for name, item in known.items()}
    callable_ = {service.name: selected_workload(cluster, service) for service in cluster.services}
    calls: dict[str, list[str]] = {}
    for name, item in known.items():
        if item.guess.role in ("store", "platform"):
            continue
        for wanted in called_names(item.workload, raw, cluster.services):
            workload = callable_.get(wanted)
            called = by_workload.get((workload.namespace, workload.key)) if workload else None
            if called is None or called == name or called in calls.get(name, ()):
                continue
            if known[called].guess.role in ("platform", "front"):
                continue
            if _allowed(cluster, item.workload, known[called]):
                calls.setdefault(name, []).append(called)
            else:
                graph.remarks.append(f"{name} names {called}, but a NetworkPolicy forbids the call: it is left out")
    return calls


def _allowed(cluster: ClusterObjects, source: Workload, target: Found) -> bool:
    ports = container_ports(target.service, target.workload)
    return not ports or any(check_edge(cluster, source, target.workload, port).allowed for port in ports)


def _entries(cluster: ClusterObjects, graph: Graph) -> list[Entry]:
    known = graph.services
    by_workload = {(item.workload.namespace, item.workload.key): name for name, item in known.items()}
    entries: dict[tuple[str, str], Entry] = {}

    def add(path: str, service: str, host: str = "") -> None:
        backend = cluster.service(service)
        workload = selected_workload(cluster, backend) if backend else None
        name = by_workload.get((workload.namespace, workload.key)) if workload else None
        if name is not None:
            entries.setdefault((path, name), Entry(path, name, host))

    for ingress in cluster.ingresses:
        for rule in ingress.rules:
            add(rule.path or "/", rule.service, rule.host)
    if entries:
        return list(entries.values())
    for service in cluster.services:
        if service.type in ("LoadBalancer", "NodePort"):
            add("/", service.name)
    entries = {key: entry for key, entry in entries.items() if known[entry.service].guess.role in ("app", "web")}
    if entries:
        return list(entries.values())
    called = {name for names in graph.calls.values() for name in names}
    free = [name for name, item in known.items() if item.guess.role in ("app", "web") and name not in called]
    free = free or [name for name, item in known.items() if item.guess.role in ("app", "web")] or list(known)[:1]
    if free:
        graph.remarks.append(f"no Ingress and no LoadBalancer says where users come in; assumed: {', '.join(free)}")
    return [Entry("/", name) for name in free]


def _front_serves(cluster: ClusterObjects, graph: Graph) -> bool:
    """Tell whether the ingress controller stands before the entries: there are Ingresses, and it may call them."""
    assert graph.front is not None
    source = graph.services[graph.front].workload
    return bool(cluster.ingresses) and all(
        entry.service != graph.front and _allowed(cluster, source, graph.services[entry.service])
        for entry in graph.entries
    )


def _cut_circles(graph: Graph) -> None:
    """Take out calls that lead back to a caller: a request has to come to an end."""
    done: set[str] = set()
    for start in graph.services:
        if start in done:
            continue
        way: list[str] = [start]
        left = [list(graph.calls.get(start, ()))]
        while way:
            if not left[-1]:
                done.add(way.pop())
                left.pop()
                continue
            called = left[-1].pop(0)
            if called in way:
                graph.calls[way[-1]].remove(called)
                graph.remarks.append(f"{way[-1]} names {called}, which calls it: the way back is left out")
            elif called not in done:
                way.append(called)
                left.append(list(graph.calls.get(called, ())))


def _keep_what_is_reached(graph: Graph) -> None:
    reached: dict[str, None] = {graph.front: None} if graph.front else {}
    waiting = [entry.service for entry in graph.entries]
    while waiting:
        name = waiting.pop(0)
        if name not in reached:
            reached[name] = None
            waiting += graph.calls.get(name, ())
    left = [name for name, item in graph.services.items() if name not in reached and item.guess.role != "platform"]
    if left:
        graph.remarks.append(f"nobody seems to call {', '.join(left)}: described as steady load beside the requests")
    graph.services = {name: graph.services[name] for name in reached}
    graph.calls = {name: called for name, called in graph.calls.items() if name in graph.services}
