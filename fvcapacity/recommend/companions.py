"""What goes along with a configuration: quotas, limit ranges, disruption budgets, heaps, and the replicas of HPAs.

All of it is part of what is handed over, so that all of it is replayed: see `Handover`. What cannot be replayed, or
would have to be known better (connections that do not fit, volumes), is said and not handed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fvcapacity.decisions.disruption import allowed_disruptions
from fvcapacity.errors import InputError
from fvcapacity.recommend.candidates import MACHINES, Values
from fvcapacity.recommend.disruption import advise_budgets
from fvcapacity.recommend.heap import advise_heap
from fvcapacity.recommend.quotas import QuotaAdvice, advise_quota, all_pods, said_to
from fvcapacity.recommend.variables import container_path
from fvcapacity.scenario.admission import limit_range_items, quota_spec
from fvcapacity.scenario.cluster import LimitRange, PodDisruptionBudget, ResourceQuota
from fvcapacity.scenario.findings.view import View
from fvcapacity.scenario.model import NodePool, Scenario
from fvcapacity.scenario.paths.change import complete_values, objects_of
from fvcapacity.scenario.paths.grammar import quoted
from fvcapacity.scenario.paths.sense import owners_of_replicas
from fvcapacity.scenario.paths.values import Value
from fvcapacity.scenario.serving import serving_workload
from fvcapacity.units import parse_bytes, parse_quantity

_COMPUTE = ("cpu", "memory")


@dataclass
class Handover:
    """Everything that is handed over: what was searched, and what goes along with it.

    Attributes
    ----------
    values
        New value of each field by its path.
    machines
        Name of the choice of node pools; empty where their types stay.
    pools
        Node pools that come, and None for those that go.
    objects
        New objects, as mappings of the API.
    reasons
        Why, by path, and by object (``resourcequota/shop``).
    quotas
        What each quota has room for.
    alone
        Workloads that have one pod at the fewest, which no budget keeps up.
    """

    values: dict[str, Value]
    machines: str = ""
    pools: Mapping[str, NodePool | None] = field(default_factory=dict)
    objects: list[Mapping[str, Any]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    quotas: list[QuotaAdvice] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)

    @property
    def candidate(self) -> dict[str, Value]:
        """The values as a candidate has them."""
        return {**self.values, MACHINES: self.machines} if self.machines else dict(self.values)

    def put(self, path: str, before: Value, value: Value, why: str) -> None:
        """Hand a value over unless it stands there already."""
        if value != before:
            self.values[path], self.reasons[path] = value, why

    def add(self, item: Mapping[str, Any], why: str) -> None:
        """Hand a new object over."""
        self.objects.append(item)
        self.reasons[f"{item['kind'].lower()}/{item['metadata']['name']}"] = why


def handover_of(
    scenario: Scenario,
    values: Values,
    reasons: Mapping[str, str],
    peaks: Mapping[str, int],
    *,
    pools: Mapping[str, NodePool | None] | None = None,
) -> Handover:
    """Return a configuration with what goes along with it.

    Parameters
    ----------
    scenario
        As it was loaded.
    values, reasons
        What was searched.
    peaks
        Workload to the most pods that its replay wanted.
    pools
        Node pools that come, and None for those that go.
    """
    fields = {path: value for path, value in values.items() if path != MACHINES}
    found = Handover(
        dict(complete_values(scenario, fields)),
        machines=str(values.get(MACHINES, "")),
        pools=pools or {},
        reasons=dict(reasons),
    )
    for path, hpa in owners_of_replicas(objects_of(scenario)):
        found.reasons.setdefault(path, f"hpa/{hpa} decides; each apply would reset it")
    changed = scenario.with_values(found.values, pools=found.pools)
    _heaps(found, changed)
    _budgets(found, changed)
    for namespace in namespaces(scenario):
        advice = advise_quota(
            changed, namespace, margin=scenario.file.recommend.quota_margin_percent / 100, peaks=peaks
        )
        found.quotas.append(advice)
        _quota(found, scenario, namespace, advice)
        _limit_range(found, scenario, namespace, advice)
    return found


def alone_words(handover: Handover) -> str:
    """Return which workloads a drain takes down, as a sentence; empty when none."""
    if not handover.alone:
        return ""
    return (
        f"One pod at the fewest, so that a drain is an outage of it, which no disruption budget prevents:"
        f" {', '.join(handover.alone)}. Two pods would stay up."
    )


def namespaces(scenario: Scenario) -> list[str]:
    """Return the namespaces in which the services of the topology run: those of the cluster itself get no quota."""
    served = (serving_workload(scenario.cluster, name) for name in scenario.topology.services)
    return sorted({workload.namespace for workload in served if workload is not None})


def refused_pods(scenario: Scenario, handover: Handover) -> list[str]:
    """Return what the API server would say to all pods that may be there at once, under all quotas and limit ranges.

    Parameters
    ----------
    scenario
        With everything that is handed over.
    """
    said = []
    for advice in handover.quotas:
        namespace = advice.quota["metadata"]["namespace"]
        quotas = [quota_spec(item) for item in scenario.cluster.quotas if item.namespace == namespace]
        ranges = [limit_range_items(item) for item in scenario.cluster.limit_ranges if item.namespace == namespace]
        said += said_to(all_pods(scenario, advice), quotas, ranges)
    return said


def _heaps(found: Handover, changed: Scenario) -> None:
    """Keep the heap flag of Node.js at the share of the memory limit at which V8 gives up before the kernel kills."""
    for workload in changed.cluster.workloads:
        for container in workload.template.containers:
            if workload.kind not in ("Deployment", "StatefulSet") or container.kind == "init":
                continue
            path = f"{container_path(workload, container.name)}.heap"
            try:
                before = changed.value(path)
            except InputError:
                continue
            if before is None or container.memory_limit_bytes is None:
                continue
            advice = advise_heap(container.memory_limit_bytes)
            if advice.mebibytes is not None and parse_bytes(str(before)) > advice.mebibytes * 2**20:
                found.put(path, before, f"{advice.mebibytes}Mi", advice.why)


def _budgets(found: Handover, changed: Scenario) -> None:
    """Add a budget where there is none; one that is there changes only where it blocks all drains or bounds nothing.

    One pod alone gets none: the only budget that lets it be drained forbids nothing.
    """
    view = View(changed.cluster)
    for advice in advise_budgets(changed):
        workload = changed.cluster.workload(advice.workload)
        assert workload is not None, "it has advice"
        if workload.namespace not in namespaces(changed):
            continue
        if advice.object and view.replicas(workload)[0] == 1:
            found.alone.append(advice.workload)
            continue
        if advice.object:
            found.add(advice.object, advice.why)
            continue
        name = advice.path.removeprefix("pdb/").rpartition(".")[0]
        budget = next(item for item in changed.cluster.disruption_budgets if item.name == name)
        fewest = view.replicas(workload)[0]
        if _serves(budget, fewest):
            continue
        if advice.drop:
            found.put(advice.drop, changed.value(advice.drop), None, "a budget has only one of the two")
        found.put(advice.path, changed.value(advice.path), advice.max_unavailable, advice.why)


def _serves(budget: PodDisruptionBudget, fewest: int) -> bool:
    """Tell whether a budget lets one pod go at least, and not all of several, when there are the fewest."""
    allowed, _ = allowed_disruptions(budget.min_available, budget.max_unavailable, fewest, fewest)
    return allowed >= 1 and (fewest == 1 or allowed < fewest)


def _quota(found: Handover, scenario: Scenario, namespace: str, advice: QuotaAdvice) -> None:
    name = str(advice.quota["metadata"]["name"])
    known = next((item for item in _unscoped(scenario, namespace) if item.name == name), None)
    if known is None:
        found.add(advice.quota, "; ".join(advice.why.values()))
        return
    owner = f"quota/{quoted(name)}.hard"
    present = {_full(key): key for key in known.hard}
    for key, hard in advice.hard.items():
        path = f"{owner}.{present.get(key, key)}"
        found.put(path, scenario.value(path), str(hard), advice.why[key])
    for full, key in present.items():
        if (
            full.startswith(("requests.", "limits."))
            and full.rpartition(".")[2] in _COMPUTE
            and full not in advice.hard
        ):
            why = f"a bound on {full} refuses every pod with a container that does not name it"
            found.put(f"{owner}.{key}", known.hard[key], None, why)


def _unscoped(scenario: Scenario, namespace: str) -> Iterator[ResourceQuota]:
    yield from (item for item in scenario.cluster.quotas if item.namespace == namespace and not item.scopes)


def _full(key: str) -> str:
    """Return the name of a bound; ``cpu`` and ``memory`` mean requests."""
    return f"requests.{key}" if key in _COMPUTE else key


def _limit_range(found: Handover, scenario: Scenario, namespace: str, advice: QuotaAdvice) -> None:
    ranges = [item for item in scenario.cluster.limit_ranges if item.namespace == namespace]
    if not ranges:
        found.add(advice.limit_range, "every container keeps it: the smallest and the largest that there is")
        return
    entry = advice.limit_range["spec"]["limits"][0]
    for item in ranges:
        for bound, beyond in (("min", -1), ("max", 1)):
            for name, text in entry.get(bound, {}).items():
                before = _bound_of(item, bound, name)
                if before is not None and beyond * parse_quantity(text).exact > beyond * parse_quantity(before).exact:
                    path = f"limitrange/{quoted(item.name)}.container.{bound}.{name}"
                    why = f"a container has {text}, which {before} would refuse"
                    found.put(path, scenario.value(path), str(text), why)


def _bound_of(item: LimitRange, bound: str, name: str) -> str | None:
    entry = next((entry for entry in item.limits if entry["type"] == "Container"), {})
    value = (entry.get(bound) or {}).get(name)
    return None if value is None else str(value)
