"""A shop of one service in files: a scenario that loads and runs in a moment."""

from __future__ import annotations

from pathlib import Path

SCENARIO = """\
name: small
manifests: [manifests]
topology: topology.yaml
traffic:
  file: counts.csv
  arrivals: {kind: poisson}
window:
  start: 2026-02-14T18:00:00
  duration: 5m
  warm_up: 0s
nodes:
  general:
    instance_type: D2s_v5
    cpu: 2
    memory: 8Gi
    allocatable_cpu: 1900m
    allocatable_memory: 6Gi
    count: 1
    maximum: 2
plane: simpy
seed: 4
"""
TOPOLOGY = """\
services:
  shop:
    container: shop
    operations:
      list: {steps: [{cpu: {mean_ms: 20}}]}
      buy: {steps: [{cpu: {mean_ms: 40}}]}
routes:
  list: {path: /, share: 3, steps: [{call: shop.list}]}
  buy: {path: /buy, share: 1, steps: [{call: shop.buy}]}
"""
MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: flowers}
spec:
  replicas: 1
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - name: shop
          image: shop
          ports: [{containerPort: 3000}]
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 150m, memory: 128Mi}}
        - {name: exporter, image: exporter, resources: {requests: {cpu: 10m, memory: 16Mi}}}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: flowers}
spec:
  selector: {app: shop}
  ports: [{port: 80, targetPort: 3000}]
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: flowers}
stringData: {password: hunter2}
"""
HPA = """\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: flowers}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 1
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
"""
COUNTS = "timestamp,requests\n" + "".join(f"2026-02-14T{h}:{m:02d}:00,90\n" for h in (17, 18) for m in range(60))
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  template:
    spec:
      containers:
        - name: shop
          resources: {limits: {cpu: 600m}}
"""
"""Four times the CPU limit."""


def write_shop(directory: Path, **files: str) -> Path:
    """Write the shop's files (``scenario``, ``topology``, ``counts``, ``patch`` may be others); return the scenario."""
    (directory / "manifests").mkdir(parents=True, exist_ok=True)
    for name, text in {
        "scenario.yaml": files.get("scenario", SCENARIO),
        "topology.yaml": files.get("topology", TOPOLOGY),
        "manifests/shop.yaml": MANIFESTS,
        "counts.csv": files.get("counts", COUNTS),
        "patch.yaml": files.get("patch", PATCH),
    }.items():
        (directory / name).write_text(text)
    return directory / "scenario.yaml"
