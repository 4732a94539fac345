"""What a kustomization does to every resource: namespace, names, labels, annotations, images, replicas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fvcapacity.errors import Location
from fvcapacity.inputs.manifests.located import LocatedMap, mappings
from fvcapacity.inputs.manifests.resources import CLUSTER_SCOPED, Resource, metadata, pod_specs

_NEVER_RENAMED = {"CustomResourceDefinition", "APIService", "Namespace"}
_TEMPLATED = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "ReplicationController")
_SELECTED = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")
_SCALED = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")


def set_namespace(resources: Iterable[Resource], namespace: str, at: Location) -> None:
    """Move everything into a namespace; a Namespace object takes its name, as in kustomize."""
    for resource in resources:
        resource.remember()
        if resource.kind == "Namespace":
            metadata(resource.data).put("name", namespace, at)
        elif resource.kind not in CLUSTER_SCOPED:
            metadata(resource.data).put("namespace", namespace, at)
        if resource.kind in ("RoleBinding", "ClusterRoleBinding"):
            for subject in mappings(resource.data.get("subjects")):
                if subject.get("kind") == "ServiceAccount" and subject.get("name") == "default":
                    subject.put("namespace", namespace, at)
        if resource.kind == "APIService":
            _open(resource.data, ("spec", "service"), at).put("namespace", namespace, at)


def add_affixes(resources: Iterable[Resource], prefix: str, suffix: str) -> None:
    """Put a prefix and a suffix around every name that may change."""
    for resource in resources:
        if resource.kind not in _NEVER_RENAMED:
            resource.remember()
            metadata(resource.data)["name"] = f"{prefix}{resource.name}{suffix}"


def add_labels(
    resources: Iterable[Resource], pairs: Mapping[str, str], at: Location, *, selectors: bool, templates: bool
) -> None:
    """Add labels to the objects, and where asked to their selectors and pod templates."""
    for resource in resources:
        data = resource.data
        _put_all(_open(data, ("metadata", "labels"), at), pairs, at)
        if templates or selectors:
            for path in _template_paths(data, resource.kind):
                _put_all(_open(data, (*path, "metadata", "labels"), at), pairs, at)
            if resource.kind == "StatefulSet":
                for claim in mappings(_inner(data, ("spec",)).get("volumeClaimTemplates")):
                    _put_all(_open(claim, ("metadata", "labels"), at), pairs, at)
        if selectors:
            _add_to_selectors(data, resource.kind, pairs, at)


def add_annotations(resources: Iterable[Resource], pairs: Mapping[str, str], at: Location) -> None:
    """Add annotations to the objects and their pod templates."""
    for resource in resources:
        _put_all(_open(resource.data, ("metadata", "annotations"), at), pairs, at)
        for path in _template_paths(resource.data, resource.kind):
            _put_all(_open(resource.data, (*path, "metadata", "annotations"), at), pairs, at)


def _template_paths(data: LocatedMap, kind: str) -> Sequence[tuple[str, ...]]:
    if kind == "CronJob":
        job = ("spec", "jobTemplate")
        return (job, (*job, "spec", "template"))
    return (("spec", "template"),) if kind in _TEMPLATED and "spec" in data else ()


def _add_to_selectors(data: LocatedMap, kind: str, pairs: Mapping[str, str], at: Location) -> None:
    spec = _inner(data, ("spec",))
    if kind == "Service":
        if spec.get("type") != "ExternalName" or "selector" in spec:
            _put_all(_open(data, ("spec", "selector"), at), pairs, at)
    elif kind in _SELECTED:
        _put_all(_open(data, ("spec", "selector", "matchLabels"), at), pairs, at)
        for pod in pod_specs(data):
            _add_to_existing(pod.get("affinity"), "labelSelector", pairs, at)
            _add_to_existing(pod.get("topologySpreadConstraints"), "labelSelector", pairs, at)
    elif kind in ("Job", "PodDisruptionBudget"):
        _add_to_existing(data, "selector", pairs, at)
    elif kind == "NetworkPolicy":
        _add_to_existing(data, "podSelector", pairs, at)


def _add_to_existing(value: Any, key: str, pairs: Mapping[str, str], at: Location) -> None:
    """Add labels to every ``key: {matchLabels: ...}`` below that already has labels."""
    if isinstance(value, LocatedMap):
        for name, item in value.items():
            if name == key and isinstance(item, LocatedMap) and isinstance(item.get("matchLabels"), LocatedMap):
                _put_all(item["matchLabels"], pairs, at)
            _add_to_existing(item, key, pairs, at)
    elif isinstance(value, list):
        for item in value:
            _add_to_existing(item, key, pairs, at)


def set_images(resources: Iterable[Resource], image: Mapping[str, str], at: Location) -> bool:
    """Change name, tag or digest of an image wherever it is used; tell whether it is used at all."""
    used = False
    for resource in resources:
        for pod in pod_specs(resource.data):
            for key in ("containers", "initContainers", "ephemeralContainers"):
                for container in mappings(pod.get(key)):
                    written = container.get("image")
                    if isinstance(written, str) and (changed := _changed_image(written, image)) is not None:
                        container.put("image", changed, at)
                        used = True
    return used


def _changed_image(written: str, image: Mapping[str, str]) -> str | None:
    match = re.fullmatch(r"(?P<name>[^@]+?)(?P<tag>:[\w][\w.-]*)?(?P<digest>@[^@]+)?", written)
    if match is None or match["name"] != image.get("name"):
        return None
    name = image.get("newName") or match["name"]
    tag, digest = match["tag"] or "", match["digest"] or ""
    if image.get("newTag"):
        tag, digest = f":{image['newTag']}", ""
    if image.get("tagSuffix") and tag:
        tag += image["tagSuffix"]
    if image.get("digest"):
        tag, digest = (f":{image['newTag']}" if image.get("newTag") else ""), f"@{image['digest']}"
    return f"{name}{tag}{digest}"


def set_replicas(resources: Iterable[Resource], name: str, count: int, at: Location) -> bool:
    """Set the replicas of the workloads of a name; tell whether there is one."""
    found = False
    for resource in resources:
        if resource.kind in _SCALED and resource.was_named(name):
            _open(resource.data, ("spec",), at).put("replicas", count, at)
            found = True
    return found


def _inner(data: LocatedMap, path: Sequence[str]) -> LocatedMap:
    for key in path:
        value = data.get(key)
        data = value if isinstance(value, LocatedMap) else LocatedMap(data.at)
    return data


def _open(data: LocatedMap, path: Sequence[str], at: Location) -> LocatedMap:
    """Return the mapping at a path; missing ones are made."""
    for key in path:
        value = data.get(key)
        if not isinstance(value, LocatedMap):
            value = LocatedMap(at)
            data.put(key, value, at)
        data = value
    return data


def _put_all(target: LocatedMap, pairs: Mapping[str, str], at: Location) -> None:
    for key, value in pairs.items():
        target.put(key, value, at)
