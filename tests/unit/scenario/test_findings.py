"""Findings: a sound shop has none, and each change to it brings exactly the one that it deserves."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from fvcapacity.errors import Problem
from fvcapacity.inputs.manifests import read_manifests
from fvcapacity.scenario.findings import RULES, check_cluster

TRUTH = Path(__file__).parents[2] / "truth" / "kubernetes" / "vectors" / "limitrange_quota.json.gz"

SOUND = """\
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
      - name: web
        image: web:1
        ports: [{name: http, containerPort: 3000}]
        env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: p}}}, {name: MODE, value: fast}]
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits: {cpu: 200m, memory: 256Mi}
        livenessProbe: {httpGet: {path: /alive, port: http}}
        readinessProbe: {httpGet: {path: /ready, port: http}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 8
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{}]}
---
"""

QUOTA = "{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: q}}, spec: {{hard: {{{}}}}}}}\n"
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: d}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}
"""
VOLUME = "      volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]\n      containers:\n"
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\n"
BINDING = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: root}\n"
ADMIN = """\
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: web, namespace: default}]
"""
SECOND = """\
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: two}
spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 3}
"""
DAEMON = SECOND.replace("kind: Deployment, name: web", "kind: DaemonSet, name: agent") + "---\n"
AGENT = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: web
      containers:
      - {name: a, image: "a:1", resources: {limits: {cpu: 100m, memory: 64Mi}}}
"""
RESOURCE = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}"
CONTAINER = RESOURCE.replace("Resource, resource: {", "ContainerResource, containerResource: {container: web, ")
LIMIT = (
    "{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: Container, max: {cpu: 150m}}]}}\n"
)

CASES: list[tuple[str, list[tuple[str, str]], str, str, int, str]] = [
    # what, changes to the sound shop, more objects, rule, line of the finding, part of the message
    (
        "no cpu request or limit",
        [("requests: {cpu: 100m, ", "requests: {"), ("limits: {cpu: 200m, ", "limits: {")],
        "",
        "hpa-without-requests",
        13,
        "`missing request for cpu`",
    ),
    (
        "a request of zero",
        [("requests: {cpu: 100m", "requests: {cpu: 0")],
        "",
        "hpa-without-requests",
        13,
        "container web has no cpu",
    ),
    (
        "another container",
        [(RESOURCE, CONTAINER.replace("container: web", "container: wbe"))],
        "",
        "hpa-unknown-container",
        40,
        "'wbe'",
    ),
    (
        "another target",
        [("kind: Deployment, name: web", "kind: Deployment, name: wbe")],
        "",
        "hpa-target-missing",
        37,
        "deployment/wbe",
    ),
    (
        "another kind",
        [("kind: Deployment, name: web", "kind: StatefulSet, name: web")],
        "",
        "hpa-target-missing",
        37,
        "statefulset/web",
    ),
    ("a DaemonSet as target", [], DAEMON + AGENT, "hpa-target-not-scalable", 55, "a DaemonSet cannot be scaled"),
    (
        "minimum above maximum",
        [("maxReplicas: 8", "maxReplicas: 1")],
        "",
        "hpa-bounds",
        39,
        "minReplicas 2 is above maxReplicas 1",
    ),
    ("scale to zero", [("minReplicas: 2", "minReplicas: 0")], "", "hpa-bounds", 38, "minReplicas 0 needs"),
    ("two HPAs", [], SECOND, "hpa-duplicate-target", 52, "hpa/web scales deployment/web too"),
    (
        "replicas under an HPA",
        [("spec:\n  selector", "spec:\n  replicas: 2\n  selector")],
        "",
        "hpa-owns-replicas",
        7,
        "replicas: 2",
    ),
    (
        "request above limit",
        [("requests: {cpu: 100m", "requests: {cpu: 300m")],
        "",
        "request-above-limit",
        18,
        "300m of web is above its limit 200m",
    ),
    (
        "memory request above limit",
        [("memory: 128Mi", "memory: 1Gi")],
        "",
        "request-above-limit",
        18,
        "1Gi of web is above its limit 256Mi",
    ),
    (
        "no memory request",
        [("memory: 128Mi", "memory: null"), (", memory: 256Mi", "")],
        "",
        "missing-requests",
        17,
        "web has no memory request",
    ),
    ("no cpu limit", [("limits: {cpu: 200m, ", "limits: {")], "", "missing-cpu-limit", 17, "web has no cpu limit"),
    ("no memory limit", [(", memory: 256Mi", "")], "", "missing-memory-limit", 17, "web has no memory limit"),
    ("latest", [("image: web:1", "image: web:latest")], "", "image-not-pinned", 14, "the tag latest"),
    ("no tag, with a registry's port", [("image: web:1", "image: reg:5000/web")], "", "image-not-pinned", 14, "no tag"),
    ("a LimitRange below", [], LIMIT, "limit-range-violated", 13, "cpu 200m is above the maximum 150m"),
    (
        "a quota on what is missing",
        [("limits: {cpu: 200m, ", "limits: {")],
        QUOTA.format("limits.cpu: 90"),
        "quota-needs-resources",
        13,
        "web of deployment/web has no cpu limit",
    ),
    (
        "a quota below the maximum",
        [],
        QUOTA.format("requests.cpu: 700m"),
        "quota-too-small",
        52,
        "needs 800m, with the largest roll-out surge 1",
    ),
    (
        "a quota below the surge",
        [],
        QUOTA.format("requests.cpu: 900m"),
        "quota-too-small",
        52,
        "allows requests.cpu 900m",
    ),
    ("a quota on pods", [], QUOTA.format("pods: 9"), "quota-too-small", 52, "every workload at its maximum needs 8"),
    ("a quota on memory limits", [], QUOTA.format("limits.memory: 2Gi"), "quota-too-small", 52, "surge 2560Mi"),
    (
        "a quota on storage",
        [],
        CLAIM + "---\n" + QUOTA.format("requests.storage: 4Gi"),
        "quota-too-small",
        57,
        "the claims need 5Gi",
    ),
    (
        "all roll-outs at once",
        [],
        AGENT.replace("DaemonSet", "Deployment") + "---\n" + QUOTA.format("pods: 11"),
        "quota-tight",
        64,
        "with all roll-outs at once 12",
    ),
    (
        "the same tight probe",
        [("/alive", "/ready")],
        "",
        "same-tight-probe",
        20,
        "liveness gives up after 3 answers slower than 1 s",
    ),
    (
        "no readiness",
        [("        readinessProbe: {httpGet: {path: /ready, port: http}}\n", "")],
        "",
        "no-readiness-probe",
        3,
        "no readiness probe",
    ),
    ("a probe's port", [("/alive, port: http", "/alive, port: web")], "", "unknown-probe-port", 20, "port 'web'"),
    (
        "no budget",
        [
            (
                "maxUnavailable: 1, selector: {matchLabels: {app: web}}",
                "maxUnavailable: 1, selector: {matchLabels: {app: x}}",
            )
        ],
        "",
        "no-pdb",
        3,
        "up to 8 pods",
    ),
    (
        "a budget of nobody",
        [
            (
                "name: web}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}",
                "name: web}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: x}}",
            )
        ],
        "",
        "pdb-selects-nothing",
        42,
        "matches no workload",
    ),
    (
        "a budget of zero",
        [("maxUnavailable: 1", "maxUnavailable: 0")],
        "",
        "pdb-allows-nothing",
        42,
        "no disruption of 2 pods",
    ),
    (
        "a budget of all at the minimum",
        [("maxUnavailable: 1", "minAvailable: 2")],
        "",
        "pdb-allows-nothing",
        42,
        "while there are only 2 pods",
    ),
    (
        "a budget of 100 %",
        [("maxUnavailable: 1", "minAvailable: 100%")],
        "",
        "pdb-allows-nothing",
        42,
        "minAvailable 100%",
    ),
    (
        "a shared volume",
        [("      containers:\n", VOLUME)],
        CLAIM,
        "rwo-several-replicas",
        3,
        "up to 8 pods on the ReadWriteOnce volume d",
    ),
    ("a claim that is not there", [("      containers:\n", VOLUME)], "", "claim-missing", 3, "the claim 'd'"),
    (
        "the default account",
        [("      serviceAccountName: web\n", "")],
        "",
        "default-service-account",
        3,
        "default ServiceAccount",
    ),
    (
        "an unknown account",
        [("serviceAccountName: web", "serviceAccountName: wbe")],
        "",
        "service-account-missing",
        11,
        "'wbe'",
    ),
    ("cluster-admin", [], BINDING + ADMIN, "cluster-admin", 52, "gives cluster-admin to ServiceAccount web"),
    (
        "wildcards",
        [],
        ROLE + "rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]\n",
        "wildcard-role",
        52,
        "role/r",
    ),
    (
        "a literal secret",
        [("valueFrom: {secretKeyRef: {name: db, key: p}}", "value: hunter2")],
        "",
        "literal-secret",
        16,
        "DB_PASSWORD of web",
    ),
    (
        "a Secret with data",
        [],
        "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {p: aHVudGVyMg==}}\n",
        "secret-in-file",
        52,
        "secret/s",
    ),
    (
        "a Service of nobody",
        [("spec: {selector: {app: web}", "spec: {selector: {app: x}")],
        "",
        "service-selects-nothing",
        23,
        "app=x",
    ),
    (
        "a target port by name",
        [("targetPort: http", "targetPort: web")],
        "",
        "unknown-target-port",
        23,
        "the port 'web'",
    ),
    (
        "a target port by number",
        [("targetPort: http", "targetPort: 3001")],
        "",
        "undeclared-target-port",
        23,
        "port 3001",
    ),
    (
        "an Ingress to nowhere",
        [("service: {name: web, port", "service: {name: wbe, port")],
        "",
        "ingress-service-missing",
        31,
        "'wbe'",
    ),
    (
        "an Ingress to another port",
        [("port: {number: 80}", "port: {number: 81}")],
        "",
        "ingress-port-missing",
        31,
        "port 81",
    ),
    (
        "a policy of nobody",
        [("podSelector: {matchLabels: {app: web}}", "podSelector: {matchLabels: {app: x}}")],
        "",
        "policy-selects-nothing",
        47,
        "",
    ),
]


def findings(text: str) -> list[Problem]:
    manifests = read_manifests(["-"], stdin=io.StringIO(text))
    assert not manifests.errors, [str(problem) for problem in manifests.errors]
    return check_cluster(manifests.objects)


def test_a_sound_shop_has_no_findings() -> None:
    assert findings(SOUND) == []


@pytest.mark.parametrize(
    ("changes", "more", "rule", "line", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_fault_is_found(changes: list[tuple[str, str]], more: str, rule: str, line: int, message: str) -> None:
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    problems = findings(text + more)
    found = [problem for problem in problems if problem.rule == rule]
    assert found, [str(problem) for problem in problems]
    assert found[0].location is not None
    assert (found[0].location.line, found[0].severity) == (line, RULES[rule].severity), str(found[0])
    assert message in found[0].message
    assert found[0].hint
    assert found[0].field
    assert "hunter2" not in "".join(map(str, problems))


ALONE = [
    # a fault that must not be mistaken for another: (changes, more, rules that are found)
    (
        [
            ("/alive", "/ready"),
            ("path: /ready, port: http}}\n        r", "path: /ready, port: http}, timeoutSeconds: 5}\n        r"),
        ],
        "",
        set(),
    ),
    ([("minReplicas: 2", "minReplicas: 3"), ("maxUnavailable: 1", "minAvailable: 2")], "", set()),
    ([("image: web:1", "image: web@sha256:0123")], "", set()),
    ([], QUOTA.format("requests.cpu: 1, limits.memory: 2560Mi, pods: 10"), set()),
    ([], QUOTA.format("pods: 1").replace("hard:", "scopes: [BestEffort], hard:"), set()),
    ([], QUOTA.format("pods: 1").replace("name: q", "name: q, namespace: elsewhere"), set()),
    ([("maxReplicas: 8", "maxReplicas: 1")], "", {"hpa-bounds"}),
    ([("requests: {cpu: 100m, ", "requests: {")], "", set()),  # the limit stands in for the request
    ([("kind: Deployment, name: web", "kind: Deployment, name: wbe")], "", {"hpa-target-missing"}),
]


@pytest.mark.parametrize(("changes", "more", "rules"), ALONE)
def test_what_is_no_fault_is_not_found(changes: list[tuple[str, str]], more: str, rules: set[str]) -> None:
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    ignored = {"pdb-allows-nothing", "no-pdb"} if rules else set()
    assert {problem.rule for problem in findings(text + more)} - ignored == rules


def test_a_lone_database_on_one_volume_must_be_recreated() -> None:
    text = SOUND.split("---\napiVersion: autoscaling")[0].replace("      containers:\n", VOLUME) + "---\n" + CLAIM
    assert [problem.rule for problem in findings(text)] == ["rwo-rolling-update"]
    mended = text.replace("spec:\n  selector", "spec:\n  strategy: {type: Recreate}\n  selector")
    assert findings(mended) == []
    stateful = text.replace("kind: Deployment", "kind: StatefulSet").replace(
        "spec:\n  sel", "spec:\n  replicas: 2\n  sel"
    )
    assert {problem.rule for problem in findings(stateful)} == {"rwo-shared-claim", "no-pdb"}


def test_every_rule_has_a_case() -> None:
    covered = {case[3] for case in CASES} | {"rwo-rolling-update", "rwo-shared-claim"}
    assert covered == set(RULES)


def test_sidecars_need_requests_too_and_init_containers_do_not() -> None:
    extra = (
        "      initContainers:\n"
        "      - {{name: s, image: 's:1', {}resources: {{limits: {{memory: 1Mi}}}}}}\n"
        "      containers:\n"
    )
    for restart, expected in (("restartPolicy: Always, ", True), ("", False)):
        text = SOUND.replace("      containers:\n", extra.format(restart))
        rules = {problem.rule for problem in findings(text)}
        assert ("hpa-without-requests" in rules) is expected


def test_limit_ranges_refuse_what_kubernetes_refuses() -> None:
    cases = json.loads(gzip.decompress(TRUTH.read_bytes()))["cases"]
    refused = 0
    for case in cases:
        if case["input"]["op"] != "limit_range" or _foreign(case["input"]):
            continue
        spec = case["input"]["pod"]["spec"]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
        items = [
            {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": r["metadata"]["name"]}, "spec": r["spec"]}
            for r in case["input"]["limit_ranges"]
        ]
        found = findings("\n---\n".join(json.dumps(item) for item in [pod, *items]))
        ours = any(problem.rule == "limit-range-violated" for problem in found)
        assert ours == bool(case["expected"]["errors"]), case["id"]
        refused += ours
    assert refused > 30


def _foreign(case: dict[str, Any]) -> bool:
    """Tell whether a case is about resources other than CPU and memory, which have no capacity here."""
    text = json.dumps(case)
    return "ephemeral-storage" in text or "example.com" in text or "hugepages" in text
