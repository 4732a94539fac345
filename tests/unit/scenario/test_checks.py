"""Checks over the whole of a scenario: every case breaks one thing of a sound scenario."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fvcapacity.scenario.checks import check_scenario
from fvcapacity.scenario.cluster import (
    ClusterObjects,
    Container,
    HorizontalPodAutoscaler,
    HpaMetric,
    NetworkPolicy,
    PodTemplate,
    Service,
    Workload,
)
from fvcapacity.scenario.finding import Finding
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.topology import Topology

SCENARIO: dict[str, Any] = {
    "name": "small",
    "manifests": ["."],
    "topology": "topology.yaml",
    "traffic": {"weekly": {"file": "shape.yaml", "mean_rps": 5}},
    "window": {"start": "2026-02-14T18:00:00", "duration": "1h"},
    "nodes": {
        "general": {
            "instance_type": "D2s_v5",
            "cpu": 2,
            "memory": "8Gi",
            "allocatable_cpu": "1900m",
            "allocatable_memory": "6Gi",
            "count": 1,
            "maximum": 2,
        }
    },
}
TOPOLOGY: dict[str, Any] = {
    "services": {
        "gateway": {
            "operations": {"list": {"steps": [{"cpu": {"mean_ms": 1}}, {"call": "shop.list"}]}},
            "pools": {"shop": 10},
        },
        "shop": {
            "operations": {
                "list": {"steps": [{"cpu": {"mean_ms": 2}}]},
                "show": {"steps": [{"cpu": {"mean_ms": 2}}]},
            }
        },
    },
    "routes": {"list": {"path": "/", "share": 1, "steps": [{"call": "gateway.list"}]}},
    "gauges": {"orders": {"opened_by": ["list"], "lifetime": "1m"}},
}


def workload(name: str, *containers: str) -> Workload:
    template = PodTemplate(
        containers=tuple(Container(name=c, ports={"http": 3000}) for c in containers or (name,)), labels={"app": name}
    )
    return Workload(kind="Deployment", name=name, namespace="shop", template=template)


def service(name: str, **changes: Any) -> Service:
    return Service(**{"name": name, "namespace": "shop", "selector": {"app": name}, "ports": {80: "http"}, **changes})


def cluster(**changes: Any) -> ClusterObjects:
    sound: dict[str, Any] = {
        "workloads": (workload("gateway"), workload("shop")),
        "services": (service("gateway"), service("shop")),
        "namespaces": {"shop": {}},
    }
    return ClusterObjects(**(sound | changes))


def at(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with one value put in place (None takes it out)."""
    result = copy.deepcopy(document)
    inner: Any = result
    *parents, last = path.split(".")
    for key in parents:
        inner = inner[int(key)] if isinstance(inner, list) else inner.setdefault(key, {})
    if value is None:
        del inner[last]
    elif isinstance(inner, list):
        inner[int(last)] = value
    else:
        inner[last] = value
    return result


def check(scenario: Any = None, topology: Any = None, objects: ClusterObjects | None = None) -> list[Finding]:
    return check_scenario(
        ScenarioFile.model_validate(scenario or SCENARIO),
        Topology.model_validate(topology or TOPOLOGY),
        objects or cluster(),
    )


def only(findings: list[Finding], rule: str) -> Finding:
    assert [finding.rule for finding in findings] == [rule], findings
    return findings[0]


def unused(findings: list[Finding], rule: str) -> Finding:
    """The one finding of a rule, others put aside (a call that goes astray leaves its service unused, too)."""
    return only([finding for finding in findings if finding.rule == rule], rule)


def test_a_sound_scenario_has_no_findings():
    assert check() == []


@pytest.mark.parametrize(
    ("path", "value", "rule", "where", "message", "hint"),
    [
        ("routes", {}, "no-routes", "routes", "there is no route", "at least one"),
        ("routes.list.steps", [], "route-entry", "routes.list.steps", "this has no step", "into the service"),
        ("routes.list.steps", [{"cpu": {"mean_ms": 1}}], "route-entry", "routes.list.steps", "this has cpu", ""),
        ("routes.list.steps", [{"call": "gateway.list"}] * 2, "route-entry", "routes.list.steps", "has call, call", ""),
        ("routes.list.steps.0.call", "gatewy.list", "unknown-service", "routes.list.steps.0.call",
         "there is no service 'gatewy'", "did you mean 'gateway'?"),
        ("routes.list.steps.0.call", "gateway.lst", "unknown-operation", "routes.list.steps.0.call",
         "'gateway' has no operation 'lst'", "did you mean 'list'?"),
        ("routes.list.steps.0.call", "gateway", "empty-call", "routes.list.steps.0.call",
         "'gateway' says not what to do", "such as gateway.list"),
        ("routes.list.steps.0.steps", [], "two-programs", "routes.list.steps.0.call", "gives steps of its own", ""),
        ("services.gateway.operations.list.steps.0.cpu.threads", "io", "unknown-threads",
         "services.gateway.operations.list.steps.0.cpu", "'gateway' has no threads 'io'", "known: main"),
        ("services.shop.threads", {}, "unknown-threads", "services.shop.operations.list.steps.0.cpu",
         "'shop' has no threads 'main'", "add 'main' to services.shop.threads"),
        ("services.gateway.pools", {"shp": 3}, "unknown-service", "services.gateway.pools.shp",
         "there is no service 'shp'", "did you mean 'shop'?"),
        ("services.shop.pools", {"gateway": 3}, "unused-pool", "services.shop.pools.gateway", "it never calls", ""),
        ("gauges.orders.opened_by", ["lst"], "unknown-route", "gauges.orders.opened_by.0", "no route 'lst'", "'list'"),
        ("routes.list.share", 0, "no-shares", "routes", "shares of all routes are zero", ""),
        ("background", {"deployment/shp": {}}, "unknown-background", "background.deployment/shp",
         "no manifest defines deployment/shp", "did you mean 'deployment/shop'?"),
        ("background", {"deployment/shop/exporter": {}}, "unknown-background", "background.deployment/shop/exporter",
         "deployment/shop has no container 'exporter'", ""),
        ("init", {"deployment/shop/migrate": "3s"}, "unknown-init", "init.deployment/shop/migrate",
         "no manifest defines an init container 'deployment/shop/migrate'", "left out"),
        ("services.shop.container", "shp", "unknown-container", "services.shop.container",
         "deployment/shop has no container 'shp'", "did you mean 'shop'?"),
    ],
)  # fmt: skip
def test_topology(path, value, rule, where, message, hint):
    finding = next(f for f in check(topology=at(TOPOLOGY, path, value)) if f.rule == rule)
    assert ".".join(str(part) for part in finding.path) == where
    assert message in finding.message
    assert hint in finding.hint
    assert finding.document == "topology"
    doubtful = {"unused-pool", "unknown-background", "unknown-init"}
    assert finding.severity == ("warning" if rule in doubtful else "error")


def test_inline_steps_belong_to_the_called_service():
    entry = {"call": "gateway", "steps": [{"cpu": {"mean_ms": 1, "threads": "io"}}, {"call": "shop.list"}]}
    finding = only(check(topology=at(TOPOLOGY, "routes.list.steps", [entry])), "unknown-threads")
    assert finding.path == ("routes", "list", "steps", 0, "steps", 0, "cpu")


def test_steps_inside_branches_and_parallel_calls_are_looked_at():
    steps = [
        {"branch": {"probability": 0.5, "then": [{"call": "shop.a"}], "otherwise": [{"call": "shop.b"}]}},
        {"parallel": [{"call": "shop.list"}, {"call": "shop.c"}]},
    ]
    findings = check(topology=at(TOPOLOGY, "services.gateway.operations.list.steps", steps))
    places = [f.path[5:] for f in findings if f.rule == "unknown-operation"]
    assert places == [
        (0, "branch", "then", 0, "call"),
        (0, "branch", "otherwise", 0, "call"),
        (1, "parallel", 1, "call"),
    ]


@pytest.mark.parametrize(
    ("calls", "circle"),
    [
        ({"gateway.list": "gateway.list"}, "gateway.list -> gateway.list"),
        ({"shop.list": "gateway.list"}, "gateway.list -> shop.list -> gateway.list"),
        ({"shop.list": "shop.show", "shop.show": "gateway.list"},
         "gateway.list -> shop.list -> shop.show -> gateway.list"),
    ],
)  # fmt: skip
def test_a_circle_of_operations_is_shown(calls, circle):
    topology = TOPOLOGY
    for operation, target in calls.items():
        name, _, short = operation.partition(".")
        topology = at(topology, f"services.{name}.operations.{short}.steps", [{"call": target}])
    finding = unused(check(topology=topology), "call-cycle")
    assert finding.message == f"operations call each other in a circle: {circle}"


def test_the_same_service_may_be_called_twice_in_a_chain():
    topology = at(TOPOLOGY, "services.shop.operations.list.steps", [{"call": "gateway.ping"}])
    topology = at(topology, "services.gateway.operations.ping", {"steps": [{"cpu": {"mean_ms": 1}}]})
    assert check(topology=topology) == []


def test_an_unused_service_is_a_warning():
    topology = at(TOPOLOGY, "services.idle", {})
    objects = cluster(
        workloads=(workload("gateway"), workload("shop"), workload("idle")),
        services=(service("gateway"), service("shop"), service("idle")),
    )
    assert only(check(topology=topology, objects=objects), "unused-service").severity == "warning"


@pytest.mark.parametrize(
    ("path", "value", "rule", "where", "message", "hint"),
    [
        ("time_zone", "America/Santigo", "time-zone", "time_zone", "'America/Santigo'", "America/Santiago"),
        ("window.start", "2026-09-06T00:30:00", "time-zone", "window.start", "does not exist", "with its offset"),
        ("traffic.weekly.mean_rps", float("inf"), "infinite", "traffic.weekly.mean_rps", "no infinite traffic", ""),
        ("nodes.general.count", 3, "node-pool", "nodes.general.count", "count 3 is not between minimum 0 and", ""),
        ("nodes.general.allocatable_cpu", 3, "node-pool", "nodes.general.allocatable_cpu", "3 is more than", ""),
        ("nodes.general.zones", [], "node-pool", "nodes.general.zones", "no zone", ""),
        ("nodes.general.count", 0, "node-pool", "nodes", "no pool has a node at the start", ""),
        ("traffic.events", [{"start": "2026-02-15T00:00:00", "duration": "1h", "name": "late"}], "event-outside",
         "traffic.events.0.start", "'late' begins after the window has ended", ""),
        ("traffic.events", [{"start": "2026-02-14T15:00:00", "duration": "1h", "ramp": "1h"}], "event-outside",
         "traffic.events.0.start", "ends before the window begins", ""),
        ("traffic.events", [{"start": "2026-02-14T18:00:00", "duration": "1h", "shares": {"lst": 2}}], "unknown-route",
         "traffic.events.0.shares.lst", "no route 'lst'", "did you mean 'list'?"),
        ("traffic.events", [{"start": "2026-02-14T18:00:00", "duration": "1h", "shares": {"list": -2}}], "share",
         "traffic.events.0.shares.list", "-2 is no factor", ""),
        ("traffic", {"users": {"journey": ["list", "shw"], "stages": [{"at": 0, "users": 1}]}}, "unknown-route",
         "traffic.users.journey.1", "no route 'shw'", ""),
    ],
)  # fmt: skip
def test_scenario(path, value, rule, where, message, hint):
    finding = only(check(at(SCENARIO, path, value)), rule)
    assert ".".join(str(part) for part in finding.path) == where
    assert message in finding.message
    assert hint in finding.hint
    assert finding.severity == ("note" if rule == "event-outside" else "error")


def test_an_event_whose_ramp_reaches_the_window_counts():
    event = {"start": "2026-02-14T15:00:00", "duration": "2h", "ramp": "2h"}
    assert check(at(SCENARIO, "traffic.events", [event])) == []


class TestCluster:
    def test_a_service_that_no_manifest_defines(self):
        finding = only(check(objects=cluster(services=(service("gateway"), service("shops")))), "unknown-service")
        assert finding.path == ("services", "shop")
        assert finding.hint == "did you mean 'shops'?"

    def test_a_service_that_selects_nothing(self):
        broken = service("shop", selector={"app": "shopp"})
        finding = only(check(objects=cluster(services=(service("gateway"), broken))), "service-without-pods")
        assert finding.document == "manifests"
        assert "selects app=shopp" in finding.message

    def test_two_services_on_one_workload(self):
        both = (service("gateway"), service("shop", selector={"app": "gateway"}))
        finding = only(check(objects=cluster(services=both)), "shared-workload")
        assert "both served by deployment/gateway" in finding.message

    def test_a_metric_without_gauge_is_a_warning(self):
        hpa = HorizontalPodAutoscaler(
            name="shop",
            namespace="shop",
            target_kind="Deployment",
            target_name="shop",
            metrics=(HpaMetric(type="Pods", name="orders"), HpaMetric(type="Pods", name="carts")),
        )
        finding = only(check(objects=cluster(autoscalers=(hpa,))), "metric-without-gauge")
        assert finding.severity == "warning"
        assert "'carts'" in finding.message
        assert "FailedGetPodsMetric" in finding.hint

    def test_an_edge_that_a_network_policy_forbids_names_the_policy(self):
        spec = {"podSelector": {"matchLabels": {"app": "shop"}}, "policyTypes": ["Ingress"], "ingress": []}
        policy = NetworkPolicy(name="shop-alone", namespace="shop", spec=spec)
        finding = only(check(objects=cluster(network_policies=(policy,))), "forbidden-edge")
        assert finding.path == ("services", "gateway", "operations", "list", "steps", 1, "call")
        assert "deployment/gateway may not call deployment/shop (port 3000)" in finding.message
        assert "NetworkPolicy/shop-alone" in finding.message

    def test_an_edge_that_a_network_policy_allows(self):
        spec = {
            "podSelector": {"matchLabels": {"app": "shop"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "gateway"}}}], "ports": [{"port": 3000}]}],
        }
        policy = NetworkPolicy(name="shop", namespace="shop", spec=spec)
        assert check(objects=cluster(network_policies=(policy,))) == []


def test_parts_that_could_not_be_read_are_passed_over():
    scenario = ScenarioFile.model_validate(at(SCENARIO, "nodes.general.count", 9))
    assert [f.rule for f in check_scenario(scenario)] == ["node-pool"]
    assert [f.rule for f in check_scenario(scenario, Topology.model_validate(TOPOLOGY))] == ["node-pool"]
