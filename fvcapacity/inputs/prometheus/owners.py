"""Which workload a pod belongs to: as kube-state-metrics says, or by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fvcapacity.errors import SourceError
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.labels import one_of, selector

_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
"""Letters of generated names: no vowels, no 0, 1 or 3 (k8s.io/apimachinery/pkg/util/rand)."""
_DEPLOYMENT = re.compile(rf"(.+)-{_SAFE}{{5,10}}-{_SAFE}{{5}}")
_STATEFULSET = re.compile(r"(.+)-\d{1,4}")
_DAEMONSET = re.compile(rf"(.+)-{_SAFE}{{5}}")
_HASH = re.compile(r"-[a-z0-9]{3,10}$")
_JOB_TIME = re.compile(r"-\d{8,10}$")

Key = tuple[str, str]
"""Namespace and name."""


@dataclass
class Owners:
    """Workloads of pods.

    Attributes
    ----------
    by_name
        Pods whose workload was taken from their name, because nothing else told it.
    """

    known: Mapping[Key, str] = field(default_factory=dict)
    by_name: set[Key] = field(default_factory=set)
    warnings: tuple[str, ...] = ()
    _cache: dict[Key, str] = field(default_factory=dict)

    def workload(self, namespace: str, pod: str) -> str:
        """Return the workload of a pod; "" for no pod."""
        if not pod:
            return ""
        key = (namespace, pod)
        if key not in self._cache:
            found = self.known.get(key)
            if found is None:
                found = workload_of_name(pod)
                self.by_name.add(key)
            self._cache[key] = found
        return self._cache[key]


def workload_of_name(pod: str) -> str:
    """Return the workload that a pod's name comes from: ``cart-7d4b9c6f5-x2vqz`` is one of ``cart``."""
    for pattern in (_DEPLOYMENT, _STATEFULSET, _DAEMONSET):
        found = pattern.fullmatch(pod)
        if found:
            return found.group(1)
    return pod


def load_owners(client: PrometheusClient, namespaces: Iterable[str], match: str, start_s: int, end_s: int) -> Owners:
    """Ask kube-state-metrics for the owners of all pods that were there at some time.

    Raises
    ------
    SourceError
        When the server cannot be asked; a query that it cannot answer leaves the names to tell.
    """
    inside = (one_of("namespace", namespaces), match)
    window = f"[{end_s - start_s}s]"
    warnings: list[str] = []

    def ask(metric: str, child: str) -> dict[Key, tuple[str, str]]:
        query = (
            f"max by (namespace, {child}, owner_kind, owner_name) (last_over_time({selector(metric, *inside)}{window}))"
        )
        try:
            answer = client.query(query, end_s)
        except SourceError as error:
            if error.rule not in ("too-much", "too-slow", "query-failed", "bad-query"):
                raise
            warnings.append(f"{metric} cannot be read: {error}")
            return {}
        warnings.extend(answer.warnings)
        owners: dict[Key, tuple[str, str]] = {}
        for series in answer.result:
            labels = series["metric"]
            kind, name = labels.get("owner_kind", ""), labels.get("owner_name", "")
            owned = name not in ("", "<none>")
            if owned or (labels.get("namespace", ""), labels.get(child, "")) not in owners:
                owners[labels.get("namespace", ""), labels.get(child, "")] = (kind, name) if owned else ("", "")
        return owners

    pods = ask("kube_pod_owner", "pod")
    replicasets = ask("kube_replicaset_owner", "replicaset") if pods else {}
    jobs = ask("kube_job_owner", "job_name") if any(kind == "Job" for kind, _ in pods.values()) else {}
    return Owners(_resolved(pods, replicasets, jobs), warnings=tuple(warnings))


def _resolved(
    pods: Mapping[Key, tuple[str, str]],
    replicasets: Mapping[Key, tuple[str, str]],
    jobs: Mapping[Key, tuple[str, str]],
) -> dict[Key, str]:
    known: dict[Key, str] = {}
    for (namespace, pod), (kind, name) in pods.items():
        if kind == "ReplicaSet":
            owner = replicasets.get((namespace, name), ("", ""))[1] or _HASH.sub("", name)
        elif kind == "Job":
            owner = jobs.get((namespace, name), ("", ""))[1] or _JOB_TIME.sub("", name)
        else:
            owner = name or pod
        known[namespace, pod] = owner
    return known
