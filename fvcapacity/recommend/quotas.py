"""ResourceQuota and LimitRange of a namespace: room for all that may be there at once, and a margin that is named.

What may be there at once: every workload at the most that its HPA allows (or at the peak of the replay, if that is
more), a roll-out of all of them on top (surge, and old pods that are still ending: the API server counts them until
they are gone), a pod of each DaemonSet on every machine, and of each Job and CronJob.

A quota bounds only what every container names, because it refuses pods with a container that does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from fvcapacity.decisions.admission.limit_range import LimitRangeItem, validate, with_limit_ranges
from fvcapacity.decisions.admission.quota import QuotaSpec, admit, matches, missing, usage
from fvcapacity.decisions.disruption import scaled
from fvcapacity.decisions.pod_spec import ZERO, PodSpec, with_api_defaults
from fvcapacity.errors import ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.admission import limit_range_items, pod_spec
from fvcapacity.scenario.cluster import Workload
from fvcapacity.scenario.findings.quota import surge
from fvcapacity.scenario.findings.view import View
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import Quantity

_CPU_STEP = Fraction(1, 10)
_MEMORY_STEP = Fraction(64 * 2**20)
_STORAGE_STEP = Fraction(2**30)
_COMPUTE = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")


class PodCount(Frozen):
    """How many pods of a workload may exist at once."""

    workload: str
    running: int
    rolling: int
    """On top, in a roll-out: new ones before old ones are gone, and old ones that are still ending."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.running + self.rolling


class QuotaAdvice(Frozen):
    """What to write into a namespace.

    Attributes
    ----------
    counts
        Pods that it has room for.
    needed
        What they need together, by the names of a quota.
    hard
        The same with the margin, rounded up: CPU to 100m, memory to 64Mi, storage to 1Gi.
    quota, limit_range
        The objects, as the API takes them.
    why
        A sentence for each bound.
    """

    counts: tuple[PodCount, ...]
    needed: Mapping[str, Quantity]
    hard: Mapping[str, Quantity]
    quota: Mapping[str, Any]
    limit_range: Mapping[str, Any]
    why: Mapping[str, str]


def advise_quota(
    scenario: Scenario,
    namespace: str,
    *,
    margin: float = 0.1,
    peaks: Mapping[str, int] | None = None,
    nodes: int | None = None,
) -> QuotaAdvice:
    """Return the quota and the limit range of a namespace.

    Parameters
    ----------
    margin
        Room beyond what is needed, as a ratio.
    peaks
        Workload to the most pods that a replay had at once.
    nodes
        Machines that DaemonSets run on; default: all that the pools may have.

    Raises
    ------
    ScenarioError
        When nothing runs in the namespace: a quota for nothing would refuse everything.
    """
    if margin < 0:
        raise ValueError(f"{margin} is no margin")
    inhabited = sorted({item.namespace for item in scenario.cluster.workloads})
    if namespace not in inhabited:
        raise ScenarioError(f"no workload is in namespace {namespace!r}", hint=f"there are: {', '.join(inhabited)}")
    view = View(scenario.cluster)
    most_nodes = sum(pool.maximum for pool in scenario.file.nodes.values()) if nodes is None else nodes
    workloads = [item for item in scenario.cluster.workloads if item.namespace == namespace]
    ranges = [limit_range_items(item) for item in scenario.cluster.limit_ranges if item.namespace == namespace]
    counts = tuple(_count(view, item, peaks or {}, most_nodes) for item in workloads)
    pods = [with_limit_ranges(with_api_defaults(pod_spec(item.template)), ranges) for item in workloads]
    bounded = [name for name in _COMPUTE if not any(missing(pod, (name,)) for pod in pods)]
    needed = _needed(pods, counts, [*bounded, "pods"])
    needed |= _storage(scenario, namespace, workloads, counts)
    hard = {name: _rounded(name, amount, margin) for name, amount in needed.items()}
    name = _name(scenario, namespace)
    return QuotaAdvice(
        counts=counts,
        needed=needed,
        hard=hard,
        quota=_object("ResourceQuota", name, namespace, {"hard": {key: str(value) for key, value in hard.items()}}),
        limit_range=_object("LimitRange", name, namespace, {"limits": [_container_bounds(pods)]}),
        why={key: _why(key, needed[key], hard[key], counts, margin) for key in hard},
    )


def advise_pods(scenario: Scenario, workload: Workload, peaks: Mapping[str, int]) -> PodCount:
    """Return how many pods of one workload may exist at once."""
    nodes = sum(pool.maximum for pool in scenario.file.nodes.values())
    return _count(View(scenario.cluster), workload, peaks, nodes)


def refusals(advice: QuotaAdvice, pods: Iterable[tuple[str, PodSpec]]) -> list[str]:
    """Return what the API server would say to pods that are created one after the other, and never go."""
    quota = QuotaSpec(name=advice.quota["metadata"]["name"], hard=dict(advice.hard))
    return said_to(pods, [quota], [tuple(_item(entry) for entry in advice.limit_range["spec"]["limits"])])


def said_to(
    pods: Iterable[tuple[str, PodSpec]], quotas: Sequence[QuotaSpec], ranges: Sequence[Sequence[LimitRangeItem]]
) -> list[str]:
    """Return what the API server would say to pods that are created one after the other, and never go.

    Parameters
    ----------
    pods
        Each with the name to say it by.
    quotas, ranges
        Quotas and limit ranges of their namespace.
    """
    used: dict[str, dict[str, Quantity]] = {quota.name: {} for quota in quotas}
    found = []
    for name, pod in pods:
        pod = with_limit_ranges(with_api_defaults(pod), ranges)
        found += [f"{name}: {broken.message}" for broken in validate(pod, ranges)]
        admitted, message = admit(pod, quotas, used)
        if not admitted:
            found.append(f"{name}: {message}")
            continue
        for quota in quotas:
            for key, amount in usage(pod).items() if matches(quota, pod)[0] else ():
                used[quota.name][key] = used[quota.name].get(key, ZERO) + amount
    return found


def all_pods(scenario: Scenario, advice: QuotaAdvice) -> list[tuple[str, PodSpec]]:
    """Return every pod that the advice counts on, by the name of its workload."""
    templates = {item.key: item.template for item in scenario.cluster.workloads}
    return [(item.workload, pod_spec(templates[item.workload])) for item in advice.counts for _ in range(item.total)]


def _count(view: View, workload: Workload, peaks: Mapping[str, int], nodes: int) -> PodCount:
    if workload.kind == "DaemonSet":
        return PodCount(workload.key, nodes, surge(workload, nodes))
    running = max(view.replicas(workload)[1], peaks.get(workload.key, 0))
    added = surge(workload, running)
    ending = 0
    if workload.kind == "Deployment" and running:
        # pods that are ending are not the Deployment's any more, and their successors are made at once
        ending = running if workload.strategy == "Recreate" else added + _missing(workload, running)
    return PodCount(workload.key, running, added + ending)


def _missing(workload: Workload, replicas: int) -> int:
    """Return how many pods a rolling update may take away at a time (percentages rounded down, at least one step)."""
    share = workload.max_unavailable
    if isinstance(share, str) and share.endswith("%"):
        return int(share[:-1]) * replicas // 100
    return scaled(share, replicas)


def _needed(pods: Sequence[PodSpec], counts: Sequence[PodCount], names: Sequence[str]) -> dict[str, Quantity]:
    total = dict.fromkeys(names, ZERO)
    for pod, count in zip(pods, counts, strict=True):
        for name, amount in usage(pod).items():
            if name in total:
                total[name] += amount * count.total
    return total


def _storage(
    scenario: Scenario, namespace: str, workloads: Sequence[Workload], counts: Sequence[PodCount]
) -> dict[str, Quantity]:
    sizes = [claim.storage_bytes or 0 for claim in scenario.cluster.claims if claim.namespace == namespace]
    for workload, count in zip(workloads, counts, strict=True):
        sizes += [claim.storage_bytes or 0 for claim in workload.claim_templates for _ in range(count.running)]
    if not sizes:
        return {}
    return {"persistentvolumeclaims": Quantity(Fraction(len(sizes))), "requests.storage": Quantity.of_bytes(sum(sizes))}


def _rounded(name: str, amount: Quantity, margin: float) -> Quantity:
    """Return an amount with its margin, rounded up to what one would write."""
    wanted = amount.exact * (1 + Fraction(margin).limit_denominator(10_000))
    if name.endswith("cpu"):
        return Quantity(math.ceil(wanted / _CPU_STEP) * _CPU_STEP)
    if name.endswith("memory"):
        return Quantity.of_bytes(math.ceil(wanted / _MEMORY_STEP) * int(_MEMORY_STEP))
    if name == "requests.storage":
        return Quantity.of_bytes(math.ceil(wanted / _STORAGE_STEP) * int(_STORAGE_STEP))
    return Quantity(Fraction(math.ceil(wanted)))


def _container_bounds(pods: Sequence[PodSpec]) -> dict[str, Any]:
    """Return a LimitRange's entry that all containers keep: what nobody names is left unbounded."""
    containers = [item for pod in pods for item in pod.containers]
    least, most, usual = {}, {}, {}
    for name in ("cpu", "memory"):
        requests = [item.requests[name] for item in containers if name in item.requests]
        limits = [item.limits[name] for item in containers if name in item.limits]
        if requests:
            usual[name] = sorted(requests, key=lambda amount: amount.exact)[len(requests) // 2]
        if requests and len(requests) == len(containers):
            smallest = [amount for item in containers for amount in (item.requests[name], item.limits.get(name))]
            least[name] = min((amount for amount in smallest if amount is not None), key=lambda amount: amount.exact)
        if limits and len(limits) == len(containers):
            most[name] = max(limits, key=lambda amount: amount.exact)
    entry: dict[str, Any] = {"type": "Container"}
    for key, amounts in (("min", least), ("max", most), ("defaultRequest", usual)):
        if amounts:
            entry[key] = {name: str(amount) for name, amount in amounts.items()}
    return entry


def _item(entry: Mapping[str, Any]) -> LimitRangeItem:
    from fvcapacity.scenario.cluster import LimitRange

    return limit_range_items(LimitRange(name="", namespace="", limits=(entry,)))[0]


def _name(scenario: Scenario, namespace: str) -> str:
    """Return the name of the quota that is there, so that it is changed and no second one added."""
    known = [item.name for item in scenario.cluster.quotas if item.namespace == namespace and not item.scopes]
    return known[0] if known else namespace


def _object(kind: str, name: str, namespace: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": dict(spec),
    }


def _why(name: str, needed: Quantity, hard: Quantity, counts: Sequence[PodCount], margin: float) -> str:
    pods = sum(item.running for item in counts)
    extra = sum(item.rolling for item in counts)
    what = (
        "volumes of all workloads"
        if "volume" in name or "storage" in name
        else f"{pods} pods at most, {extra} in roll-outs"
    )
    return f"{name} {hard}: {what} need {needed}, with a margin of {100 * margin:g} %, rounded up"
