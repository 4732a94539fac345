"""Which pods may talk to which: NetworkPolicies, evaluated as the API documents them.

A pod that no policy of a direction selects is open in that direction. As soon as one does, only what some
selecting policy allows may pass. A connection needs both: the egress of its source and the ingress of its
target (``k8s.io/api/networking/v1``). Answers of an allowed connection always pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, Literal

from fvcapacity.frozen import Frozen
from fvcapacity.scenario.cluster import ClusterObjects, Container, NetworkPolicy, Workload

Direction = Literal["Ingress", "Egress"]


class EdgeVerdict(Frozen):
    """Whether a connection may be opened, and by which policies.

    Attributes
    ----------
    allowed
        True when both directions allow it.
    policies
        Names of the policies that decide: those that let it pass, or, when it is forbidden, those that
        select the pod and leave it out. Empty when no policy selects either end.
    reason
        One sentence, naming direction, pods and port.
    """

    allowed: bool
    policies: tuple[str, ...] = ()
    reason: str = ""


def check_edge(
    objects: ClusterObjects,
    source: Workload | None,
    target: Workload,
    port: int | str,
    *,
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP",
    source_address: str | None = None,
) -> EdgeVerdict:
    """Tell whether pods of ``source`` may open connections to a port of pods of ``target``.

    Parameters
    ----------
    objects
        The cluster: its policies and the labels of its namespaces.
    source
        The calling workload. None: the caller is outside of the cluster (``source_address`` tells from
        where; None is an address that only ``0.0.0.0/0`` or ``::/0`` contains). An ingress controller is
        a workload like any other, in its own namespace.
    target
        The called workload.
    port
        The container's port: its number, or its name.
    """
    number = _port_number(target, port)
    ingress = _Side(objects, "Ingress", target, source, source_address, target, number, protocol)
    verdicts = [ingress.verdict()]
    if source is not None:
        verdicts.insert(0, _Side(objects, "Egress", source, target, None, target, number, protocol).verdict())
    forbidden = [verdict for verdict in verdicts if not verdict.allowed]
    deciding = forbidden or verdicts
    names = tuple(dict.fromkeys(name for verdict in deciding for name in verdict.policies))
    return EdgeVerdict(not forbidden, names, "; ".join(verdict.reason for verdict in deciding))


def matches_selector(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Evaluate a label selector (``matchLabels`` and ``matchExpressions``); an empty one matches all.

    A missing selector (None) matches nothing.
    """
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_matches_expression(item, labels) for item in selector.get("matchExpressions") or ())


def _matches_expression(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator = expression.get("key", ""), expression.get("operator", "")
    values = expression.get("values") or ()
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":  # also true where the label is missing
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    return operator == "DoesNotExist" and key not in labels


def policy_types(spec: Mapping[str, Any]) -> Sequence[str]:
    """Return the directions of a policy: Ingress always, Egress when rules are written, by default."""
    written = spec.get("policyTypes")
    if written:
        return [str(item) for item in written]
    return ("Ingress", "Egress") if spec.get("egress") else ("Ingress",)


def policies_for(objects: ClusterObjects, workload: Workload, direction: Direction) -> list[NetworkPolicy]:
    """Return the policies that select a workload's pods in a direction (none for host-network pods)."""
    if workload.template.host_network:
        return []
    return [
        policy
        for policy in objects.network_policies
        if policy.namespace == workload.namespace
        and direction in policy_types(policy.spec)
        and matches_selector(policy.spec.get("podSelector") or {}, workload.template.labels)
    ]


def namespace_labels(objects: ClusterObjects, namespace: str) -> Mapping[str, str]:
    """Return a namespace's labels; every one carries its name (``NamespaceDefaultLabelName``)."""
    return {**objects.namespaces.get(namespace, {}), "kubernetes.io/metadata.name": namespace}


class _Side(Frozen):
    """One direction of a connection: the pods that the policies hold for, and their peer."""

    objects: ClusterObjects
    direction: Direction
    subject: Workload
    peer: Workload | None
    peer_address: str | None
    server: Workload
    port: int | None
    protocol: str

    def verdict(self) -> EdgeVerdict:
        selecting = policies_for(self.objects, self.subject, self.direction)
        where = f"{self.direction.lower()} of {self.subject.key}"
        if not selecting:
            return EdgeVerdict(True, (), f"no policy restricts the {where}")
        letting = [policy.name for policy in selecting if self._lets(policy.spec)]
        who = self.peer.key if self.peer is not None else self.peer_address or "outside"
        port = f"port {self.port}" if self.port is not None else "an unknown port"
        if letting:
            return EdgeVerdict(True, tuple(letting), f"{', '.join(letting)} lets {who} pass: {where}, {port}")
        names = tuple(policy.name for policy in selecting)
        return EdgeVerdict(False, names, f"{', '.join(names)} leaves out {who}: {where}, {port}")

    def _lets(self, spec: Mapping[str, Any]) -> bool:
        rules, peers = ("ingress", "from") if self.direction == "Ingress" else ("egress", "to")
        return any(
            self._fits_ports(rule.get("ports")) and self._fits_peers(rule.get(peers)) for rule in spec.get(rules) or ()
        )

    def _fits_ports(self, ports: Iterable[Mapping[str, Any]] | None) -> bool:
        """Tell whether a rule holds for the port; no list, or an empty one, holds for every port."""
        if not ports:
            return True
        return any(self._fits_port(item) for item in ports)

    def _fits_port(self, item: Mapping[str, Any]) -> bool:
        if item.get("protocol", "TCP") != self.protocol:
            return False
        wanted = item.get("port")
        if wanted is None:
            return True
        if isinstance(wanted, str):  # a name is looked up in the pods that are called, in both directions
            return self.port is not None and self.port in _named_ports(self.server, wanted)
        return self.port is not None and wanted <= self.port <= item.get("endPort", wanted)

    def _fits_peers(self, peers: Iterable[Mapping[str, Any]] | None) -> bool:
        """Tell whether a rule holds for the peer; no list, or an empty one, holds for everyone."""
        if not peers:
            return True
        return any(self._fits_peer(item) for item in peers)

    def _fits_peer(self, item: Mapping[str, Any]) -> bool:
        if item.get("ipBlock"):
            return self.peer is None and _in_block(self.peer_address, item["ipBlock"] or {})
        if self.peer is None or self.peer.template.host_network:
            return False  # selectors select pods by their own addresses; the host's is a node's
        pods, namespaces = item.get("podSelector"), item.get("namespaceSelector")
        if namespaces is None:
            if self.peer.namespace != self.subject.namespace:
                return False
        elif not matches_selector(namespaces, namespace_labels(self.objects, self.peer.namespace)):
            return False
        if pods is None:
            return namespaces is not None
        return matches_selector(pods, self.peer.template.labels)


def _named_ports(workload: Workload, name: str) -> list[int]:
    return [item.ports[name] for item in _serving(workload) if name in item.ports]


def _serving(workload: Workload) -> list[Container]:
    return [item for item in workload.template.containers if item.kind != "init"]


def _port_number(workload: Workload, port: int | str) -> int | None:
    if isinstance(port, int):
        return port
    named = _named_ports(workload, port)
    return named[0] if named else int(port) if port.isdigit() else None


def _in_block(address: str | None, block: Mapping[str, Any]) -> bool:
    try:
        network = ip_network(str(block.get("cidr", "")), strict=False)
        if address is None:
            return network.prefixlen == 0
        place = ip_address(address)
        holes = [ip_network(str(item), strict=False) for item in block.get("except") or ()]
    except ValueError:
        return False
    return place in network and not any(place in hole for hole in holes)
