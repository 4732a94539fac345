"""From raw objects to `ClusterObjects`: one table says which reader reads which kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from fvcapacity.errors import Problem
from fvcapacity.frozen import replace
from fvcapacity.inputs.manifests import access, autoscaling, networking, policy
from fvcapacity.inputs.manifests.fields import Fields
from fvcapacity.inputs.manifests.limit_ranges import with_limit_ranges
from fvcapacity.inputs.manifests.located import LocatedMap
from fvcapacity.inputs.manifests.pods import SYSTEM_PRIORITIES
from fvcapacity.inputs.manifests.resources import CLUSTER_SCOPED
from fvcapacity.inputs.manifests.storage import read_claim
from fvcapacity.inputs.manifests.workloads import read_workload
from fvcapacity.scenario.cluster import ClusterObjects, PodTemplate, Workload

_Reader = Callable[[Fields, str, str], Any]
_READERS: dict[tuple[str, str], tuple[str, _Reader]] = {
    ("", "Service"): ("services", networking.read_service),
    ("networking.k8s.io", "Ingress"): ("ingresses", networking.read_ingress),
    ("networking.k8s.io", "NetworkPolicy"): ("network_policies", networking.read_network_policy),
    ("", "PersistentVolumeClaim"): ("claims", read_claim),
    ("policy", "PodDisruptionBudget"): ("disruption_budgets", policy.read_disruption_budget),
    ("", "ResourceQuota"): ("quotas", policy.read_quota),
    ("", "LimitRange"): ("limit_ranges", policy.read_limit_range),
    ("", "ServiceAccount"): ("service_accounts", access.read_service_account),
    ("rbac.authorization.k8s.io", "Role"): ("roles", access.read_role),
    ("rbac.authorization.k8s.io", "ClusterRole"): ("roles", access.read_role),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("role_bindings", access.read_role_binding),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("role_bindings", access.read_role_binding),
}
_WORKLOADS = {
    ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("apps", "ReplicaSet"),
    ("batch", "Job"), ("batch", "CronJob"), ("", "Pod"),
}  # fmt: skip
_NO_CAPACITY = {
    ("", "ConfigMap"), ("", "PersistentVolume"), ("", "Endpoints"), ("", "Event"), ("storage.k8s.io", "StorageClass"),
    ("networking.k8s.io", "IngressClass"), ("discovery.k8s.io", "EndpointSlice"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"), ("apiregistration.k8s.io", "APIService"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
}  # fmt: skip
"""Built-in kinds that carry no capacity: they pass without a note."""
_REMOVED_GROUPS = {"extensions": {"Deployment": "apps", "DaemonSet": "apps", "ReplicaSet": "apps",
                                  "Ingress": "networking.k8s.io", "NetworkPolicy": "networking.k8s.io"}}  # fmt: skip
_VERSIONS = {"apps": ("v1",), "batch": ("v1",), "": ("v1",), "policy": ("v1",), "networking.k8s.io": ("v1",),
             "autoscaling": ("v2", "v1"), "rbac.authorization.k8s.io": ("v1",)}  # fmt: skip
_OTHER_SHAPE = {("autoscaling", "v2beta1"), ("networking.k8s.io", "v1beta1")}
"""Removed versions whose fields differ from the current ones."""


@dataclass(slots=True)
class _Collector:
    problems: list[Problem]
    found: dict[str, list[Any]] = field(default_factory=dict)
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    priorities: dict[str, policy.PriorityClass] = field(
        default_factory=lambda: {name: policy.PriorityClass(value) for name, value in SYSTEM_PRIORITIES.items()}
    )
    default_priority: policy.PriorityClass = field(default_factory=policy.PriorityClass)
    seen: dict[tuple[str, str, str, str], LocatedMap] = field(default_factory=dict)
    unknown: dict[tuple[str, str], list[LocatedMap]] = field(default_factory=dict)
    secret_files: dict[str, None] = field(default_factory=dict)

    def take(self, data: LocatedMap) -> None:
        """Read one object."""
        kind = str(data["kind"])
        access.drop_applied_copy(data)
        has_values = access.drop_secret_values(data) if kind == "Secret" else False
        if has_values:
            self.secret_files[data.at.file] = None
        identity = self._identity(data, kind)
        if identity is None:
            return
        group, version, name, namespace = identity
        fields = Fields(data, f"{kind.lower()}/{name}", self.problems)
        if not self._first(data, group, kind, name, namespace):
            return
        if (group, kind) == ("", "Secret"):
            self._add("secrets", access.read_secret(fields, name, namespace, has_values))
        elif (group, kind) in _WORKLOADS:
            self._add("workloads", read_workload(fields, cast("Any", kind), name, namespace))
        elif (group, kind) in _READERS:
            attribute, reader = _READERS[group, kind]
            self._add(attribute, reader(fields, name, namespace))
        elif (group, kind) == ("autoscaling", "HorizontalPodAutoscaler"):
            self._add("autoscalers", autoscaling.read_autoscaler(fields, name, namespace, version))
        elif (group, kind) == ("", "Namespace"):
            labels = fields.child("metadata").texts("labels")
            self.namespaces[name] = {**labels, "kubernetes.io/metadata.name": name}
        elif (group, kind) == ("scheduling.k8s.io", "PriorityClass"):
            self._priority(fields, name)
        else:
            self._other(data, group, kind, name, namespace)

    def _identity(self, data: LocatedMap, kind: str) -> tuple[str, str, str, str] | None:
        """Return group, version, name and namespace; None when the object cannot be read."""
        fields = Fields(data, kind.lower(), self.problems)
        group, _, version = str(data["apiVersion"]).rpartition("/")
        metadata = fields.child("metadata")
        name = metadata.text("name") or metadata.text("generateName").rstrip("-")
        if not name:
            metadata.problem("name", f"{kind} has no name", "add metadata.name: ...")
            return None
        namespace = "" if kind in CLUSTER_SCOPED else metadata.text("namespace") or "default"
        current = _REMOVED_GROUPS.get(group, {}).get(kind)
        if current is None and version in _VERSIONS.get(group, (version,)):
            return group, version, name, namespace
        target = current or group
        newest = f"{target}/{_VERSIONS[target][0]}" if target else _VERSIONS[target][0]
        fields.path = f"{kind.lower()}/{name}"
        if (group, version) in _OTHER_SHAPE or (current == "networking.k8s.io" and kind == "Ingress"):
            message = f"{data['apiVersion']} was removed from Kubernetes and has other fields"
            fields.problem("apiVersion", message, f"write it as {newest}", rule="removed-api")
            return None
        message = f"{data['apiVersion']} is not served by current Kubernetes; read as {newest}"
        fields.problem("apiVersion", message, f"write {newest}", rule="removed-api", severity="warning")
        return target, version, name, namespace

    def _first(self, data: LocatedMap, group: str, kind: str, name: str, namespace: str) -> bool:
        """Tell whether this object is the first of its identity; a second one is a problem."""
        known = self.seen.setdefault((group, kind, name, namespace), data)
        if known is not data:
            where = f" in namespace {namespace}" if namespace else ""
            message = f"{kind.lower()}/{name}{where} is defined twice (first at {known.at})"
            hint = "remove one of the two, or name one overlay alone"
            self.problems.append(Problem(message, data.at, hint=hint, rule="duplicate-object"))
        return known is data

    def _add(self, attribute: str, item: Any) -> None:
        self.found.setdefault(attribute, []).append(item)

    def _priority(self, fields: Fields, name: str) -> None:
        value, is_default = policy.read_priority(fields)
        self.priorities[name] = value
        if is_default:
            self.default_priority = value

    def _other(self, data: LocatedMap, group: str, kind: str, name: str, namespace: str) -> None:
        self._add("other", {"kind": kind, "name": name, "namespace": namespace})
        if (group, kind) not in _NO_CAPACITY:
            self.unknown.setdefault((str(data["apiVersion"]), kind), []).append(data)

    def objects(self) -> ClusterObjects:
        """Return everything that was read."""
        for (version, kind), items in self.unknown.items():
            count = f"{len(items)} objects" if len(items) > 1 else "1 object"
            message = f"kind {kind} ({version}) is not known here: {count} passed over"
            self.problems.append(Problem(message, items[0].at, severity="note", rule="unknown-kind"))
        workloads = [self._admitted(workload) for workload in self.found.pop("workloads", [])]
        lists: dict[str, Any] = {name: tuple(items) for name, items in self.found.items()}
        return ClusterObjects(workloads=tuple(workloads), namespaces=self.namespaces, **lists)

    def _admitted(self, workload: Workload) -> Workload:
        """Return a workload whose pods carry what admission adds: priority and LimitRange defaults."""
        ranges = [item for item in self.found.get("limit_ranges", ()) if item.namespace == workload.namespace]
        template = with_limit_ranges(workload.template, ranges)
        given = self._priority_of(workload, template)
        preempts = template.preempts and given.preempts
        return replace(workload, template=replace(template, priority=given.value, preempts=preempts))

    def _priority_of(self, workload: Workload, template: PodTemplate) -> policy.PriorityClass:
        written = policy.PriorityClass(template.priority)
        if not template.priority_class:
            return written if template.priority else self.default_priority
        if template.priority_class not in self.priorities:
            message = f"the priority class {template.priority_class!r} is not among the manifests; taken as 0"
            self.problems.append(
                Problem(message, workload.location, workload.key, "add the PriorityClass", "note", "unknown-priority")
            )
        return self.priorities.get(template.priority_class, written)


def collect(objects: Iterable[LocatedMap], problems: list[Problem]) -> tuple[ClusterObjects, tuple[str, ...]]:
    """Read raw objects; ``problems`` grows.

    Returns
    -------
    tuple
        The cluster's objects, and the files that carry secret values (which must never be hashed).
    """
    collector = _Collector(problems)
    for data in objects:
        collector.take(data)
    return collector.objects(), tuple(collector.secret_files)
