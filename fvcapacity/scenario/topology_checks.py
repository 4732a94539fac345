"""Checks of a topology by itself: every name is known, every program ends."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.scenario.call_graph import Site, called_service, cycles, edges, sites
from fvcapacity.scenario.finding import Finding, did_you_mean
from fvcapacity.scenario.topology import Topology


def check_topology(topology: Topology) -> Iterator[Finding]:
    """Yield what is wrong inside a topology."""
    yield from _routes(topology)
    for site in sites(topology):
        if site.step.call is not None:
            yield from _call(topology, site)
        elif site.step.cpu is not None and site.service:
            yield from _threads(topology, site)
    yield from _cycles(topology)
    yield from _pools(topology)
    yield from _gauges(topology)
    yield from _unused(topology)


def _routes(topology: Topology) -> Iterator[Finding]:
    if not topology.routes:
        yield Finding("topology", ("routes",), "there is no route", "describe at least one", rule="no-routes")
    for name, route in topology.routes.items():
        if len(route.steps) != 1 or route.steps[0].call is None:
            kinds = [next(k for k in type(s).model_fields if getattr(s, k) is not None) for s in route.steps]
            yield Finding(
                "topology",
                ("routes", name, "steps"),
                f"a route has exactly one call, its entry into the cluster; this has {', '.join(kinds) or 'no step'}",
                "put the other steps into the service that is called",
                rule="route-entry",
            )


def _call(topology: Topology, site: Site) -> Iterator[Finding]:
    call = site.step.call or ""
    path = (*site.path, "call")
    service, _, operation = call.rpartition(".")
    if call in topology.services:
        if site.step.steps is None:
            known = topology.services[call].operations
            hint = f"name an operation, such as {call}.{next(iter(known))}" if known else "add steps to the call"
            yield Finding("topology", path, f"the call of {call!r} says not what to do there", hint, rule="empty-call")
    elif called_service(topology, call) is None:
        if service in topology.services:
            known = topology.services[service].operations
            hint = did_you_mean(operation, known)
            message = f"the service {service!r} has no operation {operation!r}"
            yield Finding("topology", path, message, hint, rule="unknown-operation")
        else:
            hint = did_you_mean(service or call, topology.services)
            message = f"there is no service {service or call!r}"
            yield Finding("topology", path, message, hint, rule="unknown-service")
    elif site.step.steps is not None:
        message = f"the call names the operation {call!r} and gives steps of its own"
        yield Finding("topology", path, message, f"call {service!r} with steps, or drop the steps", rule="two-programs")


def _threads(topology: Topology, site: Site) -> Iterator[Finding]:
    assert site.step.cpu is not None
    groups, wanted = topology.services[site.service].threads, site.step.cpu.threads
    if wanted not in groups:
        message = f"the service {site.service!r} has no threads {wanted!r}"
        hint = did_you_mean(
            wanted,
            groups,
            otherwise=f"known: {', '.join(groups) or 'none'}; add {wanted!r} to services.{site.service}.threads",
        )
        yield Finding("topology", (*site.path, "cpu"), message, hint, rule="unknown-threads")


def _cycles(topology: Topology) -> Iterator[Finding]:
    for circle in cycles(topology):
        service, _, operation = circle[0].rpartition(".")
        yield Finding(
            "topology",
            ("services", service, "operations", operation),
            f"operations call each other in a circle: {' -> '.join(circle)}",
            "a request must come to an end: take one of these calls out",
            rule="call-cycle",
            at_key=True,
        )


def _pools(topology: Topology) -> Iterator[Finding]:
    needed = edges(topology)
    for name, service in topology.services.items():
        for target, size in service.pools.items():
            path = ("services", name, "pools", target)
            if target not in topology.services:
                hint = did_you_mean(target, topology.services)
                message = f"there is no service {target!r}"
                yield Finding("topology", path, message, hint, rule="unknown-service", at_key=True)
            elif (name, target) not in needed:
                message = f"{name!r} has a pool of connections to {target!r}, which it never calls"
                yield Finding(
                    "topology", path, message, "remove the pool", severity="warning", rule="unused-pool", at_key=True
                )
            if size < 1:
                yield Finding("topology", path, f"a pool of {size} connections lets nothing through", "write 1 or more")


def _gauges(topology: Topology) -> Iterator[Finding]:
    for name, gauge in topology.gauges.items():
        for number, route in enumerate(gauge.opened_by):
            if route not in topology.routes:
                hint = did_you_mean(route, topology.routes)
                path = ("gauges", name, "opened_by", number)
                yield Finding("topology", path, f"there is no route {route!r}", hint, rule="unknown-route")


def _unused(topology: Topology) -> Iterator[Finding]:
    called = {called_service(topology, site.step.call) for site in sites(topology) if site.step.call}
    for name in topology.services:
        if name not in called:
            message, hint = f"no route calls the service {name!r}", "it serves probes only"
            yield Finding(
                "topology", ("services", name), message, hint, severity="warning", rule="unused-service", at_key=True
            )
