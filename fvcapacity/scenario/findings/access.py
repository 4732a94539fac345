"""Rules about accounts, roles and secrets. No value of a secret is known here, so none can be printed."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.errors import Problem
from fvcapacity.scenario.cluster import Role
from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.findings.rules import finding
from fvcapacity.scenario.findings.view import View, field_of


def check_access(view: View) -> Iterator[Problem]:
    """Yield findings about who may do what, and about secrets in the open."""
    yield from _accounts(view)
    yield from _bindings(view)
    for role in view.objects.roles:
        if role.name != "cluster-admin" and _is_wildcard(role):
            message = f"{'role' if role.namespace else 'clusterrole'}/{role.name} allows every verb on every resource"
            yield finding("wildcard-role", message, role.location, role.name, "name the verbs and resources it needs")
    yield from _secrets(view)


def _accounts(view: View) -> Iterator[Problem]:
    known = {(item.namespace, item.name) for item in view.objects.service_accounts}
    for workload in view.objects.workloads:
        account = workload.template.service_account
        place = workload.places.get("service_account", workload.location)
        field = f"{workload.key}.serviceAccountName"
        if account == "default":
            message = f"{workload.key} runs under the default ServiceAccount of namespace {workload.namespace}"
            hint = "give it a ServiceAccount of its own, with what it needs and no more"
            yield finding("default-service-account", message, place, field, hint)
        elif (workload.namespace, account) not in known:
            names = [name for namespace, name in known if namespace == workload.namespace]
            message = f"the ServiceAccount {account!r} of {workload.key} is not among the manifests"
            hint = did_you_mean(account, sorted(names), otherwise="add the ServiceAccount")
            yield finding("service-account-missing", message, place, field, hint)


def _bindings(view: View) -> Iterator[Problem]:
    for binding in view.objects.role_bindings:
        if binding.role_name == "cluster-admin" and binding.role_kind == "ClusterRole":
            subjects = [f"{item.get('kind', '')} {item.get('name', '')}" for item in binding.subjects]
            kind = "rolebinding" if binding.namespace else "clusterrolebinding"
            message = f"{kind}/{binding.name} gives cluster-admin to {', '.join(subjects) or 'nobody'}"
            hint = "bind a role with the verbs and resources that are needed"
            yield finding("cluster-admin", message, binding.location, f"{kind}/{binding.name}", hint)


def _is_wildcard(role: Role) -> bool:
    return any("*" in (rule.get("verbs") or ()) and "*" in (rule.get("resources") or ()) for rule in role.rules)


def _secrets(view: View) -> Iterator[Problem]:
    for workload in view.objects.workloads:
        for container in workload.template.containers:
            for name, place in container.literal_secrets.items():
                message = f"{name} of {container.name} is written into the manifest of {workload.key}"
                hint = "put it into a Secret outside of the repository and use valueFrom.secretKeyRef; then change it"
                field = field_of(workload, container, f"env.{name}")
                yield finding("literal-secret", message, place, field, hint)
    for secret in view.objects.secrets:
        if secret.has_data:
            message = f"secret/{secret.name} carries its values in the file"
            hint = "create it outside of the repository (external secrets, sealed secrets, kubectl create secret)"
            yield finding("secret-in-file", message, secret.location, f"secret/{secret.name}", hint)
