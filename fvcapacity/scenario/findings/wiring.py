"""Rules about Services, Ingresses and NetworkPolicies: everything must lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.errors import Problem
from fvcapacity.scenario.cluster import Ingress, IngressRule, Service, Workload
from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.findings.rules import finding
from fvcapacity.scenario.findings.view import View, running


def check_wiring(view: View) -> Iterator[Problem]:
    """Yield findings about what points to nothing."""
    for service in view.objects.services:
        yield from _service(view, service)
    for ingress in view.objects.ingresses:
        for rule in ingress.rules:
            yield from _ingress(view, ingress, rule)
    for policy in view.objects.network_policies:
        selector = policy.spec.get("podSelector") or {}
        if selector and not view.selected(selector, policy.namespace):
            message = "the podSelector matches no workload"
            hint = "make it match the labels of a pod template"
            field = f"networkpolicy/{policy.name}.podSelector"
            yield finding("policy-selects-nothing", message, policy.location, field, hint)


def _service(view: View, service: Service) -> Iterator[Problem]:
    if not service.selector or service.type == "ExternalName":
        return  # its endpoints are written by hand, or outside
    key = f"service/{service.name}"
    workloads = view.behind(service)
    if not workloads:
        labels = ", ".join(f"{name}={value}" for name, value in service.selector.items())
        message = f"no workload in namespace {service.namespace} has the labels {labels}"
        hint = "make the selector match the labels of a pod template"
        yield finding("service-selects-nothing", message, service.location, f"{key}.selector", hint)
    for port, target in service.ports.items():
        for workload in workloads:
            yield from _target_port(service, workload, port, target)


def _target_port(service: Service, workload: Workload, port: int, target: int | str) -> Iterator[Problem]:
    ports = {name: number for container in running(workload) for name, number in container.ports.items()}
    field, known = f"service/{service.name}.ports.{port}", ", ".join(f"{n}={p}" for n, p in ports.items())
    if isinstance(target, str):
        if target not in ports:
            message = f"port {port} leads to the port {target!r}, which {workload.key} does not have"
            hint = did_you_mean(target, ports, otherwise=f"its ports: {known or 'none'}")
            yield finding("unknown-target-port", message, service.location, field, hint)
    elif ports and target not in ports.values():
        message = f"port {port} leads to port {target}, which no container of {workload.key} declares"
        hint = f"declared: {known}; a process may listen there all the same"
        yield finding("undeclared-target-port", message, service.location, field, hint)


def _ingress(view: View, ingress: Ingress, rule: IngressRule) -> Iterator[Problem]:
    where = f"{rule.host}{rule.path}" or "the default backend"
    field, place = f"ingress/{ingress.name}", rule.location or ingress.location
    service = view.service(rule.service, ingress.namespace)
    if service is None:
        names = [item.name for item in view.objects.services if item.namespace == ingress.namespace]
        message = f"{where} leads to the Service {rule.service!r}, which does not exist in {ingress.namespace}"
        hint = did_you_mean(rule.service, names, otherwise="add the Service")
        yield finding("ingress-service-missing", message, place, field, hint)
    elif rule.port not in service.ports and rule.port not in service.port_names:
        known = ", ".join([*map(str, service.ports), *service.port_names]) or "none"
        message = f"{where} leads to port {rule.port!r} of service/{service.name}, which has {known}"
        yield finding("ingress-port-missing", message, place, field, f"write one of {known}")
