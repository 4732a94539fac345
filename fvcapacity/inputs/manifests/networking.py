"""Service, Ingress and NetworkPolicy."""

from __future__ import annotations

from typing import Any, cast

from fvcapacity.inputs.manifests.fields import Fields
from fvcapacity.scenario.cluster import Ingress, IngressRule, NetworkPolicy, Service


def read_service(fields: Fields, name: str, namespace: str) -> Service:
    """Read a Service. A missing target port is the port itself (``SetDefaults_Service``)."""
    spec = fields.child("spec")
    ports: dict[int, int | str] = {}
    names: dict[str, int] = {}
    for item in spec.items("ports"):
        port = item.integer("port", minimum=1, maximum=65_535)
        if port is None:
            if not item.has("port"):
                item.problem("port", "a Service port has no port number", "add port: ...")
            continue
        target = item.integer_or_text("targetPort")
        ports[port] = target or port
        if isinstance(target, str) and target.isdigit():
            ports[port] = int(target)
        if item.has("name"):
            names[item.text("name")] = port
    kinds = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
    return Service(
        name=name,
        namespace=namespace,
        type=cast("Any", spec.choice("type", kinds, "ClusterIP")),
        selector=spec.texts("selector"),
        ports=ports,
        port_names=names,
        headless=spec.text("clusterIP") == "None",
        session_affinity=cast("Any", spec.choice("sessionAffinity", ("None", "ClientIP"), "None")),
        location=fields.data.at,
    )


def read_ingress(fields: Fields, name: str, namespace: str) -> Ingress:
    """Read an Ingress; its default backend is a rule without host and path."""
    spec = fields.child("spec")
    annotations = fields.child("metadata").texts("annotations")
    rules = []
    for rule in spec.items("rules"):
        host = rule.text("host")
        for path in rule.child("http").items("paths"):
            kind = path.choice("pathType", ("Prefix", "Exact", "ImplementationSpecific"), "Prefix")
            rules.append(_rule(path.child("backend"), host, path.text("path", "/"), kind))
    if spec.has("defaultBackend"):
        rules.append(_rule(spec.child("defaultBackend"), "", "", "Prefix"))
    return Ingress(
        name=name,
        namespace=namespace,
        ingress_class=spec.text("ingressClassName") or annotations.get("kubernetes.io/ingress.class", ""),
        rules=tuple(rule for rule in rules if rule.service),
        location=fields.data.at,
    )


def _rule(backend: Fields, host: str, path: str, path_type: str) -> IngressRule:
    service = backend.child("service")
    port = service.child("port")
    if not backend.has("service") and not backend.has("resource"):
        backend.problem("", "an Ingress backend names no service", "add service.name and service.port.number")
    return IngressRule(
        host=host,
        path=path,
        path_type=path_type,
        service=service.text("name"),
        port=port.integer("number") or port.text("name"),
        location=backend.data.at,
    )


def read_network_policy(fields: Fields, name: str, namespace: str) -> NetworkPolicy:
    """Read a NetworkPolicy; ``fvcapacity.scenario.network`` gives its mapping a meaning."""
    spec = fields.child("spec")
    spec.refuse_unknown(("podSelector", "policyTypes", "ingress", "egress"))
    spec.child("podSelector").texts("matchLabels")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for rule in spec.items(direction):
            rule.refuse_unknown((peers, "ports"))
            for peer in rule.items(peers):
                peer.refuse_unknown(("podSelector", "namespaceSelector", "ipBlock"))
            for port in rule.items("ports"):
                port.refuse_unknown(("port", "protocol", "endPort"))
                port.integer_or_text("port")
                port.integer("endPort", minimum=1, maximum=65_535)
    for kind in spec.list("policyTypes"):
        if kind not in ("Ingress", "Egress"):
            spec.problem("policyTypes", f"{kind!r} is no policy type", "write Ingress or Egress")
    return NetworkPolicy(name=name, namespace=namespace, spec=fields.mapping("spec"), location=fields.data.at)
