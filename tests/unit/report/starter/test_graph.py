"""Who calls whom and where users come in, read from small sets of manifests."""

from __future__ import annotations

import pytest
import yaml

from fvcapacity.inputs.manifests import read_manifests
from fvcapacity.inputs.manifests.located import plain
from fvcapacity.report.starter.graph import graph_of
from fvcapacity.report.starter.images import guess_of
from fvcapacity.report.starter.routes import assumed_routes, counted_routes, program_of


def app(name, image="node:20", env=None, service=None, **more):
    labels = {"app": name}
    container = {"name": name, "image": image, "env": [{"name": k, "value": v} for k, v in (env or {}).items()]}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": labels}, "template": pod}
    port = {"selector": labels, "ports": [{"port": 80}], **(service or {})}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec | more},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": port},
    ]


def ingress(**paths):
    rules = [
        {"path": path, "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": 80}}}}
        for name, path in paths.items()
    ]
    spec = {"rules": [{"http": {"paths": rules}}]}
    return [{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "in"}, "spec": spec}]


def graph(tmp_path, *objects):
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all([item for group in objects for item in group]))
    manifests = read_manifests([tmp_path / "all.yaml"])
    assert not manifests.errors
    return graph_of(manifests.objects, [plain(item) for item in manifests.raw])


@pytest.mark.parametrize(
    ("value", "called"),
    [
        ("db", ["db"]),
        ("http://db:5432/x", ["db"]),
        ("postgres://me@db/shop", ["db"]),
        ("db.default.svc.cluster.local", ["db"]),
        ("db.default:5432", ["db"]),
        ("db.elsewhere:5432", []),
        ("db-old:5432", []),
        ("the db of the shop", []),
        ("ddb", []),
    ],
)
def test_a_host_in_a_setting_is_a_call(tmp_path, value, called):
    found = graph(tmp_path, app("shop", env={"X": value}), app("db", "postgres:16"))
    assert found.calls.get("shop", []) == called


def test_hosts_in_config_maps_and_arguments_count(tmp_path):
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "s"},
        "data": {"a.ini": "url=http://db:1234/"},
    }
    shop = app("shop")
    container = shop[0]["spec"]["template"]["spec"]["containers"][0]
    container["envFrom"] = [{"configMapRef": {"name": "s"}}]
    container["args"] = ["--cache=redis://cache:6379"]
    found = graph(tmp_path, shop, app("db", "postgres"), app("cache", "redis"), [settings])
    assert sorted(found.calls["shop"]) == ["cache", "db"]


def test_a_circle_is_cut_and_told(tmp_path):
    found = graph(tmp_path, app("a", env={"B": "http://b:80"}), app("b", env={"A": "http://a:80"}), ingress(a="/"))
    assert found.calls == {"a": ["b"], "b": []}
    assert found.remarks == ["b names a, which calls it: the way back is left out"]


def test_an_ingress_says_where_users_come_in(tmp_path):
    found = graph(tmp_path, app("web"), app("api"), app("inner"), ingress(web="/", api="/api"))
    assert [(entry.path, entry.service) for entry in found.entries] == [("/", "web"), ("/api", "api")]
    assert list(found.services) == ["web", "api"]
    assert found.remarks == ["nobody seems to call inner: described as steady load beside the requests"]


def test_without_an_ingress_a_load_balancer_does(tmp_path):
    found = graph(tmp_path, app("inner"), app("web", service={"type": "LoadBalancer"}))
    assert [entry.service for entry in found.entries] == ["web"]


def test_without_any_the_ones_that_nobody_calls_are_assumed(tmp_path):
    found = graph(tmp_path, app("shop", env={"DB": "db"}), app("db", "mysql"))
    assert [entry.service for entry in found.entries] == ["shop"]
    assert "assumed: shop" in found.remarks[0]


def test_one_service_a_workload_the_one_of_its_name(tmp_path):
    second = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "aaa"}}
    second["spec"] = {"selector": {"app": "web"}, "ports": [{"port": 81}], "type": "NodePort"}
    found = graph(tmp_path, [second], app("web"), ingress(aaa="/"))
    assert list(found.services) == ["web"]
    assert [entry.service for entry in found.entries] == ["web"]


def test_a_forbidden_call_is_left_out_and_told(tmp_path):
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "shut"}}
    policy["spec"] = {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]}
    found = graph(tmp_path, app("shop", env={"DB": "db"}), app("db", "mysql"), [policy])
    assert found.calls == {}
    assert "a NetworkPolicy forbids the call" in found.remarks[0]


def test_a_gateway_goes_on_to_one_of_those_that_it_calls(tmp_path):
    env = {"A": "http://cart-service:1000", "B": "http://orders:1000", "C": "redis://cache:6379"}
    parts = [
        app("api", env=env),
        app("cart-service"),
        app("orders"),
        app("cache", "redis:7"),
        ingress(api="/api(/|$)(.*)"),
    ]
    found = graph(tmp_path, *parts)
    program = program_of(found)
    assert program.operations["api"] == {"to-cart-service": ["cache", "cart-service"], "to-orders": ["cache", "orders"]}
    assert [(r.name, r.path) for r in assumed_routes(found, program)] == [
        ("cart", "/api/cart"),
        ("orders", "/api/orders"),
    ]
    counts = {"GET /api/carts/:id": 300.0, "POST /api/orders": 90.0, "GET /metrics": 10.0, "odd label": 1.0}
    told = {route.path: route for route in counted_routes(counts, found, program)}
    assert told["/api/carts/:id"].operation == "to-cart-service"
    assert (told["/api/orders"].method, told["/api/orders"].operation) == ("POST", "to-orders")
    assert [path for path, route in told.items() if not route.user] == ["/metrics"]
    assert told["odd label"].name == "odd-label"
    assert told["/api/carts/:id"].share == 74.81


@pytest.mark.parametrize(
    ("image", "name", "role", "threads"),
    [
        ("postgres:16.4", "db", "store", "per_request"),
        ("registry.example/team/redis:7@sha256:abc", "x", "store", "event_loop"),
        ("oliver006/redis_exporter:v1", "x", "platform", "event_loop"),
        ("registry.k8s.io/ingress-nginx/controller:v1.11", "x", "front", "event_loop"),
        ("shop/checkout:1", "redis", "store", "event_loop"),
        ("shop/checkout:1", "checkout", "app", "event_loop"),
        ("nginxinc/checkout:1", "checkout", "app", "event_loop"),
        ("eclipse-temurin:21", "x", "app", "per_request"),
        ("", "x", "app", "event_loop"),
    ],
)
def test_what_an_image_tells(image, name, role, threads):
    guess = guess_of(image, name)
    assert (guess.role, guess.threads) == (role, threads)
