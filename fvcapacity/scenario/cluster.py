"""The Kubernetes objects that capacity depends on, as plain frozen records.

`fvcapacity.inputs.manifests` fills them from YAML; nothing else describes requests, limits, probes, HPA
rules or volumes. Quantities are cores (float, exact to the millicore) and bytes; None means "not set".
Selectors, affinities and tolerations stay the mappings of the API, which the scheduler rules read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from fvcapacity.decisions.scheduler.nodes import HostPort
from fvcapacity.errors import Location
from fvcapacity.frozen import Frozen, field

ProbeHandler = Literal["http", "tcp", "exec", "grpc"]
WorkloadKind = Literal["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"]


class Probe(Frozen, kw_only=True):
    """A probe with the API's defaults applied (``pkg/apis/core/v1/defaults.go``)."""

    handler: ProbeHandler
    initial_delay_s: int = 0
    period_s: int = 10
    timeout_s: int = 1
    success_threshold: int = 1
    failure_threshold: int = 3
    termination_grace_s: int | None = None
    """Of a container that this probe ends (startup and liveness); None: the pod's own."""
    path: str = ""
    port: int | str | None = None


class Container(Frozen, kw_only=True):
    """One container of a pod template."""

    name: str
    image: str = ""
    kind: Literal["app", "init", "sidecar"] = "app"
    cpu_request_cores: float | None = None
    cpu_limit_cores: float | None = None
    memory_request_bytes: int | None = None
    memory_limit_bytes: int | None = None
    other_requests: Mapping[str, int] = field(default_factory=dict)
    """Every further resource by name: bytes of ephemeral-storage, pieces of extended resources."""
    host_ports: tuple[HostPort, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    liveness: Probe | None = None
    readiness: Probe | None = None
    startup: Probe | None = None
    pre_stop_s: float = 0.0
    literal_secrets: Mapping[str, Location | None] = field(default_factory=dict)
    """Names of environment variables that carry a secret as a literal (never the value)."""
    secret_refs: tuple[str, ...] = ()
    """Names of the Secrets that the environment is filled from."""
    places: Mapping[str, Location] = field(default_factory=dict)
    """Where single fields stand: ``image``, ``limits.cpu``, ``requests.memory``, ``liveness``..."""
    location: Location | None = None


class PodTemplate(Frozen, kw_only=True):
    """What every pod of a workload looks like. ``containers`` holds app, init and sidecar containers."""

    containers: tuple[Container, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    service_account: str = "default"
    node_selector: Mapping[str, str] = field(default_factory=dict)
    affinity: Mapping[str, Any] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()
    topology_spread: tuple[Mapping[str, Any], ...] = ()
    priority: int = 0
    priority_class: str = ""
    preempts: bool = True
    """False for ``preemptionPolicy: Never``."""
    termination_grace_s: int = 30
    volume_claims: tuple[str, ...] = ()
    """PersistentVolumeClaim names (for a StatefulSet's templates: the template names)."""
    local_volumes: tuple[str, ...] = ()
    """Names of volumes on the node's disk: emptyDir (not in memory) and hostPath."""
    host_network: bool = False
    """NetworkPolicies do not hold for such pods."""


class VolumeClaim(Frozen, kw_only=True):
    """A PersistentVolumeClaim or a StatefulSet's claim template."""

    name: str
    namespace: str
    storage_bytes: int | None
    access_modes: tuple[str, ...] = ()
    storage_class: str = ""
    location: Location | None = None


class Workload(Frozen, kw_only=True):
    """A controller that keeps pods running. ``key`` is ``deployment/order-service``."""

    kind: WorkloadKind
    name: str
    namespace: str
    template: PodTemplate
    replicas: int | None = None
    """As written; None when the manifest leaves it out (the API then takes 1)."""
    selector: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    strategy: Literal["RollingUpdate", "Recreate", "OnDelete"] = "RollingUpdate"
    max_surge: int | str = "25%"
    max_unavailable: int | str = "25%"
    partition: int = 0
    """Of a StatefulSet: ordinals below it keep the version that they have."""
    min_ready_s: int = 0
    """A pod counts as available when it has been ready for so long."""
    progress_deadline_s: int = 600
    """Without progress for so long a Deployment says ``ProgressDeadlineExceeded``."""
    claim_templates: tuple[VolumeClaim, ...] = ()
    schedule: str = ""
    """Cron line of a CronJob."""
    places: Mapping[str, Location] = field(default_factory=dict)
    """Where single fields stand: ``replicas``, ``strategy``, ``service_account``."""
    location: Location | None = None

    @property
    def key(self) -> str:
        """``kind/name`` in lower case, as in the path grammar."""
        return f"{self.kind.lower()}/{self.name}"


class HpaMetric(Frozen, kw_only=True):
    """One entry of ``spec.metrics``; exactly one of the three targets is set in a valid one.

    ``average_value_milli`` and ``value_milli`` are in the API's thousandths (memory: milli-bytes),
    because the controller computes in them.
    """

    type: Literal["Resource", "ContainerResource", "Pods", "Object", "External"]
    name: str
    container: str = ""
    utilization_percent: int | None = None
    average_value_milli: int | None = None
    value_milli: int | None = None


class ScalingPolicy(Frozen, kw_only=True):
    """One policy of an HPA behaviour."""

    type: Literal["Pods", "Percent"]
    value: int
    period_s: int


class ScalingRules(Frozen, kw_only=True):
    """One direction of an HPA behaviour; None means "take the API's default"."""

    stabilization_window_s: int | None = None
    select_policy: Literal["Max", "Min", "Disabled"] | None = None
    policies: tuple[ScalingPolicy, ...] | None = None
    tolerance: float | None = None


class HorizontalPodAutoscaler(Frozen, kw_only=True):
    """An HPA (autoscaling/v2; v1 is converted)."""

    name: str
    namespace: str
    target_kind: str
    target_name: str
    min_replicas: int = 1
    max_replicas: int = 1
    metrics: tuple[HpaMetric, ...] = ()
    scale_up: ScalingRules | None = None
    scale_down: ScalingRules | None = None
    has_behavior: bool = False
    """False: the controller takes its legacy path (no behaviour written)."""
    places: Mapping[str, Location] = field(default_factory=dict)
    """Where single fields stand: ``target``, ``min_replicas``, ``max_replicas``, ``metrics.0``..."""
    location: Location | None = None


class Service(Frozen, kw_only=True):
    """A Service and the pods that it selects."""

    name: str
    namespace: str
    type: Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] = "ClusterIP"
    selector: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[int, int | str] = field(default_factory=dict)
    """Service port to target port (number or container port name)."""
    port_names: Mapping[str, int] = field(default_factory=dict)
    """Name of a port to its number."""
    headless: bool = False
    session_affinity: Literal["None", "ClientIP"] = "None"
    location: Location | None = None


class IngressRule(Frozen, kw_only=True):
    """One path of an Ingress."""

    host: str
    path: str
    path_type: str
    service: str
    port: int | str
    location: Location | None = None


class Ingress(Frozen, kw_only=True):
    """An Ingress with its rules."""

    name: str
    namespace: str
    ingress_class: str = ""
    rules: tuple[IngressRule, ...] = ()
    location: Location | None = None


class NetworkPolicy(Frozen, kw_only=True):
    """A NetworkPolicy; ``spec`` is the API's mapping, read by ``scenario.network``."""

    name: str
    namespace: str
    spec: Mapping[str, Any]
    location: Location | None = None


class PodDisruptionBudget(Frozen, kw_only=True):
    """A PodDisruptionBudget."""

    name: str
    namespace: str
    selector: Mapping[str, Any]
    min_available: int | str | None = None
    max_unavailable: int | str | None = None
    location: Location | None = None


class ResourceQuota(Frozen, kw_only=True):
    """A ResourceQuota; ``hard`` keeps the API's names with exact quantities as text."""

    name: str
    namespace: str
    hard: Mapping[str, str]
    scopes: tuple[str, ...] = ()
    scope_selector: Mapping[str, Any] = field(default_factory=dict)
    location: Location | None = None


class LimitRange(Frozen, kw_only=True):
    """A LimitRange; ``limits`` are the API's items."""

    name: str
    namespace: str
    limits: tuple[Mapping[str, Any], ...]
    location: Location | None = None


class ServiceAccount(Frozen, kw_only=True):
    """A ServiceAccount."""

    name: str
    namespace: str
    location: Location | None = None


class Role(Frozen, kw_only=True):
    """A Role, or a ClusterRole (then ``namespace`` is empty)."""

    name: str
    namespace: str = ""
    rules: tuple[Mapping[str, Any], ...] = ()
    location: Location | None = None


class RoleBinding(Frozen, kw_only=True):
    """A RoleBinding, or a ClusterRoleBinding (then ``namespace`` is empty).

    ``subjects`` are the API's items: kind, name, namespace.
    """

    name: str
    namespace: str = ""
    role_kind: Literal["Role", "ClusterRole"] = "Role"
    role_name: str = ""
    subjects: tuple[Mapping[str, str], ...] = ()
    location: Location | None = None


class SecretName(Frozen, kw_only=True):
    """That a Secret exists; its values are never kept. ``has_data``: a file carries them."""

    name: str
    namespace: str
    has_data: bool = False
    location: Location | None = None


class ClusterObjects(Frozen, kw_only=True):
    """Everything that a set of manifests says, in the order in which it was read."""

    workloads: tuple[Workload, ...] = ()
    services: tuple[Service, ...] = ()
    ingresses: tuple[Ingress, ...] = ()
    autoscalers: tuple[HorizontalPodAutoscaler, ...] = ()
    claims: tuple[VolumeClaim, ...] = ()
    network_policies: tuple[NetworkPolicy, ...] = ()
    disruption_budgets: tuple[PodDisruptionBudget, ...] = ()
    quotas: tuple[ResourceQuota, ...] = ()
    limit_ranges: tuple[LimitRange, ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Namespace name to its labels (NetworkPolicies select by them)."""
    service_accounts: tuple[ServiceAccount, ...] = ()
    roles: tuple[Role, ...] = ()
    role_bindings: tuple[RoleBinding, ...] = ()
    secrets: tuple[SecretName, ...] = ()
    other: tuple[Mapping[str, Any], ...] = ()
    """``{"kind", "name", "namespace"}`` of objects that carry no capacity; secrets by name only."""

    def workload(self, key: str) -> Workload | None:
        """Return the workload with this ``kind/name`` key, or None."""
        return next((item for item in self.workloads if item.key == key), None)

    def service(self, name: str, namespace: str | None = None) -> Service | None:
        """Return the Service with this name, or None."""
        return next((s for s in self.services if s.name == name and namespace in (None, s.namespace)), None)
