"""ServiceAccount, Role, RoleBinding (and their cluster-wide forms), Secret by name only."""

from __future__ import annotations

from typing import Any, cast

from fvcapacity.inputs.manifests.fields import Fields
from fvcapacity.inputs.manifests.located import LocatedMap, plain
from fvcapacity.scenario.cluster import Role, RoleBinding, SecretName, ServiceAccount


def read_service_account(fields: Fields, name: str, namespace: str) -> ServiceAccount:
    """Read a ServiceAccount."""
    return ServiceAccount(name=name, namespace=namespace, location=fields.data.at)


def read_role(fields: Fields, name: str, namespace: str) -> Role:
    """Read a Role or a ClusterRole (then the namespace is empty)."""
    rules = tuple(plain(item.data) for item in fields.items("rules"))
    return Role(name=name, namespace=namespace, rules=rules, location=fields.data.at)


def read_role_binding(fields: Fields, name: str, namespace: str) -> RoleBinding:
    """Read a RoleBinding or a ClusterRoleBinding (then the namespace is empty)."""
    reference = fields.child("roleRef")
    subjects = []
    for item in fields.items("subjects"):
        keys = ("kind", "name", "namespace")
        subjects.append({key: item.text(key) for key in keys if item.has(key)})
    return RoleBinding(
        name=name,
        namespace=namespace,
        role_kind=cast("Any", reference.choice("kind", ("Role", "ClusterRole"), "Role")),
        role_name=reference.text("name"),
        subjects=tuple(subjects),
        location=fields.data.at,
    )


def drop_secret_values(data: LocatedMap) -> bool:
    """Remove the values of a Secret from its data at once; tell whether there were any."""
    removed = False
    for key in ("data", "stringData"):
        values = data.pop(key, None)
        removed = removed or bool(values)
    return removed


def drop_applied_copy(data: LocatedMap) -> None:
    """Remove the copy of the whole object, literal secrets included, that ``kubectl apply`` leaves in it."""
    metadata = data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, LocatedMap) else None
    if isinstance(annotations, LocatedMap):
        annotations.pop("kubectl.kubernetes.io/last-applied-configuration", None)


def read_secret(fields: Fields, name: str, namespace: str, has_data: bool) -> SecretName:
    """Return that a Secret exists."""
    return SecretName(name=name, namespace=namespace, has_data=has_data, location=fields.data.at)
