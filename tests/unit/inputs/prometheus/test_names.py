"""Labels, templates, selectors, owners of pods."""

from __future__ import annotations

import pytest

from fvcapacity.inputs.prometheus.labels import Template, is_matchers, one_of, quoted, selector
from fvcapacity.inputs.prometheus.owners import Owners, load_owners, workload_of_name
from fvcapacity.inputs.prometheus.probe import nearest_names
from tests.support.fake_prometheus import fake_prometheus, ok, refused
from tests.unit.inputs.prometheus.test_client import client_of


@pytest.mark.parametrize(
    ("template", "labels", "name"),
    [
        ("{method} {path|route}", {"method": "GET", "path": "/cart"}, "GET /cart"),
        ("{method} {path|route}", {"method": "GET", "route": "/cart"}, "GET /cart"),
        ("{method} {path|route}", {"method": "GET", "path": "", "route": "/x"}, "GET /x"),
        ("{method} {path|route}", {"path": "/cart"}, "/cart"),
        ("{method} {path|route}", {"job": "web"}, ""),
        ("shop-{service}", {"service": "cart"}, "shop-cart"),
    ],
)
def test_names_made_of_labels(template, labels, name):
    assert Template(template).fill(labels) == name


@pytest.mark.parametrize("text", ["{service", "service", "{ser vice}", "{a||b}", "{}"])
def test_templates_that_are_none(text):
    assert Template(text).problem()


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ('container!=""', True),
        ('container!="",pod=~"cart-.*",', True),
        (' a = \'b\' , c!~"d\\"e" ', True),
        ("", True),
        ("container", False),
        ('a="b"} or vector(1) or x{c="d"', False),
        ('a="b" c="d"', False),
    ],
)
def test_matchers(text, good):
    assert is_matchers(text) == good


def test_selectors_escape_what_they_quote():
    assert quoted('a"b\\c\nd') == '"a\\"b\\\\c\\nd"'
    assert one_of("namespace", ["shop"]) == 'namespace="shop"'
    assert one_of("namespace", ["a.b", "c"]) == 'namespace=~"a\\\\.b|c"'
    assert selector("up", "", 'job="x", ', 'a="b"') == 'up{job="x",a="b"}'
    assert selector("up", "", " ") == "up"


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("cart-service-7d4b9c6f5-x2vqz", "cart-service"),
        ("mongodb-0", "mongodb"),
        ("node-exporter-x2vqz", "node-exporter"),
        ("order-v2-6f8d7c9b5d-4hk2m", "order-v2"),
        ("debug", "debug"),
    ],
)
def test_workloads_by_the_names_of_pods(pod, workload):
    assert workload_of_name(pod) == workload


def _pods(*rows):
    names = ("pod", "owner_kind", "owner_name")
    return [{"metric": {"namespace": "shop", **dict(zip(names, row, strict=True))}, "value": [0, "1"]} for row in rows]


def test_owners_are_asked_for_and_names_are_the_last_resort():
    def script(asked):
        query = asked.params["query"]
        if "kube_pod_owner" in query:
            rows = [
                ("cart-1", "ReplicaSet", "cart-rs"),
                ("lost-7d4b9c6f5-x2vqz", "ReplicaSet", "lost-7d4b9c6f5"),
                ("mongo-0", "StatefulSet", "mongo"),
                ("backup-28480000-abcde", "Job", "backup-28480000"),
                ("bare", "", ""),
                ("bare2", "<none>", "<none>"),
            ]
            return ok(_pods(*rows), kind="vector")
        if "kube_replicaset_owner" in query:
            labels = {"namespace": "shop", "replicaset": "cart-rs", "owner_kind": "Deployment", "owner_name": "cart"}
            return ok([{"metric": labels, "value": [0, "1"]}], kind="vector")
        return ok([], kind="vector")

    with fake_prometheus(script) as server:
        owners = load_owners(client_of(server.url), ["shop"], 'cluster="a"', 0, 600)
    assert 'namespace="shop",cluster="a"}[600s]' in server.asked[0].params["query"]
    pods = ["cart-1", "lost-7d4b9c6f5-x2vqz", "mongo-0", "backup-28480000-abcde", "bare", "bare2"]
    assert [owners.workload("shop", pod) for pod in pods] == ["cart", "lost", "mongo", "backup", "bare", "bare2"]
    assert not owners.by_name
    assert owners.workload("shop", "web-7d4b9c6f5-x2vqz") == "web"
    assert owners.by_name == {("shop", "web-7d4b9c6f5-x2vqz")}
    assert Owners().workload("shop", "") == ""


def test_owners_that_cannot_be_asked_for_are_told():
    with fake_prometheus(lambda _: refused(422, "too many series", "execution")) as server:
        owners = load_owners(client_of(server.url), [], "", 0, 600)
    assert owners.known == {}
    assert "kube_pod_owner" in owners.warnings[0]


def test_nearest_names():
    names = ["http_requests_total", "http_request_duration_seconds_count", "up", "go_goroutines"]
    assert nearest_names(names, ("http_request_total",))[0] == "http_requests_total"
    assert nearest_names(names, ("zzz",)) == []
