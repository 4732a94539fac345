"""What would mend a bottleneck: the next larger value of the field that binds, as an operator would try it.

A mend is a step, not an answer: whether it helps is for the replay to say. `fvcap headroom` takes it to find what would
break next, and the search for a recommendation to get from a system that misses its objectives to one that keeps them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from fvcapacity.frozen import Frozen
from fvcapacity.results.result import Result
from fvcapacity.scenario.cluster import HorizontalPodAutoscaler
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import format_bytes, format_cpu, parse_bytes, parse_cpu_cores

FASTEST = "4/15s, 100%/15s"
"""Policies of scaling up where an HPA writes none (``autoscaling/v2/defaults.go``); nobody waits less."""
CPU_STEP = 1.5
"""By how much a CPU limit grows in one step."""
MEMORY_STEP = 1.5
_CPU_GRAIN_MILLI = 50
_MEMORY_GRAIN = 16 * 2**20
_PODS_STEP = 1.5

_Finding = Mapping[str, Any]


class Mend(Frozen):
    """A change that may help.

    Attributes
    ----------
    subject
        The service or workload that it is for, by its bare name.
    values
        New values by path (``docs/reference/paths.md``).
    words
        What is done, in a few words: ``CPU limit of auth-service 200m -> 300m``.
    """

    subject: str
    values: Mapping[str, str | int]
    words: str


def mends(scenario: Scenario, result: Result) -> Iterator[Mend]:
    """Yield what may help against what was found in a result, the costliest cause first.

    Parameters
    ----------
    scenario
        As it was run, with its manifests at hand.
    result
        Of a run that misses its objectives.
    """
    findings: list[_Finding] = result.summary["bottleneck"]["findings"]
    at_maximum = {f["subject"] for f in findings if f["kind"] == "hpa_at_maximum"}
    mender = _Mender(scenario, result, at_maximum)
    for finding in findings:
        mend = mender.mend(finding)
        if mend is not None:
            yield mend


class _Mender(Frozen):
    scenario: Scenario
    result: Result
    at_maximum: set[str]

    def mend(self, finding: _Finding) -> Mend | None:
        kind, subject = finding["kind"], finding["subject"]
        if kind in ("throttling", "restarts"):
            return self._more_cpu(subject)
        if kind == "oom_kills":
            return self._more_memory(subject)
        if kind in ("queueing", "refusals", "hpa_at_maximum"):
            return self._more_pods(subject)
        return self._more_nodes(subject) if kind in ("contention", "pending_pods") else None

    def _more_cpu(self, service: str) -> Mend | None:
        path = f"{self._container(service)}.limits.cpu"
        before = self.scenario.value(path)
        if before is None:
            return self._more_pods(service)
        milli = round(1000 * parse_cpu_cores(str(before)))
        after = format_cpu(math.ceil(milli * CPU_STEP / _CPU_GRAIN_MILLI) * _CPU_GRAIN_MILLI / 1000)
        return Mend(service, {path: after}, f"CPU limit of {service} {before} -> {after}")

    def _more_memory(self, service: str) -> Mend | None:
        path = f"{self._container(service)}.limits.memory"
        before = self.scenario.value(path)
        if before is None:
            return None
        after = format_bytes(math.ceil(parse_bytes(str(before)) * MEMORY_STEP / _MEMORY_GRAIN) * _MEMORY_GRAIN)
        return Mend(service, {path: after}, f"memory limit of {service} {before} -> {after}")

    def _more_pods(self, service: str) -> Mend | None:
        workload = self._workload(service)
        if not workload.startswith("deployment/"):
            return None  # a database does not get faster by a second copy of it
        hpa = self._hpa(workload)
        if hpa is None:
            path = f"{workload}.replicas"
            before = int(str(self.scenario.value(path) or 1))
            after = math.ceil(before * _PODS_STEP)
            return Mend(service, {path: after}, f"replicas of {service} {before} -> {after}")
        if service in self.at_maximum or hpa.min_replicas >= hpa.max_replicas:
            after = math.ceil(hpa.max_replicas * _PODS_STEP)
            words = f"largest number of {service} {hpa.max_replicas} -> {after}"
            return Mend(service, {f"hpa/{hpa.name}.max": after}, words)
        if sooner := _sooner(hpa):
            return Mend(service, sooner, f"hpa/{hpa.name} scales up as soon and as fast as Kubernetes does by default")
        after = min(math.ceil(max(hpa.min_replicas, 1) * _PODS_STEP), hpa.max_replicas)
        words = f"least number of {service} {hpa.min_replicas} -> {after}"
        return Mend(service, {f"hpa/{hpa.name}.min": after}, words)

    def _more_nodes(self, subject: str) -> Mend | None:
        full = self.result.tables["node_minutes"].groupby("pool")["nodes"].max().to_dict()
        for name, pool in self.scenario.file.nodes.items():
            if full.get(name, 0) >= pool.maximum:
                after = math.ceil(pool.maximum * _PODS_STEP)
                return Mend(subject, {f"nodes/{name}.maximum": after}, f"pool {name} up to {after} machines")
        name, pool = next(iter(self.scenario.file.nodes.items()))
        after = pool.minimum + 1
        values = {f"nodes/{name}.minimum": after, f"nodes/{name}.count": max(pool.count, after)}
        return Mend(subject, values, f"pool {name} never below {after} machines")

    def _workload(self, service: str) -> str:
        services = self.result.tables["services"]
        rows = services.loc[services["service"] == service, "workload"]
        if len(rows):
            return str(rows.iloc[0])
        named = (w.key for w in self.scenario.cluster.workloads if w.name == service)
        return next(named, f"deployment/{service}")

    def _container(self, service: str) -> str:
        model = self.scenario.topology.services.get(service)
        container = model.container if model is not None else None
        return f"{self._workload(service)}/{container}" if container else self._workload(service)

    def _hpa(self, workload: str) -> HorizontalPodAutoscaler | None:
        name = workload.partition("/")[2]
        return next((hpa for hpa in self.scenario.cluster.autoscalers if hpa.target_name == name), None)


def _sooner(hpa: HorizontalPodAutoscaler) -> dict[str, str | int]:
    """Return what lets an HPA scale up like one without rules of its own; empty when it does."""
    rules, owner = hpa.scale_up, f"hpa/{hpa.name}.behavior.scaleUp"
    found: dict[str, str | int] = {}
    if rules is None:
        return found
    if rules.stabilization_window_s:
        found[f"{owner}.stabilizationWindowSeconds"] = 0
    if rules.select_policy in ("Min", "Disabled"):
        found[f"{owner}.selectPolicy"] = "Max"
    doubling = [p for p in rules.policies or () if p.type == "Percent" and p.value >= 100 and p.period_s <= 15]
    if rules.policies and not doubling:
        found[f"{owner}.policies"] = FASTEST
    return found
