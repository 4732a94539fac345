"""A scenario that has every kind of field that a path can name."""

from __future__ import annotations

from pathlib import Path

from tests.support.shops import COUNTS, SCENARIO, TOPOLOGY

MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: flowers}
spec:
  replicas: 2
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      initContainers:
        - {name: migrate, image: shop, resources: {requests: {cpu: 10m, memory: 16Mi}}}
      containers:
        - name: proxy
          image: envoy
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
        - name: shop
          image: shop
          ports: [{containerPort: 3000}]
          env:
            - {name: NODE_OPTIONS, value: --enable-source-maps --max-old-space-size=96}
            - {name: PORT, value: "3000"}
            - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
            - {name: REGION, valueFrom: {configMapKeyRef: {name: settings, key: region}}}
          readinessProbe: {httpGet: {path: /, port: 3000}, periodSeconds: 5}
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 150m, memory: 128Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: flowers}
spec:
  selector: {app: shop}
  ports: [{port: 80, targetPort: 3000}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: flowers}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 2
  maxReplicas: 6
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
    - type: ContainerResource
      containerResource: {name: memory, container: shop, target: {type: AverageValue, averageValue: 100Mi}}
    - type: Pods
      pods: {metric: {name: pending_orders}, target: {type: AverageValue, averageValue: "5"}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db.main, namespace: flowers}
spec:
  serviceName: db
  replicas: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - name: db
          image: postgres
          resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 256Mi}}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: pictures, namespace: flowers}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: shop, namespace: flowers}
spec: {minAvailable: 1, selector: {matchLabels: {app: shop}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: flowers, namespace: flowers}
spec: {hard: {requests.cpu: "4", requests.memory: 8Gi, pods: "40"}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: flowers, namespace: flowers}
spec:
  limits:
    - {type: Container, min: {cpu: 5m, memory: 8Mi}, defaultRequest: {cpu: 50m, memory: 64Mi}}
    - {type: PersistentVolumeClaim, max: {storage: 20Gi}}
"""
PATHS = (
    "deployment/shop/shop.requests.cpu", "deployment/shop/shop.limits.cpu", "deployment/shop/shop.requests.memory",
    "deployment/shop/shop.limits.memory", "deployment/shop.limits.memory", "deployment/shop/migrate.requests.cpu",
    "deployment/shop/shop.requests.ephemeral-storage", "deployment/shop/shop.limits.nvidia.com/gpu",
    "deployment/shop/shop.env.PORT", "deployment/shop/shop.env.UV_THREADPOOL_SIZE", "deployment/shop/shop.heap",
    "deployment/shop/shop.readiness.timeoutSeconds", "deployment/shop.strategy.maxSurge",
    "deployment/shop.terminationGracePeriodSeconds", 'statefulset/"db.main".replicas',
    'statefulset/"db.main".limits.memory', 'statefulset/"db.main".claims.data', "hpa/shop.min", "hpa/shop.max",
    "hpa/shop.target.cpu", "hpa/shop.target.memory", "hpa/shop/shop.target.memory", "hpa/shop/proxy.target.cpu",
    "hpa/shop.target.pending_orders", "hpa/shop.behavior.scaleUp.stabilizationWindowSeconds",
    "hpa/shop.behavior.scaleDown.policies", "hpa/shop.behavior.scaleUp.selectPolicy", "hpa/shop.behavior.scaleUp.tolerance",
    "pvc/pictures.size", "pdb/shop.minAvailable", "quota/flowers.hard.requests.cpu", "quota/flowers.hard.limits.memory",
    "quota/flowers.hard.pods", "limitrange/flowers.container.defaultRequest.memory", "limitrange/flowers.pod.max.cpu",
    "nodes/general.count", "nodes/general.minimum", "nodes/general.maximum", "nodes/general.allocatable_cpu",
    "nodes/general.allocatable_memory", "nodes/general.zones", "nodes/general.spot", "nodes/general.boot",
    "topology/shop.threads.main", "topology/shop.pools.shop", "traffic.scale", "objectives.p95_ms",
    "objectives.error_percent", "objectives.failing_windows_percent", "nodes/general.max_pods", "nodes/general.cpu",
    "nodes/general.memory", "limitrange/flowers.pvc.max.storage", "deployment/shop.strategy.maxUnavailable",
    "hpa/shop.behavior.scaleDown.stabilizationWindowSeconds", "hpa/shop.behavior.scaleUp.policies",
    "limitrange/flowers.container.max.cpu", "limitrange/flowers.container.maxLimitRequestRatio.cpu", "seed",
    "replications",
)  # fmt: skip
"""One path of every kind."""


def write_garden(directory: Path) -> Path:
    """Write the files and return the scenario's."""
    (directory / "manifests").mkdir(parents=True, exist_ok=True)
    (directory / "scenario.yaml").write_text(SCENARIO.replace("maximum: 2", "minimum: 0\n    maximum: 40"))
    (directory / "topology.yaml").write_text(TOPOLOGY)
    (directory / "counts.csv").write_text(COUNTS)
    (directory / "manifests" / "garden.yaml").write_text(MANIFESTS)
    return directory / "scenario.yaml"
