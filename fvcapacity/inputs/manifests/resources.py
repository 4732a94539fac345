"""A kustomization's resources: an object, the names that it had, and who refers to whom by name."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.manifests.located import LocatedMap, mappings
from fvcapacity.inputs.patterns import matches_whole

CLUSTER_SCOPED = {
    "Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "StorageClass", "IngressClass",
    "PersistentVolume", "CustomResourceDefinition", "APIService", "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
}  # fmt: skip
"""Built-in kinds without a namespace."""

Identity = tuple[str, str, str, str]
"""apiVersion, kind, name, and the namespace in effect (``default``; empty for the cluster's own)."""


@dataclass(slots=True)
class Resource:
    """An object on its way through a kustomization."""

    data: LocatedMap
    previous: list[Identity] = field(default_factory=list)
    """Identities that it had before names and namespaces were changed: patches may use them."""

    @property
    def kind(self) -> str:
        """Kind of the object."""
        return str(self.data.get("kind", ""))

    @property
    def name(self) -> str:
        """Present name."""
        return str(metadata(self.data).get("name", ""))

    @property
    def identity(self) -> Identity:
        """Present identity."""
        return identity(self.data)

    def remember(self) -> None:
        """Keep the present identity, before it changes."""
        if self.identity not in self.previous:
            self.previous.append(self.identity)

    def was(self, wanted: Identity) -> bool:
        """Tell whether the object has, or had, an identity."""
        return wanted == self.identity or wanted in self.previous

    def was_named(self, name: str) -> bool:
        """Tell whether the object has, or had, a name."""
        return name == self.name or any(name == item[2] for item in self.previous)


def metadata(data: LocatedMap) -> LocatedMap:
    """Return an object's metadata; an empty mapping is put there when it has none."""
    found = data.get("metadata")
    if not isinstance(found, LocatedMap):
        found = LocatedMap(data.at)
        data.put("metadata", found, data.at)
    return found


def identity(data: LocatedMap) -> Identity:
    """Return the identity of an object or of a patch."""
    meta, kind = metadata(data), str(data.get("kind", ""))
    namespace = "" if kind in CLUSTER_SCOPED else str(meta.get("namespace") or "default")
    return str(data.get("apiVersion", "")), kind, str(meta.get("name", "")), namespace


class Selector(Frozen):
    """The ``target`` of a patch: regular expressions that must match the whole text, and labels."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    labels: str = ""
    annotations: str = ""

    def matches(self, resource: Resource) -> bool:
        """Tell whether a resource, under its present or an earlier name, is meant."""
        meta = metadata(resource.data)
        return any(self._matches_identity(item) for item in (resource.identity, *resource.previous)) and (
            _labels_match(self.labels, meta.get("labels")) and _labels_match(self.annotations, meta.get("annotations"))
        )

    def _matches_identity(self, wanted: Identity) -> bool:
        group, _, version = wanted[0].rpartition("/")
        pairs = (
            (self.group, group),
            (self.version, version),
            (self.kind, wanted[1]),
            (self.name, wanted[2]),
            (self.namespace, wanted[3]),
        )
        return all(not pattern or matches_whole(pattern, value) for pattern, value in pairs)


def _labels_match(selector: str, labels: Any) -> bool:
    """Evaluate a label selector such as ``app=web,tier!=db,env in (a,b),!old``."""
    labels = labels if isinstance(labels, dict) else {}
    for part in re.findall(r"[^,(]+(?:\([^)]*\))?", selector):
        text = part.strip()
        if match := re.fullmatch(r"(\S+)\s+(in|notin)\s*\(([^)]*)\)", text):
            values = {value.strip() for value in match.group(3).split(",")}
            ok = (labels.get(match.group(1)) in values) == (match.group(2) == "in")
        elif "=" in text:
            key, operator, value = re.split(r"\s*(!=|==|=)\s*", text, maxsplit=1)
            ok = (labels.get(key) == value) == (operator != "!=")
        else:
            ok = (text.lstrip("!") in labels) != text.startswith("!")
        if not ok:
            return False
    return True


def pod_specs(data: LocatedMap) -> Iterator[LocatedMap]:
    """Yield the pod specs of an object (those with ``containers``, at any depth)."""
    for value in data.values():
        if isinstance(value, LocatedMap):
            if isinstance(value.get("containers"), list):
                yield value
            yield from pod_specs(value)


def rename_references(resources: Iterable[Resource]) -> None:
    """Let every reference follow the name (and subjects the namespace) of what it refers to."""
    items = list(resources)
    by_kind: dict[str, list[Resource]] = {}
    for resource in items:
        by_kind.setdefault(resource.kind, []).append(resource)
    for resource in items:
        for kind, holder, key in _references(resource.data):
            name = holder.get(key)
            target = _referred(by_kind.get(kind, ()), resource, kind, holder, name) if isinstance(name, str) else None
            if target is not None and name != target.name:
                holder[key] = target.name
            if target is not None and kind == "ServiceAccount" and key == "name":
                namespace = metadata(target.data).get("namespace")
                if isinstance(namespace, str):
                    holder["namespace"] = namespace


def _referred(
    of_kind: Iterable[Resource], source: Resource, kind: str, holder: LocatedMap, name: str
) -> Resource | None:
    for item in of_kind:
        if not item.was_named(name):
            continue
        there = {entry[3] for entry in (item.identity, *item.previous)}
        here = {entry[3] for entry in (source.identity, *source.previous)}
        if isinstance(holder.get("namespace"), str) and kind == "ServiceAccount":
            here = {holder["namespace"]}
        if there & here or "" in there or source.kind == "ClusterRoleBinding":
            return item
    return None


def _references(data: LocatedMap) -> Iterator[tuple[str, LocatedMap, str]]:
    """Yield (kind that is meant, the mapping, the key) of every reference by name."""
    kind = data.get("kind")
    spec = data.get("spec")
    spec = spec if isinstance(spec, LocatedMap) else LocatedMap(data.at)
    if kind in ("RoleBinding", "ClusterRoleBinding"):
        role = data.get("roleRef")
        if isinstance(role, LocatedMap):
            yield str(role.get("kind")), role, "name"
        for subject in mappings(data.get("subjects")):
            if subject.get("kind") == "ServiceAccount":
                yield "ServiceAccount", subject, "name"
    elif kind == "HorizontalPodAutoscaler":
        target = spec.get("scaleTargetRef")
        if isinstance(target, LocatedMap):
            yield str(target.get("kind")), target, "name"
    elif kind == "Ingress":
        for _, holder in _below(spec, ("service",)):
            yield "Service", holder, "name"
    elif kind == "StatefulSet":
        yield "Service", spec, "serviceName"
    for pod in pod_specs(data):
        yield from _pod_references(pod)


_REFERRED = {
    "configMapKeyRef": ("ConfigMap", "name"),
    "configMapRef": ("ConfigMap", "name"),
    "configMap": ("ConfigMap", "name"),
    "secretKeyRef": ("Secret", "name"),
    "secretRef": ("Secret", "name"),
    "secret": ("Secret", "secretName"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
}
"""By the key of a mapping in a pod: of which kind it names an object, and under which key."""


def _pod_references(pod: LocatedMap) -> Iterator[tuple[str, LocatedMap, str]]:
    yield "ServiceAccount", pod, "serviceAccountName"
    yield "PriorityClass", pod, "priorityClassName"
    for key, holder in _below(pod, _REFERRED):
        kind, name = _REFERRED[key]
        yield kind, holder, name
    for holder in mappings(pod.get("imagePullSecrets")):
        yield "Secret", holder, "name"


def _below(value: Any, keys: Container[str]) -> Iterator[tuple[str, LocatedMap]]:
    """Yield every mapping that stands under one of the keys, at any depth, with its key."""
    if isinstance(value, LocatedMap):
        for name, item in value.items():
            if isinstance(item, LocatedMap | list):
                if name in keys and isinstance(item, LocatedMap):
                    yield name, item
                yield from _below(item, keys)
    elif isinstance(value, list):
        for item in value:
            yield from _below(item, keys)
