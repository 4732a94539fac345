"""The topology of a first scenario, as text: everything in it is assumed unless a comment says where it is from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fvcapacity.report.starter.graph import Found, Graph
from fvcapacity.report.starter.routes import Program, Told
from fvcapacity.report.starter.text import comment, number, scalar
from fvcapacity.scenario.cluster import ClusterObjects, Container, Workload
from fvcapacity.scenario.serving import serving_container

_MIB = 2**20
_HEAD = (
    "What the manifests cannot say: the routes, who calls whom, and what a request costs where. Made by `fvcap init`: "
    "services and their names are those of the manifests; everything else is ASSUMED unless a comment says otherwise. "
    "Replace it by what you know, the routes first; `fvcap calibrate` learns CPU and memory from measurements."
)


def topology_text(
    cluster: ClusterObjects, graph: Graph, program: Program, routes: list[Told], measured_ms: Mapping[str, float]
) -> str:
    """Return the topology as YAML.

    Parameters
    ----------
    measured_ms
        CPU of one visit by service, in milliseconds, where a Prometheus told it.
    """
    lines = [*comment(_HEAD), "basis: assumed", "", "services:"]
    for name, item in graph.services.items():
        lines += _service(item, program.operations.get(name, {}), measured_ms.get(name))
    lines += ["", "routes:"]
    for route in routes:
        lines += _route(graph, route, measured_ms)
    lines += _gauges(cluster, routes)
    lines += _background(cluster, graph)
    return "\n".join(lines) + "\n"


def _service(item: Found, operations: Mapping[str, list[str]], measured_ms: float | None) -> Iterator[str]:
    guess = item.guess
    container = serving_container(item.workload, None)
    assert container is not None
    yield f"  {scalar(item.name)}:"
    yield from comment(f"{item.workload.key}, image {container.image or 'not named'}; {guess.words}", "    ")
    yield "    threads:"
    yield f"      main: {{kind: {guess.threads}, count: {guess.count}, queue_limit: {guess.queue_limit}}}"
    yield f"    memory: {{base: {_base_mib(container, guess.base_mib)}Mi, per_open_request: 64Ki}}"
    yield f"    startup_cpu_ms: {guess.startup_cpu_ms}"
    if guess.role == "front":
        return
    visit = guess.visit_cpu_ms
    if measured_ms is not None:
        visit = measured_ms
        yield from comment(
            "CPU of a visit: all CPU of the service by its requests, in the range that was pulled", "    "
        )
    yield "    operations:"
    for operation, called in operations.items():
        yield f"      {scalar(operation)}:"
        yield "        response_bytes: 2k"
        yield "        log_bytes: 250"
        yield "        steps:"
        before = visit if not called else 0.6 * visit
        yield f"          - cpu: {_cpu(before, measured_ms is not None)}"
        for other in called:
            yield f"          - call: {scalar(_operation_of(other))}"
            yield "            timeout: 5s"
        if called:
            yield f"          - cpu: {_cpu(visit - before, measured_ms is not None)}"


def _cpu(mean_ms: float, measured: bool) -> str:
    return f"{{mean_ms: {number(mean_ms)}, cv: 0.5{', basis: measured' if measured else ''}}}"


def _operation_of(service: str) -> str:
    return f"{service}.request"


def _base_mib(container: Container, guessed: int) -> int:
    """Return the memory of an idle container: never so much that it would be killed before its first request."""
    limit = container.memory_limit_bytes
    return guessed if limit is None else max(1, min(guessed, limit // (2 * _MIB)))


def _route(graph: Graph, route: Told, measured_ms: Mapping[str, float]) -> Iterator[str]:
    yield f"  {scalar(route.name)}:"
    if route.requests is None:
        yield from comment("path and share are assumed", "    ")
    else:
        yield from comment(f"counted: {route.requests:,.0f} requests; which service answers is assumed", "    ")
    yield f"    method: {route.method}"
    yield f"    path: {scalar(route.path)}"
    yield f"    share: {number(route.share)}"
    if not route.user:
        yield "    user: false  # machine traffic, by its path"
    yield "    steps:"
    call = scalar(f"{route.service}.{route.operation}")
    if graph.front is None:
        yield f"      - call: {call}"
        return
    visit = measured_ms.get(graph.front, graph.services[graph.front].guess.visit_cpu_ms)
    yield f"      - call: {scalar(graph.front)}"
    yield "        response_bytes: 2k"
    yield "        log_bytes: 300"
    yield "        steps:"
    yield f"          - cpu: {{mean_ms: {number(visit)}, cv: 0.3}}"
    yield f"          - call: {call}"
    yield "            timeout: 60s"


def _gauges(cluster: ClusterObjects, routes: list[Told]) -> Iterator[str]:
    names = {m.name for hpa in cluster.autoscalers for m in hpa.metrics if m.type == "Pods"}
    if not names:
        return
    yield ""
    yield from comment(
        "Metrics of pods that HPAs ask for. What opens and closes them is assumed: take the routes that really do."
    )
    yield "gauges:"
    for name in sorted(names):
        yield f"  {scalar(name)}: {{opened_by: [{scalar(_opening(name, routes))}], lifetime: 30s}}"


def _opening(gauge: str, routes: list[Told]) -> str:
    """Return the route that a metric's name speaks of (``pending_orders``: ``order``), or the last one."""
    words = {word.rstrip("s") for word in re.split(r"[^a-z0-9]+", gauge.lower()) if len(word) > 3}
    fitting = [route for route in routes if words & {word.rstrip("s") for word in route.name.split("-")}]
    return (fitting or routes[-1:])[0].name


def _background(cluster: ClusterObjects, graph: Graph) -> Iterator[str]:
    serving = {(item.workload.namespace, item.workload.key) for item in graph.services.values()}
    others = [
        workload
        for workload in cluster.workloads
        if (workload.namespace, workload.key) not in serving and workload.kind not in ("Job", "CronJob")
    ]
    if not others:
        return
    yield ""
    yield from comment("What runs beside and serves no request that is described: a fifth of its CPU request, half of "
                       "its memory request.")  # fmt: skip
    yield "background:"
    seen: set[str] = set()
    for workload in others:
        if workload.key not in seen:
            seen.add(workload.key)
            yield f"  {scalar(workload.key)}: {_steady(workload)}"


def _steady(workload: Workload) -> str:
    apps = [item for item in workload.template.containers if item.kind != "init"]
    cores = sum(item.cpu_request_cores or 0.0 for item in apps)
    memory = sum(item.memory_request_bytes or 0 for item in apps)
    cpu = max(1, min(round(200 * cores), 60_000)) if cores else 5
    first = next((item.memory_limit_bytes for item in apps if item.memory_limit_bytes is not None), None)
    mib = max(1, memory // (2 * _MIB)) if memory else 32
    if first is not None:
        mib = max(1, min(mib, first // (2 * _MIB)))
    return f"{{cpu: {cpu}m, memory: {mib}Mi}}"
