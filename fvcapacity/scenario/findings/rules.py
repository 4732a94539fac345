"""The rules that manifests are held to: stable name, severity, and what each is about."""

from __future__ import annotations

from fvcapacity.errors import Location, Problem, Severity
from fvcapacity.frozen import Frozen


class Rule(Frozen):
    """One rule: its severity, and one sentence for catalogues and SARIF."""

    severity: Severity
    text: str


RULES: dict[str, Rule] = {
    "hpa-without-requests": Rule("error", "An HPA on utilization needs requests in every container that it averages."),
    "hpa-unknown-container": Rule("error", "A ContainerResource metric names a container that the pods do not have."),
    "hpa-target-missing": Rule("error", "The target of an HPA must exist."),
    "hpa-target-not-scalable": Rule("error", "An HPA can scale Deployments, StatefulSets and ReplicaSets only."),
    "hpa-bounds": Rule("error", "The bounds of an HPA must leave it a range."),
    "hpa-duplicate-target": Rule("error", "Two HPAs on one target work against each other."),
    "hpa-owns-replicas": Rule("warning", "A workload under an HPA must not write replicas: each apply resets them."),
    "request-above-limit": Rule("error", "A request above its limit is refused by the API server."),
    "missing-requests": Rule("warning", "Without requests the scheduler reserves nothing."),
    "missing-cpu-limit": Rule("warning", "Without a CPU limit a container may take all of its node's idle CPU."),
    "missing-memory-limit": Rule("warning", "Without a memory limit one leak takes the node's other pods with it."),
    "image-not-pinned": Rule("note", "An image without a fixed tag may be another one after the next restart."),
    "limit-range-violated": Rule("error", "Pods outside of a LimitRange are refused."),
    "quota-needs-resources": Rule("error", "A quota on a resource refuses pods that do not name it."),
    "quota-too-small": Rule("error", "A quota must hold every HPA at its maximum and a roll-out at the same time."),
    "quota-tight": Rule("warning", "A quota that cannot hold all roll-outs at once slows a release down."),
    "same-tight-probe": Rule("warning", "A liveness probe as tight as readiness restarts pods that are only busy."),
    "no-readiness-probe": Rule("warning", "Pods behind a Service without readiness get requests before they listen."),
    "unknown-probe-port": Rule("error", "A probe names a port that its container does not have."),
    "no-pdb": Rule("warning", "Without a PodDisruptionBudget a node drain may take all replicas at once."),
    "pdb-allows-nothing": Rule("warning", "A budget that allows no disruption blocks node drains and upgrades."),
    "pdb-selects-nothing": Rule("warning", "A PodDisruptionBudget that selects no workload protects nothing."),
    "rwo-several-replicas": Rule("error", "A ReadWriteOnce volume can be mounted on one node only."),
    "rwo-shared-claim": Rule("warning", "Replicas of a StatefulSet that share one ReadWriteOnce claim need one node."),
    "rwo-rolling-update": Rule("warning", "A rolling update waits for ever for a volume that the old pod holds."),
    "claim-missing": Rule("warning", "A pod whose PersistentVolumeClaim does not exist stays Pending."),
    "default-service-account": Rule("warning", "Workloads should run under a ServiceAccount of their own."),
    "service-account-missing": Rule("warning", "Pods of a ServiceAccount that does not exist are refused."),
    "cluster-admin": Rule("error", "cluster-admin may do everything in every namespace."),
    "wildcard-role": Rule("warning", "A role with wildcards for verbs and resources is not minimal."),
    "literal-secret": Rule("error", "A secret written into a manifest is known to everyone who reads it."),
    "secret-in-file": Rule("warning", "Base64 hides nothing: secrets do not belong into repositories."),
    "service-selects-nothing": Rule("error", "A Service whose selector matches no workload has no endpoints."),
    "unknown-target-port": Rule("error", "A Service must point to a port that its pods have."),
    "undeclared-target-port": Rule("warning", "A Service points to a port number that no container declares."),
    "ingress-service-missing": Rule("error", "An Ingress path must lead to a Service that exists."),
    "ingress-port-missing": Rule("error", "An Ingress path must lead to a port that its Service has."),
    "policy-selects-nothing": Rule("warning", "A NetworkPolicy that selects no workload restricts nothing."),
}


def finding(rule: str, message: str, location: Location | None, field: str = "", hint: str = "") -> Problem:
    """Return a finding with the severity of its rule."""
    return Problem(message, location, field, hint, RULES[rule].severity, rule)
