"""Manifests in: kinds, defaults of the API server, sources, and what cannot be read."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvcapacity.errors import ManifestError, Problem
from fvcapacity.inputs.manifests import ManifestSet, load_manifests, read_manifests
from fvcapacity.inputs.manifests.limit_ranges import with_limit_ranges
from fvcapacity.scenario.cluster import Container, HpaMetric, Probe, ScalingPolicy, ScalingRules
from fvcapacity.scenario.secret_names import looks_secret
from fvcapacity.units import parse_bytes, parse_cpu_cores

TRUTH = Path(__file__).parents[2] / "truth" / "kubernetes" / "vectors" / "limitrange_quota.json.gz"
MIB = 2**20


def read(text: str) -> ManifestSet:
    return read_manifests(["-"], stdin=io.StringIO(text))


def deployment(spec: str = "", container: str = "", pod: str = "") -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop, labels: {{app: web}}}}
spec:
  {spec}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      {pod}
      containers:
      - name: web
        image: web:1
        {container}
"""


def container_of(text: str) -> Container:
    manifests = read(deployment(container=text))
    assert not manifests.errors, manifests.errors
    return manifests.objects.workloads[0].template.containers[0]


def only(manifests: ManifestSet) -> Problem:
    assert len(manifests.problems) == 1, [str(problem) for problem in manifests.problems]
    return manifests.problems[0]


@pytest.mark.parametrize(
    ("resources", "cpu", "memory"),
    [
        # (request, limit) of each, requests defaulted from limits as SetDefaults_Pod does
        ("", (None, None), (None, None)),
        ("{requests: {cpu: 100m, memory: 128Mi}}", (0.1, None), (128 * MIB, None)),
        ("{limits: {cpu: 200m, memory: 256Mi}}", (0.2, 0.2), (256 * MIB, 256 * MIB)),
        ("{requests: {cpu: 100m}, limits: {cpu: 1, memory: 1Gi}}", (0.1, 1.0), (1024 * MIB, 1024 * MIB)),
        ("{requests: {cpu: 0}, limits: {cpu: 0.5}}", (0.0, 0.5), (None, None)),
        ('{requests: {cpu: "1.5m", memory: 1e6}}', (0.002, None), (1_000_000, None)),
        ("{requests: {cpu: null}, limits: {cpu: 1}}", (1.0, 1.0), (None, None)),
    ],
)
def test_requests_and_limits(resources: str, cpu: tuple[Any, Any], memory: tuple[Any, Any]) -> None:
    container = container_of(f"resources: {resources}")
    assert (container.cpu_request_cores, container.cpu_limit_cores) == cpu
    assert (container.memory_request_bytes, container.memory_limit_bytes) == memory


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        ("{httpGet: {port: http}}", Probe(handler="http", path="/", port="http")),
        (
            "{httpGet: {path: /health, port: 3000}, initialDelaySeconds: 30, periodSeconds: 5, timeoutSeconds: 0}",
            Probe(handler="http", path="/health", port=3000, initial_delay_s=30, period_s=5),
        ),
        ("{tcpSocket: {port: 5432}, failureThreshold: 6}", Probe(handler="tcp", port=5432, failure_threshold=6)),
        ("{exec: {command: [redis-cli, ping]}, timeoutSeconds: 3}", Probe(handler="exec", timeout_s=3)),
        ("{grpc: {port: 9000}, successThreshold: 2}", Probe(handler="grpc", port=9000, success_threshold=2)),
    ],
)
def test_probes_carry_the_defaults_of_the_api(probe: str, expected: Probe) -> None:
    assert container_of(f"readinessProbe: {probe}").readiness == expected


def test_a_probe_that_ends_containers_may_have_a_grace_period_of_its_own() -> None:
    container = container_of("livenessProbe: {exec: {command: [a]}, terminationGracePeriodSeconds: 5}")
    assert container.liveness == Probe(handler="exec", termination_grace_s=5)


@pytest.mark.parametrize(
    ("hook", "seconds"),
    [
        ("{sleep: {seconds: 5}}", 5.0),
        ("{exec: {command: [sleep, '15']}}", 15.0),
        ("{exec: {command: [/bin/sh, -c, sleep 2.5; nginx -s quit]}}", 2.5),
        ("{exec: {command: [sh, -c, nginx -s quit]}}", 0.0),
        ("{httpGet: {port: 1}}", 0.0),
    ],
)
def test_pre_stop_hooks_that_sleep(hook: str, seconds: float) -> None:
    assert container_of(f"lifecycle: {{preStop: {hook}}}").pre_stop_s == seconds


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("Deployment", "", ("RollingUpdate", "25%", "25%")),
        ("Deployment", "strategy: {rollingUpdate: {maxSurge: 0}}", ("RollingUpdate", 0, "25%")),
        ("Deployment", "strategy: {type: Recreate}", ("Recreate", 0, "100%")),
        ("DaemonSet", "", ("RollingUpdate", 0, 1)),
        ("DaemonSet", "updateStrategy: {type: OnDelete}", ("OnDelete", 0, 0)),
        ("StatefulSet", "", ("RollingUpdate", 0, 1)),
    ],
)
def test_strategies(kind: str, spec: str, expected: tuple[str, Any, Any]) -> None:
    workload = read(deployment(spec).replace("Deployment", kind)).objects.workloads[0]
    assert (workload.strategy, workload.max_surge, workload.max_unavailable) == expected


def test_a_pod_template_in_full() -> None:
    pod = """\
serviceAccountName: web
      terminationGracePeriodSeconds: 60
      hostNetwork: true
      priorityClassName: high
      nodeSelector: {disk: ssd}
      tolerations: [{key: spot, operator: Exists}]
      volumes: [{name: a, persistentVolumeClaim: {claimName: data}}, {name: b, emptyDir: {}}]
      initContainers:
      - {name: migrate, image: m:1}
      - {name: proxy, image: p:1, restartPolicy: Always}"""
    priority = "---\n{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}\n"
    manifests = read(
        deployment("replicas: 3", "ports: [{containerPort: 80, name: http}, {containerPort: 9}]", pod) + priority
    )
    workload = manifests.objects.workload("deployment/web")
    assert workload is not None
    assert not manifests.problems
    assert (workload.namespace, workload.replicas, workload.selector) == ("shop", 3, {"matchLabels": {"app": "web"}})
    template = workload.template
    assert [(item.name, item.kind) for item in template.containers] == [
        ("migrate", "init"),
        ("proxy", "sidecar"),
        ("web", "app"),
    ]
    assert template.containers[2].ports == {"http": 80, "9": 9}
    assert (template.service_account, template.termination_grace_s, template.priority) == ("web", 60, 1000)
    assert (template.node_selector, template.volume_claims, template.host_network) == ({"disk": "ssd"}, ("data",), True)
    assert template.tolerations == ({"key": "spot", "operator": "Exists"},)
    assert (str(workload.location), str(template.containers[2].location)) == ("<stdin>:1:1", "<stdin>:21:9")
    assert str(workload.places["replicas"]) == "<stdin>:5:3"


def test_defaults_of_a_pod_template() -> None:
    template = read(deployment()).objects.workloads[0].template
    assert (template.service_account, template.termination_grace_s, template.priority) == ("default", 30, 0)


HPA = """\
apiVersion: autoscaling/{v}
kind: HorizontalPodAutoscaler
metadata: {{name: h}}
spec:
  scaleTargetRef: {{kind: Deployment, name: web}}
  maxReplicas: 9
  {spec}
"""


@pytest.mark.parametrize(
    ("version", "spec", "metrics"),
    [
        ("v2", "", (HpaMetric(type="Resource", name="cpu", utilization_percent=80),)),
        ("v1", "", (HpaMetric(type="Resource", name="cpu", utilization_percent=80),)),
        ("v1", "targetCPUUtilizationPercentage: 55", (HpaMetric(type="Resource", name="cpu", utilization_percent=55),)),
        (
            "v2",
            "metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}},"
            " {type: Pods, pods: {metric: {name: orders}, target: {type: AverageValue, averageValue: 2500m}}},"
            " {type: External, external: {metric: {name: queue}, target: {type: Value, value: 30}}},"
            " {type: ContainerResource, containerResource: {name: cpu, container: web, target: {type: Utilization,"
            " averageUtilization: 60}}}]",
            (
                HpaMetric(type="Resource", name="memory", average_value_milli=100 * MIB * 1000),
                HpaMetric(type="Pods", name="orders", average_value_milli=2500),
                HpaMetric(type="External", name="queue", value_milli=30_000),
                HpaMetric(type="ContainerResource", name="cpu", container="web", utilization_percent=60),
            ),
        ),
    ],
)
def test_autoscalers(version: str, spec: str, metrics: tuple[HpaMetric, ...]) -> None:
    manifests = read(HPA.format(v=version, spec=spec))
    assert not manifests.problems
    hpa = manifests.objects.autoscalers[0]
    assert hpa.metrics == metrics
    assert (hpa.min_replicas, hpa.max_replicas, hpa.namespace, hpa.has_behavior) == (1, 9, "default", False)


@pytest.mark.parametrize(
    ("written", "where", "hint"),
    [
        ("maxReplica: 9", "<stdin>:6:3", "is 'maxReplica' meant to be 'maxReplicas'?"),
        ("minReplicas: 2", "<stdin>:5:3", "add maxReplicas: ..."),
    ],
)
def test_a_maximum_that_is_not_there_may_be_another_key(written: str, where: str, hint: str) -> None:
    problems = read(HPA.replace("maxReplicas: 9", written).format(v="v2", spec="")).problems
    missing = next(problem for problem in problems if problem.message == "maxReplicas is missing")
    assert (str(missing.location), missing.hint) == (where, hint)


def test_behavior_of_an_autoscaler() -> None:
    spec = (
        "behavior: {scaleUp: {stabilizationWindowSeconds: 30, selectPolicy: Min, tolerance: 50m,"
        " policies: [{type: Pods, value: 4, periodSeconds: 60}]}, scaleDown: {selectPolicy: Disabled}}"
    )
    hpa = read(HPA.format(v="v2", spec=spec)).objects.autoscalers[0]
    policies = (ScalingPolicy(type="Pods", value=4, period_s=60),)
    up = ScalingRules(stabilization_window_s=30, select_policy="Min", policies=policies, tolerance=0.05)
    assert (hpa.scale_up, hpa.scale_down, hpa.has_behavior) == (up, ScalingRules(select_policy="Disabled"), True)


OTHERS = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: web}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: http, name: plain}, {port: 81}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: in, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: h
    http: {paths: [{path: /api, pathType: Prefix, backend: {service: {name: web, port: {name: plain}}}}]}
  defaultBackend: {service: {name: web, port: {number: 81}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:1"}]}}
  volumeClaimTemplates:
  - {metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {parallelism: 2, template: {spec: {containers: [{name: a, image: "a:1"}]}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: lone, labels: {app: lone}}
spec: {containers: [{name: a, image: "a:1"}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: pdb}
spec: {minAvailable: 50%, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {requests.cpu: 1500m, pods: 10, requests.memory: 1024Mi}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: l}
spec: {limits: [{type: Container, default: {cpu: 500m}, defaultRequest: {memory: 64Mi}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: root}
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: a, namespace: b}]
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: one}}
- {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: two}}]}
---
apiVersion: v1
kind: ConfigMapList
items: [{metadata: {name: cm}}]
---
apiVersion: example.com/v1
kind: Deployment
metadata: {name: not-ours}
"""


def test_every_other_kind() -> None:
    manifests = read(OTHERS)
    objects = manifests.objects
    note = only(manifests)
    assert (note.severity, note.rule) == ("note", "unknown-kind")
    assert "Deployment (example.com/v1)" in note.message
    assert objects.namespaces == {"shop": {"team": "web", "kubernetes.io/metadata.name": "shop"}}
    service = objects.services[0]
    assert (service.ports, service.port_names, service.type) == ({80: "http", 81: 81}, {"plain": 80}, "NodePort")
    rules = [(r.host, r.path, r.service, r.port) for r in objects.ingresses[0].rules]
    assert rules == [("h", "/api", "web", "plain"), ("", "", "web", 81)]
    assert [(w.key, w.replicas) for w in objects.workloads] == [
        ("statefulset/db", None),
        ("cronjob/nightly", 2),
        ("pod/lone", None),
    ]
    assert objects.workloads[0].claim_templates[0].storage_bytes == 5 * 1024 * MIB
    assert objects.workloads[0].template.volume_claims == ("data",)
    assert objects.workloads[1].schedule == "0 3 * * *"
    assert (objects.claims[0].storage_class, objects.claims[0].access_modes) == ("fast", ("ReadWriteOnce",))
    assert objects.disruption_budgets[0].min_available == "50%"
    assert objects.quotas[0].hard == {"requests.cpu": "1500m", "pods": "10", "requests.memory": "1Gi"}
    assert objects.role_bindings[0].subjects == ({"kind": "ServiceAccount", "name": "a", "namespace": "b"},)
    assert [item.name for item in objects.service_accounts] == ["one", "two"]
    assert {"kind": "ConfigMap", "name": "cm", "namespace": "default"} in objects.other
    lone = objects.workloads[2].template.containers[0]  # the LimitRange of namespace default
    assert (lone.cpu_limit_cores, lone.cpu_request_cores, lone.memory_request_bytes) == (0.5, 0.5, 64 * MIB)


WRONG = [
    # container fields (or a whole text), place, part of the message, part of the hint
    ("resources: {limits: {cpu: 2 cores}}", "14:35", "'2 cores' is not a Kubernetes quantity", "write 2"),
    ("resources: {limits: {memory: Mi}}", "14:38", "'Mi' is not a Kubernetes quantity", "256Mi"),
    ("resources: {limits: {memory: 256MB}}", "14:38", "'256MB'", "write 256Mi"),
    ("resources: {limits: {memory: -1}}", "14:38", "-1 is negative", "0 or more"),
    ("resources: {limits: [cpu]}", "14:29", "expected a mapping, found a list of 1", ""),
    ("ports: [{containerPort: '80'}]", "14:33", "expected a whole number, found '80'", ""),
    ("ports: [{containerPort: 99999}]", "14:33", "99999 is out of range", "65535 or less"),
    ("env: [{name: A, value: yes}]", "14:32", "the boolean true (written yes)", 'write "yes"'),
    ("env: [{name: A, value: 1e3}]", "14:32", "(written 1e3)", 'write "1e3"'),
    ("livenessProbe: {httpGet: {port: 1}, exec: {}}", "14:24", "a probe has 2 handlers", "exactly one"),
    ("livenessProbe: {httpGet: {port: 1}, successThreshold: 2}", "14:63", "2 is not allowed", "1"),
    ("readinessProbe: {httpGet: {port: 1}, terminationGracePeriodSeconds: 2}", "14:77", "not allowed in a readiness", "leave"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "message", "hint"), WRONG)
def test_what_cannot_be_read_in_a_container(text: str, place: str, message: str, hint: str) -> None:
    problem = only(read(deployment(container=text)))
    assert problem.severity == "error"
    assert message in problem.message
    assert hint in problem.hint
    assert str(problem.location) == f"<stdin>:{place}"
    assert problem.field.startswith("deployment/web.spec.template.spec.containers[0].")


UNTARGETED = "metrics: [{type: Resource, resource: {name: cpu}}]"
WRONG_TEXTS = [
    ("a: 1", "not-an-object", "no apiVersion and no kind", "error"),
    ("- 1", "not-an-object", "a document is a mapping", "error"),
    ("{apiVersion: v1, kind: Service}", "manifest-value", "Service has no name", "error"),
    ("{{ if .Values.x }}\na: {{ b }}", "yaml-syntax", "it looks like a template", "error"),
    (deployment() + "---\n" + deployment(), "duplicate-object", "defined twice (first at <stdin>:1:1)", "error"),
    (deployment("strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}"), "manifest-value", "both 0", "error"),
    (deployment("strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}"), "manifest-value", "is refused", "error"),
    (deployment("replicas: many"), "manifest-type", "expected a whole number, found 'many'", "error"),
    (deployment("replica: 3"), "unknown-field", "unknown field 'replica'", "warning"),
    (deployment(container="resources: {limit: {cpu: 1}}"), "unknown-field", "unknown field 'limit'", "warning"),
    (deployment().replace("app: web}}\n  template", "app: x}}\n  template"), "manifest-value", "app=x", "error"),
    (deployment(container="resources: {limits: {cpu: 010}}"), "yaml-trap", "010 is read as the number 8", "warning"),
    (deployment(container="image: web:2"), "duplicate-key", "given twice", "warning"),
    (deployment().replace("apps/v1", "extensions/v1beta1"), "removed-api", "read as apps/v1", "warning"),
    (HPA.format(v="v2beta1", spec=""), "removed-api", "has other fields", "error"),
    (HPA.format(v="v2", spec=UNTARGETED), "manifest-value", "no target", "error"),
    (HPA.format(v="v2", spec="metrics: [{type: Cpu}]"), "manifest-value", "'Cpu' is not one of", "error"),
    (HPA.format(v="v2", spec="minReplica: 2"), "unknown-field", "unknown field 'minReplica'", "warning"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "message", "severity"), WRONG_TEXTS)
def test_what_cannot_be_read(text: str, rule: str, message: str, severity: str) -> None:
    manifests = read(text)
    found = [p for p in manifests.problems if p.rule == rule and message in p.message]
    assert found, [str(problem) for problem in manifests.problems]
    assert found[0].severity == severity
    assert found[0].location is not None
    if severity == "error":
        with pytest.raises(ManifestError, match="stdin"):
            load_manifests(["-"], stdin=io.StringIO(text))


def test_no_value_of_a_secret_survives() -> None:
    secret = """\
apiVersion: v1
kind: Secret
metadata:
  name: db
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data": {"p": "aHVudGVyMg=="}}'}
data: {password: aHVudGVyMg==}
stringData: {token: hunter2, port: 12345678}
---
"""
    env = (
        "env: [{name: DB_PASSWORD, value: hunter2}, {name: API_TOKEN, value: 12345678}, {name: TOKEN_TTL, value: 60s}]"
    )
    applied = 'annotations: {kubectl.kubernetes.io/last-applied-configuration: \'{"value": "hunter2"}\'}, name: web'
    manifests = read(secret + deployment(container=env).replace("name: web", applied, 1))
    shown = repr(manifests) + "".join(map(str, manifests.problems))
    assert not any(value in shown for value in ("hunter2", "aHVudGVyMg", "12345678"))
    assert manifests.objects.secrets[0].has_data
    assert set(manifests.objects.workloads[0].template.containers[0].literal_secrets) == {"DB_PASSWORD", "API_TOKEN"}
    assert [str(path) for path in manifests.secret_files] == ["<stdin>"]


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("DB_PASSWORD", True), ("PASSWORD", True), ("JWT_SECRET", True), ("jwtSecret", True), ("API_KEY", True),
        ("AUTH_TOKEN", True), ("POSTGRES_PASSWORD_FILE", False), ("TOKEN_TTL", False), ("KEYSPACE", False),
        ("SECRET_NAME", False), ("MONKEY", False), ("PUBLIC_KEY", False), ("PORT", False), ("COMPASS", False),
    ],
)  # fmt: skip
def test_names_that_promise_a_secret(name: str, secret: bool) -> None:
    assert looks_secret(name) is secret


def test_directories_files_json_and_order(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.yaml").write_text("broken: [")
    (tmp_path / "a.yml").write_text("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n")
    (tmp_path / "sub" / "b.json").write_text(
        '{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "b"}}'
    )
    (tmp_path / "values.yaml").write_text("image: x\n")
    (tmp_path / "notes.txt").write_text("no: [")
    manifests = load_manifests([tmp_path])
    assert [item.name for item in manifests.objects.service_accounts] == ["a", "b"]
    assert [path.name for path in manifests.files] == ["a.yml", "b.json", "values.yaml"]
    assert [(p.rule, p.severity) for p in manifests.problems] == [("not-an-object", "note")]
    assert str(manifests.objects.service_accounts[1].location) == f"{tmp_path}/sub/b.json:1:1"


def test_all_bad_sources_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("one", "two"):
        (tmp_path / "two" / name).mkdir(parents=True)
        (tmp_path / "two" / name / "kustomization.yaml").write_text("resources: []\n")
    sources = [tmp_path / "gone.yaml", tmp_path / "empty", tmp_path / "two", "https://example.com/x.yaml"]
    with pytest.raises(ManifestError) as caught:
        load_manifests(sources)
    rules = {problem.rule for problem in caught.value.problems}
    assert rules == {"missing-file", "no-manifests", "many-kustomizations", "remote-source"}


def test_limit_ranges_fill_in_what_kubernetes_fills_in() -> None:
    cases = [c for c in json.loads(gzip.decompress(TRUTH.read_bytes()))["cases"] if c["input"]["op"] == "limit_range"]
    assert len(cases) > 50
    for case in cases:
        spec, expected = case["input"]["pod"]["spec"], case["expected"]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
        items = [
            {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": r["metadata"]["name"]}, "spec": r["spec"]}
            for r in case["input"]["limit_ranges"]
        ]
        objects = read("\n---\n".join(json.dumps(item) for item in [pod, *items])).objects
        template = with_limit_ranges(objects.workloads[0].template, ())
        wanted = {item["name"]: item for item in [*expected["containers"], *expected.get("init_containers", [])]}
        for container in template.containers:
            amounts = wanted[container.name]
            assert (container.cpu_request_cores, container.memory_request_bytes) == _amounts(amounts["requests"]), case[
                "id"
            ]
            assert (container.cpu_limit_cores, container.memory_limit_bytes) == _amounts(amounts["limits"]), case["id"]


def _amounts(amounts: dict[str, str]) -> tuple[float | None, int | None]:
    cpu, memory = amounts.get("cpu"), amounts.get("memory")
    return (None if cpu is None else parse_cpu_cores(cpu), None if memory is None else parse_bytes(memory))


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 99_999)
    | st.floats()
    | st.sampled_from(["", "1", "25%", "x", "Always"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "spec", "type", "target", "port", "cpu", "resources"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
_PATHS = [
    ("spec",), ("metadata",), ("spec", "template"), ("spec", "template", "spec"),
    ("spec", "template", "spec", "containers"),
    ("spec", "template", "spec", "initContainers"), ("spec", "template", "spec", "volumes"), ("spec", "selector"),
    ("spec", "strategy"), ("spec", "metrics"), ("spec", "behavior"), ("spec", "scaleTargetRef"), ("spec", "ports"),
    ("spec", "rules"), ("spec", "hard"), ("spec", "limits"), ("spec", "ingress"), ("subjects",), ("rules",), ("data",),
]  # fmt: skip
_KINDS = [
    ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("batch/v1", "CronJob"), ("v1", "Pod"), ("v1", "Service"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"), ("networking.k8s.io/v1", "Ingress"), ("v1", "Secret"),
    ("networking.k8s.io/v1", "NetworkPolicy"), ("policy/v1", "PodDisruptionBudget"), ("v1", "ResourceQuota"),
    ("v1", "LimitRange"), ("rbac.authorization.k8s.io/v1", "RoleBinding"), ("v1", "PersistentVolumeClaim"),
    ("v1", "List"),
]  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(_KINDS), st.lists(st.tuples(st.sampled_from(_PATHS), _VALUES), max_size=4))
def test_no_shape_of_an_object_is_more_than_a_problem(kind: tuple[str, str], changes: list[tuple[Any, Any]]) -> None:
    data: dict[str, Any] = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "x"}, "spec": {}}
    for path, value in changes:
        inner: Any = data
        for part in path[:-1]:
            inner = inner.setdefault(part, {}) if isinstance(inner, dict) else {}
        if isinstance(inner, dict):
            inner[path[-1]] = value
    manifests = read(json.dumps(data, allow_nan=True))
    assert all(problem.message for problem in manifests.problems)
