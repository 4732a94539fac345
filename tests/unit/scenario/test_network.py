"""NetworkPolicies, case by case as the API documents them."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.scenario.cluster import ClusterObjects, Container, NetworkPolicy, PodTemplate, Workload
from fvcapacity.scenario.network import check_edge, matches_selector


def workload(name: str, namespace: str = "shop", *, host_network: bool = False, **labels: str) -> Workload:
    container = Container(name=name, ports={"http": 3000, "metrics": 9090})
    init = Container(name="setup", kind="init", ports={"early": 1})
    template = PodTemplate(containers=(init, container), labels={"app": name, **labels}, host_network=host_network)
    return Workload(kind="Deployment", name=name, namespace=namespace, template=template)


WEB, DB = workload("web", tier="front"), workload("db", tier="data")
EDGE, HOST = workload("edge", "ingress"), workload("host", host_network=True)


def policy(name: str, spec: dict[str, Any], namespace: str = "shop") -> NetworkPolicy:
    return NetworkPolicy(name=name, namespace=namespace, spec=spec)


def cluster(*specs: dict[str, Any]) -> ClusterObjects:
    policies = tuple(policy(f"p{index}", spec) for index, spec in enumerate(specs))
    return ClusterObjects(workloads=(WEB, DB, EDGE), network_policies=policies, namespaces={"ingress": {"team": "net"}})


def ingress(*rules: dict[str, Any], selector: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"podSelector": selector if selector is not None else {"matchLabels": {"app": "db"}}, "ingress": list(rules)}


def egress(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"], "egress": list(rules)}


def pods(**labels: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": labels}}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"podSelector": {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}}


def port(number: int | str | None = None, **more: Any) -> dict[str, Any]:
    return ({} if number is None else {"port": number}) | more


DENY_ALL = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
TO_CACHE = {"to": [pods(app="cache")]}
NETWORK = {"namespaceSelector": {"matchLabels": {"team": "net"}}}

CASES = [
    # what, policies, source, target, port, allowed, policies that decide
    ("no policy", [], WEB, DB, 3000, True, []),
    ("default deny", [DENY_ALL], WEB, DB, 3000, False, ["p0"]),
    ("a policy for other pods", [ingress(selector={"matchLabels": {"app": "x"}})], WEB, DB, 3000, True, []),
    ("no rules: nothing passes", [ingress()], WEB, DB, 3000, False, ["p0"]),
    ("an empty rule lets all pass", [ingress({})], WEB, DB, 3000, True, ["p0"]),
    ("from nobody is from everybody", [ingress({"from": []})], WEB, DB, 3000, True, ["p0"]),
    ("by label", [ingress({"from": [pods(app="web")]})], WEB, DB, 3000, True, ["p0"]),
    ("by another label", [ingress({"from": [pods(app="api")]})], WEB, DB, 3000, False, ["p0"]),
    ("labels are joined by and", [ingress({"from": [pods(app="web", tier="x")]})], WEB, DB, 3000, False, ["p0"]),
    ("peers are joined by or", [ingress({"from": [pods(app="x"), pods(app="web")]})], WEB, DB, 3000, True, ["p0"]),
    (
        "rules are joined by or",
        [ingress({"from": [pods(app="x")]}, {"ports": [port(3000)]})],
        WEB, DB, 3000, True, ["p0"],
    ),
    (
        "peer and port of one rule",
        [ingress({"from": [pods(app="web")], "ports": [port(1)]})],
        WEB, DB, 3000, False, ["p0"],
    ),
    (
        "policies add up",
        [DENY_ALL, egress({}), ingress({"from": [pods(app="web")]})],
        WEB, DB, 3000, True, ["p1", "p2"],
    ),
    ("ingress alone is not enough", [DENY_ALL, ingress({})], WEB, DB, 3000, False, ["p0"]),
    ("egress alone is not enough", [DENY_ALL, egress({})], WEB, DB, 3000, False, ["p0"]),
    ("an empty selector is every pod", [ingress({"from": [{"podSelector": {}}]})], WEB, DB, 3000, True, ["p0"]),
    ("of its own namespace only", [ingress({"from": [{"podSelector": {}}]})], EDGE, DB, 3000, False, ["p0"]),
    ("a namespace by label", [ingress({"from": [NETWORK]})], EDGE, DB, 3000, True, ["p0"]),
    ("the own namespace has no such label", [ingress({"from": [NETWORK]})], WEB, DB, 3000, False, ["p0"]),
    ("every namespace", [ingress({"from": [{"namespaceSelector": {}}]})], EDGE, DB, 3000, True, ["p0"]),
    ("namespace and pod", [ingress({"from": [NETWORK | pods(app="edge")]})], EDGE, DB, 3000, True, ["p0"]),
    ("namespace and another pod", [ingress({"from": [NETWORK | pods(app="x")]})], EDGE, DB, 3000, False, ["p0"]),
    ("namespace or pod", [ingress({"from": [NETWORK, pods(app="x")]})], EDGE, DB, 3000, True, ["p0"]),
    (
        "a namespace by its name",
        [ingress({"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}]})],
        EDGE, DB, 3000, True, ["p0"],
    ),
    (
        "a block never holds for pods",
        [ingress({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]})],
        WEB, DB, 3000, False, ["p0"],
    ),
    ("a port by number", [ingress({"ports": [port(3000)]})], WEB, DB, 3000, True, ["p0"]),
    ("another port", [ingress({"ports": [port(3001)]})], WEB, DB, 3000, False, ["p0"]),
    ("a port by name", [ingress({"ports": [port("http")]})], WEB, DB, 3000, True, ["p0"]),
    ("a name that is another port", [ingress({"ports": [port("metrics")]})], WEB, DB, 3000, False, ["p0"]),
    ("the called port by name", [ingress({"ports": [port(3000)]})], WEB, DB, "http", True, ["p0"]),
    ("a range of ports", [ingress({"ports": [port(2000, endPort=4000)]})], WEB, DB, 3000, True, ["p0"]),
    ("below a range", [ingress({"ports": [port(3001, endPort=4000)]})], WEB, DB, 3000, False, ["p0"]),
    ("another protocol", [ingress({"ports": [port(3000, protocol="UDP")]})], WEB, DB, 3000, False, ["p0"]),
    ("a protocol is every port of it", [ingress({"ports": [port(protocol="TCP")]})], WEB, DB, 3000, True, ["p0"]),
    ("egress by label", [egress({"to": [pods(app="db")]})], WEB, DB, 3000, True, ["p0"]),
    ("egress elsewhere", [egress({"to": [pods(app="cache")]})], WEB, DB, 3000, False, ["p0"]),
    ("an egress port has the target's name", [egress({"ports": [port("http")]})], WEB, DB, 3000, True, ["p0"]),
    ("egress of the others is open", [egress()], DB, WEB, 3000, True, []),
    ("In", [ingress({"from": [expression("tier", "In", "front", "x")]})], WEB, DB, 3000, True, ["p0"]),
    ("NotIn", [ingress({"from": [expression("tier", "NotIn", "front")]})], WEB, DB, 3000, False, ["p0"]),
    ("NotIn without the label", [ingress({"from": [expression("zone", "NotIn", "a")]})], WEB, DB, 3000, True, ["p0"]),
    ("Exists", [ingress({"from": [expression("tier", "Exists")]})], WEB, DB, 3000, True, ["p0"]),
    ("DoesNotExist", [ingress({"from": [expression("tier", "DoesNotExist")]})], WEB, DB, 3000, False, ["p0"]),
    (
        "an unknown operator matches nothing",
        [ingress({"from": [expression("tier", "Like", "f")]})],
        WEB, DB, 3000, False, ["p0"],
    ),
    ("egress rules imply the type", [pods(app="web") | {"egress": [TO_CACHE]}], WEB, DB, 3000, False, ["p0"]),
    ("no egress rules do not", [pods(app="web") | {"egress": []}], WEB, DB, 3000, True, []),
    (
        "a written type overrides",
        [{"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}], "ingress": []}],
        WEB, DB, 3000, True, ["p0"],
    ),
    (
        "host-network sources are nodes, not pods",
        [ingress({"from": [{"podSelector": {}}]})],
        HOST, DB, 3000, False, ["p0"],
    ),
    ("policies do not hold for host-network targets", [DENY_ALL], HOST, HOST, 3000, True, []),
    ("from outside, no policy", [], None, DB, 3000, True, []),
    ("from outside, denied", [DENY_ALL], None, DB, 3000, False, ["p0"]),
    ("from outside, by label", [ingress({"from": [{"namespaceSelector": {}}]})], None, DB, 3000, False, ["p0"]),
    ("from outside, anywhere", [ingress({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]})], None, DB, 3000, True, ["p0"]),
    (
        "from outside, some block",
        [ingress({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]})],
        None, DB, 3000, False, ["p0"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("specs", "source", "target", "called", "allowed", "deciding"),
    [case[1:] for case in CASES],
    ids=[c[0] for c in CASES],
)
def test_an_edge(
    specs: list[dict[str, Any]],
    source: Workload | None,
    target: Workload,
    called: int | str,
    allowed: bool,
    deciding: list[str],
) -> None:
    verdict = check_edge(cluster(*specs), source, target, called)
    assert (verdict.allowed, list(verdict.policies)) == (allowed, deciding), verdict.reason
    assert verdict.reason


@pytest.mark.parametrize(
    ("address", "allowed"), [("10.1.2.3", True), ("10.9.0.1", False), ("192.0.2.1", False), ("not an address", False)]
)
def test_addresses_outside_are_held_against_blocks_and_their_holes(address: str, allowed: bool) -> None:
    objects = cluster(ingress({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.9.0.0/16"]}}]}))
    assert check_edge(objects, None, DB, 3000, source_address=address).allowed is allowed


def test_other_protocols_and_the_words_of_a_refusal() -> None:
    objects = cluster(ingress({"ports": [port(53, protocol="UDP")]}))
    assert check_edge(objects, WEB, DB, 53, protocol="UDP").allowed
    refused = check_edge(objects, WEB, DB, 53)
    assert refused.reason == "p0 leaves out deployment/web: ingress of deployment/db, port 53"


def test_policies_of_another_namespace_do_not_count() -> None:
    objects = ClusterObjects(network_policies=(policy("p", DENY_ALL, "other"),))
    assert check_edge(objects, WEB, DB, 3000).allowed


def test_a_missing_selector_matches_nothing_and_an_empty_one_all() -> None:
    assert not matches_selector(None, {"a": "b"})
    assert matches_selector({}, {})
