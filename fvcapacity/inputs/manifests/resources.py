"""A kustomization's resources: an object, the names that it had, and who refers to whom by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Selector:
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
    for resource in items:
        for kinds, holder, key in _references(resource.data):
            target = _referred(items, resource, kinds, holder, holder.get(key))
            if target is not None and isinstance(holder.get(key), str) and holder[key] != target.name:
                holder[key] = target.name
            if target is not None and kinds == ("ServiceAccount",) and key == "name":
                namespace = metadata(target.data).get("namespace")
                if isinstance(namespace, str):
                    holder["namespace"] = namespace


def _referred(
    items: list[Resource], source: Resource, kinds: tuple[str, ...], holder: LocatedMap, name: Any
) -> Resource | None:
    for item in items:
        if item.kind not in kinds or not isinstance(name, str) or not item.was_named(name):
            continue
        there = {entry[3] for entry in (item.identity, *item.previous)}
        here = {entry[3] for entry in (source.identity, *source.previous)}
        if isinstance(holder.get("namespace"), str) and kinds == ("ServiceAccount",):
            here = {holder["namespace"]}
        if there & here or "" in there or source.kind == "ClusterRoleBinding":
            return item
    return None


def _references(data: LocatedMap) -> Iterator[tuple[tuple[str, ...], LocatedMap, str]]:
    """Yield (kinds that may be meant, the mapping, the key) of every reference by name."""
    kind = data.get("kind")
    spec = data.get("spec")
    spec = spec if isinstance(spec, LocatedMap) else LocatedMap(data.at)
    if kind in ("RoleBinding", "ClusterRoleBinding"):
        role = data.get("roleRef")
        if isinstance(role, LocatedMap):
            yield (str(role.get("kind")),), role, "name"
        for subject in mappings(data.get("subjects")):
            if subject.get("kind") == "ServiceAccount":
                yield ("ServiceAccount",), subject, "name"
    elif kind == "HorizontalPodAutoscaler":
        target = spec.get("scaleTargetRef")
        if isinstance(target, LocatedMap):
            yield (str(target.get("kind")),), target, "name"
    elif kind == "Ingress":
        for holder in _below(spec, "service"):
            yield ("Service",), holder, "name"
    elif kind == "StatefulSet":
        yield ("Service",), spec, "serviceName"
    for pod in pod_specs(data):
        yield from _pod_references(pod)


def _pod_references(pod: LocatedMap) -> Iterator[tuple[tuple[str, ...], LocatedMap, str]]:
    yield ("ServiceAccount",), pod, "serviceAccountName"
    yield ("PriorityClass",), pod, "priorityClassName"
    for key in ("configMapKeyRef", "configMapRef", "configMap"):
        for holder in _below(pod, key):
            yield ("ConfigMap",), holder, "name"
    for key in ("secretKeyRef", "secretRef"):
        for holder in _below(pod, key):
            yield ("Secret",), holder, "name"
    for holder in _below(pod, "secret"):
        yield ("Secret",), holder, "secretName"
    for holder in _below(pod, "persistentVolumeClaim"):
        yield ("PersistentVolumeClaim",), holder, "claimName"
    for holder in mappings(pod.get("imagePullSecrets")):
        yield ("Secret",), holder, "name"


def _below(value: Any, key: str) -> Iterator[LocatedMap]:
    """Yield every mapping that stands under a key, at any depth."""
    if isinstance(value, LocatedMap):
        for name, item in value.items():
            if name == key and isinstance(item, LocatedMap):
                yield item
            yield from _below(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _below(item, key)
