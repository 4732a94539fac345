"""Small kustomizations, one feature each: held against expectations, and against kubectl itself.

A case is a mapping of file names to texts; the directory that is built is ``over`` where there is one, else
the top.
"""

from __future__ import annotations

from pathlib import Path

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      tolerations: [{key: spot}]
      topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule}]
      containers:
      - name: web
        image: registry:5000/shop/web:1
        args: [serve, fast]
        env: [{name: A, value: "1"}, {name: B, value: yes}]
        envFrom: [{configMapRef: {name: settings}}]
        ports: [{containerPort: 80, name: http}]
        resources: {requests: {cpu: 100m}, limits: {cpu: 200m, memory: 256Mi}}
        readinessProbe: {httpGet: {path: /health, port: http}}
      - {name: exporter, image: "exporter@sha256:0123"}
      - {name: agent, image: agent}
      volumes: [{name: tmp, emptyDir: {}}, {name: data, persistentVolumeClaim: {claimName: data}}]
"""
REST = """\
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}, {port: 81, name: x}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads}
roleRef: {kind: Role, name: reads, apiGroup: rbac.authorization.k8s.io}
subjects:
- {kind: ServiceAccount, name: web}
- {kind: ServiceAccount, name: default}
- {kind: ServiceAccount, name: q, namespace: q}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: all}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: edge}}}, {podSelector: {}}, {namespaceSelector: {matchLabels: {n: x}}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: web
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: shop/db}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {containers: [{name: x, image: "shop/db:2"}]}}}}}
"""
_BASE = {"base/web.yaml": WEB, "base/rest.yaml": REST, "base/kustomization.yaml": "resources: [web.yaml, rest.yaml]\n"}
_HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"


def _over(text: str, **files: str) -> dict[str, str]:
    more = {f"over/{name.replace('_', '.')}": content for name, content in files.items()}
    return {**_BASE, "over/kustomization.yaml": "resources: [../base]\n" + text, **more}


def _patch(body: str) -> dict[str, str]:
    return _over("patches: [{path: patch.yaml}]\n", patch_yaml=_HEAD + body)


def _operations(text: str, target: str = "{kind: HorizontalPodAutoscaler}") -> dict[str, str]:
    indented = "".join(f"    {line}\n" for line in text.strip().splitlines())
    return _over(f"patches:\n- target: {target}\n  patch: |\n{indented}")


CASES: dict[str, dict[str, str]] = {
    "plain": _over(""),
    "namespace": _over("namespace: other\n"),
    "affixes": _over("namePrefix: a-\nnameSuffix: -z\n"),
    "affixes over a namespaced base": {
        **_over("namePrefix: a-\nnamespace: two\n"),
        "base/kustomization.yaml": "resources: [web.yaml, rest.yaml]\nnamespace: one\nnameSuffix: -b\n",
    },
    "common labels": _over("commonLabels: {team: flowers}\n"),
    "labels": _over("labels: [{pairs: {team: flowers}}]\n"),
    "labels in templates": _over("labels: [{pairs: {team: flowers}, includeTemplates: true}]\n"),
    "labels in selectors": _over("labels: [{pairs: {team: flowers}, includeSelectors: true}]\n"),
    "annotations": _over("commonAnnotations: {note: x}\n"),
    "images": _over(
        "images: [{name: 'registry:5000/shop/web', newTag: '9'}, {name: exporter, newName: other/exporter},"
        " {name: agent, newName: a, newTag: '2'}, {name: shop/db, digest: 'sha256:abc'}]\n"
    ),
    "replicas": _over("replicas: [{name: web, count: 4}, {name: db, count: 0}]\n"),
    "limits removed": _patch("  template: {spec: {containers: [{name: web, resources: {limits: {cpu: null}}}]}}\n"),
    "container by name": _patch(
        "  template: {spec: {containers: [{name: exporter, resources: {limits: {cpu: 1}}}, {name: new, image: n:1},"
        " {name: agent, $patch: delete}, {name: web, args: [slow], env: [{name: B, value: no}, {name: C, value: '3'}],"
        " envFrom: [{configMapRef: {name: more}}], ports: [{containerPort: 81}]}]}}\n"
    ),
    "lists without a key": _patch(
        "  template: {spec: {tolerations: [{key: other}], topologySpreadConstraints: [{topologyKey: host, maxSkew: 2,"
        " whenUnsatisfiable: ScheduleAnyway}], volumes: [{name: tmp, emptyDir: null, hostPath: {path: /tmp}}]}}\n"
    ),
    "strategy": _patch("  strategy: {type: Recreate, rollingUpdate: null}\n"),
    "map deleted": _patch("  strategy: {$patch: delete}\n"),
    "map replaced": _patch("  strategy: {$patch: replace, type: Recreate}\n"),
    "list replaced": _patch(
        "  template: {spec: {containers: [{$patch: replace}, {name: one, image: one:1}]}}\n",
    ),
    "object deleted": _patch("  x: 1\n$patch: delete\n"),
    "null for what is not there": _patch("  paused: null\n  template: {spec: {affinity: {nodeAffinity: null}}}\n"),
    "several patches in one file": _over(
        "patches: [{path: patch.yaml}]\n",
        patch_yaml=_HEAD
        + "  replicas: 7\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        + "spec: {ports: [{port: 81, targetPort: 9}, {port: 99}]}\n",
    ),
    "inline patch with a target": _over(
        "patches:\n- target: {kind: Deployment|StatefulSet, name: '.*'}\n  patch: |\n"
        "    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: any}\n    spec: {minReadySeconds: 5}\n"
    ),
    "patch by labels": _over(
        "patches:\n- target: {labelSelector: 'app=web'}\n  patch: |\n"
        "    - {op: add, path: /metadata/labels/found, value: 'true'}\n"
    ),
    "metrics are replaced": _over(
        "patches: [{path: patch.yaml}]\n",
        patch_yaml="apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"
        "spec: {metrics: [{type: Pods, pods: {metric: {name: orders}, target: {type: Value, value: 5}}}]}\n",
    ),
    "old fields": _over(
        "patchesStrategicMerge: [patch.yaml]\n"
        "patchesJson6902: [{target: {group: autoscaling, version: v2, kind: HorizontalPodAutoscaler, name: web},"
        " path: ops.json}]\n",
        patch_yaml=_HEAD + "  replicas: 2\n",
        ops_json='[{"op": "replace", "path": "/spec/maxReplicas", "value": 8}]',
    ),
    "json patch": _operations(
        "- {op: test, path: /spec/maxReplicas, value: 3}\n"
        "- {op: replace, path: /spec/maxReplicas, value: 9}\n"
        "- {op: add, path: /spec/metrics/-, value: {type: X}}\n"
        "- {op: add, path: /spec/metrics/0, value: {type: Z}}\n"
        "- {op: add, path: /metadata/annotations, value: {a~1b: c}}\n"
        "- {op: copy, from: /spec/maxReplicas, path: /spec/minReplicas}\n"
        "- {op: move, from: /metadata/annotations, path: /metadata/labels}\n"
        "- {op: remove, path: /spec/metrics/1}\n"
    ),
    "patch after a prefix": {
        **_over("patches: [{path: p.yaml}]\nnamePrefix: b-\n", p_yaml=_HEAD + "  replicas: 3\n"),
        "base/kustomization.yaml": "resources: [web.yaml, rest.yaml]\nnamePrefix: a-\n",
    },
    "component": {
        **_over("components: [../extra]\n"),
        "extra/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "resources: [account.yaml]\npatches: [{path: patch.yaml}]\n",
        "extra/account.yaml": "{apiVersion: v1, kind: ServiceAccount, metadata: {name: extra}}\n",
        "extra/patch.yaml": _HEAD + "  replicas: 5\n",
    },
    "list and json": {
        "kustomization.yaml": "resources: [list.json]\n",
        "list.json": '{"apiVersion": "v1", "kind": "List", "items": ['
        '{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}},'
        '{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "b"}}]}',
    },
    "booleans of YAML 1.1": _patch(
        "  template: {spec: {containers: [{name: web, env: [{name: D, value: on}, {name: E, value: 010}]}]}}\n"
    ),
}

REFUSED: dict[str, tuple[dict[str, str], str]] = {
    # what kubectl refuses too, and a part of what we say
    "patch of a name that nothing has": (
        _over("patches: [{path: p.yaml}]\n", p_yaml=_HEAD.replace("web", "wbe")),
        "nothing has the identity",
    ),
    "patch of another namespace": (
        _over("patches: [{path: p.yaml}]\n", p_yaml=_HEAD.replace("web}", "web, namespace: x}")),
        "nothing has the identity",
    ),
    "test that fails": (_operations("- {op: test, path: /spec/maxReplicas, value: 4}\n"), "the value there is another"),
    "operation without a target": (
        _operations("- {op: replace, path: /spec/nothing/here, value: 4}\n"),
        "nothing is at that path",
    ),
    "replicas of nothing": (_over("replicas: [{name: wbe, count: 2}]\n"), "no workload is named 'wbe'"),
    "resource that is not there": (
        _over("").copy() | {"base/kustomization.yaml": "resources: [gone.yaml]\n"},
        "gone.yaml",
    ),
    "circle": (_over("").copy() | {"base/kustomization.yaml": "resources: [../over]\n"}, "includes itself"),
    "file outside": (
        _over("").copy() | {"base/kustomization.yaml": "resources: [../x.yaml]\n", "x.yaml": WEB},
        "lies outside of",
    ),
    "unknown field": (_over("namePrefixx: a\n"), "'namePrefixx' is not supported"),
}


def write(files: dict[str, str], directory: Path) -> Path:
    """Write a case and return the directory that is built."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory / "over" if any(name.startswith("over/") for name in files) else directory
