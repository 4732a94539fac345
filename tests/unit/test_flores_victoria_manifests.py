"""The shop's manifests carry every documented number, and allow the calls that are documented and no others."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from fvcapacity.inputs.manifests import load_manifests
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.network import check_edge
from fvcapacity.scenario.serving import serving_workload
from fvcapacity.units import parse_quantity

SHOP = Path(__file__).parents[2] / "data" / "flores-victoria"
NAMESPACE = "flores-victoria"
OVERLAYS = ("base", "overlays/cloud", "overlays/dev", "overlays/staging")

SERVICE_SIZE = ("100m", "128Mi", "200m", "256Mi")
DATABASE_SIZE = ("250m", "256Mi", "500m", "512Mi")
FRONTEND_SIZE = ("50m", "64Mi", "100m", "128Mi")

# name: (kind, replicas, Service port, container port, (CPU and memory requests, CPU and memory limits))
COMPONENTS: dict[str, tuple[str, int, int, int, tuple[str, str, str, str]]] = {
    "api-gateway": ("Deployment", 2, 80, 3000, SERVICE_SIZE),
    "auth-service": ("Deployment", 1, 4001, 4001, SERVICE_SIZE),
    "product-service": ("Deployment", 1, 3002, 3002, SERVICE_SIZE),
    "user-service": ("Deployment", 1, 3003, 3003, SERVICE_SIZE),
    "order-service": ("Deployment", 1, 3004, 3004, SERVICE_SIZE),
    "cart-service": ("Deployment", 1, 3005, 3005, SERVICE_SIZE),
    "wishlist-service": ("Deployment", 1, 3006, 3006, SERVICE_SIZE),
    "review-service": ("Deployment", 1, 3007, 3007, SERVICE_SIZE),
    "contact-service": ("Deployment", 1, 3008, 3008, SERVICE_SIZE),
    "postgres": ("StatefulSet", 1, 5432, 5432, DATABASE_SIZE),
    "mongodb": ("StatefulSet", 1, 27017, 27017, DATABASE_SIZE),
    "redis": ("StatefulSet", 1, 6379, 6379, SERVICE_SIZE),
    "frontend": ("Deployment", 2, 80, 80, FRONTEND_SIZE),
}
VOLUMES = {"postgres": "5Gi", "mongodb": "2Gi", "redis": "1Gi"}

# name: (minimum, maximum, CPU %, memory %, {custom metric: average value})
AUTOSCALERS: dict[str, tuple[int, int, int, int, dict[str, str]]] = {
    "product-service": (1, 10, 70, 80, {"active_users": "50", "pending_orders": "10"}),
    "order-service": (1, 10, 70, 80, {"pending_orders": "5"}),
    "cart-service": (1, 5, 75, 85, {"active_carts": "100"}),
}
HTTP_SERVICES = tuple(name for name in COMPONENTS if name.endswith("-service"))
CALLS = {
    "ingress-nginx-controller": {"frontend", "api-gateway"},
    "frontend": set(),
    "api-gateway": set(HTTP_SERVICES),
    "auth-service": {"postgres"},
    "product-service": {"mongodb", "review-service"},
    "user-service": {"postgres"},
    "order-service": {"postgres", "cart-service", "product-service"},
    "cart-service": {"redis"},
    "wishlist-service": {"redis"},
    "review-service": {"mongodb"},
    "contact-service": {"postgres"},
    "postgres": set(),
    "mongodb": set(),
    "redis": set(),
}


@cache
def documents() -> tuple[dict[str, Any], ...]:
    """Every object that the base's kustomization names, as plain YAML."""
    base = SHOP / "base"
    names = yaml.safe_load((base / "kustomization.yaml").read_text("utf-8"))["resources"]
    return tuple(
        item for name in names for item in yaml.safe_load_all((base / name).read_text("utf-8")) if item is not None
    )


def find(kind: str, name: str) -> dict[str, Any]:
    found = [item for item in documents() if (item["kind"], item["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, f"{kind}/{name} stands {len(found)} times in the base"
    return found[0]


def template(name: str) -> dict[str, Any]:
    item: dict[str, Any] = find(COMPONENTS[name][0], name)["spec"]["template"]
    return item


def container(name: str) -> dict[str, Any]:
    item: dict[str, Any] = template(name)["spec"]["containers"][0]
    assert item["name"] == name
    return item


@cache
def cluster(overlay: str) -> ClusterObjects:
    return load_manifests([SHOP / overlay]).objects


def pods() -> list[tuple[str, dict[str, Any]]]:
    kinds = ("Deployment", "StatefulSet", "DaemonSet")
    return [(item["metadata"]["name"], item["spec"]["template"]) for item in documents() if item["kind"] in kinds]


@pytest.mark.parametrize("name", COMPONENTS)
def test_replicas_and_resources_are_the_documented_ones(name: str) -> None:
    kind, replicas, _, _, size = COMPONENTS[name]
    assert find(kind, name)["spec"]["replicas"] == replicas
    resources = container(name)["resources"]
    written = [resources[part][resource] for part in ("requests", "limits") for resource in ("cpu", "memory")]
    assert tuple(written) == size
    assert template(name)["metadata"]["annotations"]["fvcapacity.dev/basis"] == "documented"


@pytest.mark.parametrize("name", COMPONENTS)
def test_services_lead_from_the_documented_port_to_the_container(name: str) -> None:
    _, _, service_port, container_port, _ = COMPONENTS[name]
    spec = find("Service", name)["spec"]
    (port,) = spec["ports"]
    named = {item["name"]: item["containerPort"] for item in container(name)["ports"]}
    assert spec["type"] == "ClusterIP"
    assert port["port"] == service_port
    assert named.get(port["targetPort"], port["targetPort"]) == container_port
    assert set(named.values()) == {container_port}
    assert spec["selector"].items() <= template(name)["metadata"]["labels"].items()


@pytest.mark.parametrize("name", COMPONENTS)
def test_probes_have_the_documented_times(name: str) -> None:
    for probe, delay, period in (("livenessProbe", 30, 10), ("readinessProbe", 5, 5)):
        written = dict(container(name)[probe])
        handler = written.pop("tcpSocket" if name in VOLUMES else "httpGet")
        assert written == {"initialDelaySeconds": delay, "periodSeconds": period}
        assert handler.get("path") == (None if name in VOLUMES else "/health")


@pytest.mark.parametrize("name", VOLUMES)
def test_databases_claim_the_documented_volumes(name: str) -> None:
    (claim,) = find("StatefulSet", name)["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert claim["spec"]["resources"]["requests"]["storage"] == VOLUMES[name]
    assert claim["metadata"]["name"] in [mount["name"] for mount in container(name)["volumeMounts"]]
    sidecar = template(name)["spec"]["containers"][1]
    assert sidecar["name"] == f"{name}-exporter"
    assert sidecar["name"] in template(name)["metadata"]["annotations"]["fvcapacity.dev/assumed"]


@pytest.mark.parametrize("name", AUTOSCALERS)
def test_autoscalers_are_the_documented_ones(name: str) -> None:
    minimum, maximum, cpu, memory, custom = AUTOSCALERS[name]
    item = find("HorizontalPodAutoscaler", name)
    spec = item["spec"]
    assert item["apiVersion"] == "autoscaling/v2"
    assert set(spec) == {"scaleTargetRef", "minReplicas", "maxReplicas", "metrics"}
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (minimum, maximum)
    utilization = {
        metric["resource"]["name"]: metric["resource"]["target"] for metric in spec["metrics"] if "resource" in metric
    }
    assert utilization == {
        "cpu": {"type": "Utilization", "averageUtilization": cpu},
        "memory": {"type": "Utilization", "averageUtilization": memory},
    }
    values = {
        metric["pods"]["metric"]["name"]: metric["pods"]["target"] for metric in spec["metrics"] if "pods" in metric
    }
    assert values == {metric: {"type": "AverageValue", "averageValue": value} for metric, value in custom.items()}


def test_nothing_else_is_autoscaled() -> None:
    names = {item["metadata"]["name"] for item in documents() if item["kind"] == "HorizontalPodAutoscaler"}
    assert names == set(AUTOSCALERS)


def test_the_ingress_leads_to_frontend_and_gateway() -> None:
    spec = find("Ingress", "flores-victoria")["spec"]
    (rule,) = spec["rules"]
    paths = {path["path"]: path["backend"]["service"] for path in rule["http"]["paths"]}
    assert spec["ingressClassName"] == "nginx"
    assert rule["host"] == "floresvictoria.local"
    assert paths == {
        "/": {"name": "frontend", "port": {"number": 80}},
        "/api": {"name": "api-gateway", "port": {"number": 80}},
    }


def test_namespaced_objects_live_in_the_shops_namespace() -> None:
    cluster_wide = {"Namespace", "ClusterRole", "ClusterRoleBinding", "IngressClass", "APIService"}
    elsewhere = [
        f"{item['kind']}/{item['metadata']['name']}"
        for item in documents()
        if item["kind"] not in cluster_wide and item["metadata"].get("namespace") != NAMESPACE
    ]
    assert elsewhere == []
    assert find("Namespace", NAMESPACE)


def test_secrets_are_referred_to_and_never_written() -> None:
    assert not [item for item in documents() if item["kind"] == "Secret"]
    workloads = cluster("base").workloads
    refs = {ref for item in workloads for each in item.template.containers for ref in each.secret_refs}
    literal = [name for item in workloads for each in item.template.containers for name in each.literal_secrets]
    assert refs == {"db-secrets", "jwt-secret"}
    assert literal == []


@pytest.mark.parametrize("name", COMPONENTS)
def test_each_component_has_an_account_of_its_own(name: str) -> None:
    assert template(name)["spec"]["serviceAccountName"] == name
    assert find("ServiceAccount", name)["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", ["api-gateway", *HTTP_SERVICES])
def test_roles_of_services_are_minimal(name: str) -> None:
    (rule,) = find("Role", name)["rules"]
    binding = find("RoleBinding", name)
    assert (rule["resources"], rule["resourceNames"], rule["verbs"]) == (["configmaps"], ["shop-settings"], ["get"])
    assert binding["roleRef"]["name"] == name
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}]


def test_no_role_grants_everything() -> None:
    rules = [rule for item in documents() if item["kind"] in ("Role", "ClusterRole") for rule in item["rules"]]
    assert rules
    assert not [rule for rule in rules if "*" in (*rule["verbs"], *rule.get("resources", ()), *rule["apiGroups"])]


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("caller", CALLS)
def test_policies_allow_the_documented_calls_alone(caller: str, overlay: str) -> None:
    objects = cluster(overlay)
    source = serving_workload(objects, caller)
    allowed = set()
    for called in COMPONENTS:
        target = serving_workload(objects, called)
        assert source is not None
        assert target is not None
        if called != caller and check_edge(objects, source, target, COMPONENTS[called][3]).allowed:
            allowed.add(called)
    assert allowed == CALLS[caller]


@pytest.mark.parametrize("name", COMPONENTS)
def test_prometheus_reaches_metrics_but_no_database(name: str) -> None:
    objects = cluster("base")
    prometheus, target = serving_workload(objects, "prometheus"), serving_workload(objects, name)
    assert target is not None
    metrics_port = int(template(name)["metadata"]["annotations"]["prometheus.io/port"])
    assert check_edge(objects, prometheus, target, metrics_port).allowed
    assert check_edge(objects, prometheus, target, COMPONENTS[name][3]).allowed is (name not in VOLUMES)


def test_every_pod_says_its_basis_and_labels() -> None:
    for name, pod in pods():
        labels, annotations = pod["metadata"]["labels"], pod["metadata"]["annotations"]
        assert labels["app.kubernetes.io/name"] == name
        assert labels["app.kubernetes.io/part-of"] == "flores-victoria"
        assert labels["team"]
        assert annotations["fvcapacity.dev/basis"] == ("documented" if name in COMPONENTS else "assumed")
        for each in pod["spec"]["containers"]:
            assert set(each["resources"]["requests"]) == {"cpu", "memory"}, each["name"]
            assert ":" in each["image"].rpartition("/")[2], each["name"]
            assert not each["image"].endswith(":latest"), each["name"]


def test_what_the_page_names_without_numbers_is_there() -> None:
    names = {name for name, _ in pods()}
    wanted = {"ingress-nginx-controller", "prometheus", "grafana", "elasticsearch", "fluentd", "kibana", "velero"}
    needed_by_them = {"prometheus-adapter", "kube-state-metrics"}
    assert names == wanted | needed_by_them | set(COMPONENTS)
    assert find("Schedule", "daily")


@pytest.mark.parametrize(
    "metric",
    [
        "http_request_duration_seconds_bucket",
        "http_request_duration_seconds_count",
        "container_cpu_cfs_throttled_periods_total",
        "container_oom_events_total",
        "kube_horizontalpodautoscaler_spec_max_replicas",
        "kubelet_volume_stats_used_bytes",
    ],
)
def test_an_alert_watches(metric: str) -> None:
    groups = find("PrometheusRule", "shop-alerts")["spec"]["groups"]
    rules = [rule for group in groups for rule in group["rules"] if metric in rule["expr"]]
    assert rules
    assert all(rule["labels"]["severity"] and rule["annotations"]["summary"] for rule in rules)


def test_the_custom_metrics_of_the_autoscalers_are_served() -> None:
    config = yaml.safe_load(find("ConfigMap", "prometheus-adapter")["data"]["config.yaml"])
    served = {name for rule in config["rules"] for name in rule["seriesQuery"].split('"')[1].split("|")}
    assert served == {name for row in AUTOSCALERS.values() for name in row[4]}
    objects = cluster("base")
    adapter, prometheus = serving_workload(objects, "prometheus-adapter"), serving_workload(objects, "prometheus")
    assert adapter is not None
    assert prometheus is not None
    assert check_edge(objects, adapter, prometheus, 9090).allowed
    assert check_edge(objects, None, adapter, 6443).allowed, "the API server is no pod"


def test_staging_runs_fewer_pods_by_the_same_rules() -> None:
    base, staging = cluster("base"), cluster("overlays/staging")
    twice = {item.name for item in base.workloads if item.replicas == 2}
    assert twice == {"api-gateway", "frontend", "ingress-nginx-controller"}
    assert {item.replicas for item in staging.workloads if item.kind != "DaemonSet"} == {1}
    assert [item.metrics for item in staging.autoscalers] == [item.metrics for item in base.autoscalers]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlays_are_read_without_errors_or_warnings(overlay: str) -> None:
    problems = load_manifests([SHOP / overlay]).problems
    assert [str(problem) for problem in problems if problem.severity != "note"] == []


@pytest.mark.parametrize(
    ("overlay", "namespace", "frontend", "ingress"),
    [
        ("base", "flores-victoria", "ClusterIP", "ClusterIP"),
        ("overlays/cloud", "flores-victoria", "LoadBalancer", "LoadBalancer"),
        ("overlays/dev", "flores-victoria", "NodePort", "ClusterIP"),
        ("overlays/staging", "flores-victoria-staging", "ClusterIP", "ClusterIP"),
    ],
)
def test_overlays_differ_in_how_the_shop_is_reached(overlay: str, namespace: str, frontend: str, ingress: str) -> None:
    objects = cluster(overlay)
    service, controller = objects.service("frontend"), objects.service("ingress-nginx-controller")
    assert service is not None
    assert controller is not None
    assert (service.type, controller.type) == (frontend, ingress)
    assert {item.namespace for item in objects.workloads} - {"kube-system"} == {namespace}
    has_platform = any(item.namespace == "kube-system" for item in objects.workloads)
    assert has_platform is (overlay == "overlays/cloud")


def test_the_cloud_overlay_fits_on_three_small_nodes() -> None:
    """Requests of all pods at the start, against the allocatable of three nodes with 2 CPU and 8 GiB."""
    nodes, documented, assumed, memory_bytes = 3, 0.0, 0.0, 0
    for workload in cluster("overlays/cloud").workloads:
        pods_of = nodes if workload.kind == "DaemonSet" else workload.replicas or 0
        for each in workload.template.containers:
            cpu = pods_of * (each.cpu_request_cores or 0.0)
            memory_bytes += pods_of * (each.memory_request_bytes or 0)
            if workload.name == each.name and workload.name in COMPONENTS:
                documented += cpu
            else:
                assumed += cpu
    assert documented == pytest.approx(1.7)
    assert assumed < 2.2
    assert memory_bytes < parse_quantity("8Gi").value
