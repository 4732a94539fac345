"""The disruption controller: whether a pod may be evicted now."""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.state import PodRecord
from fvcapacity.decisions.disruption import allowed_disruptions
from fvcapacity.decisions.scheduler.placement import matches_selector
from fvcapacity.decisions.scheduler.preemption import Budget
from fvcapacity.scenario.cluster import PodDisruptionBudget


def may_evict(cluster: Cluster, pod: PodRecord) -> bool:
    """Tell whether every PodDisruptionBudget that covers the pod allows one more disruption."""
    return all(_allowed(cluster, budget) > 0 for budget in _covering(cluster, pod))


def has_budget(cluster: Cluster, pod: PodRecord) -> bool:
    """Tell whether a PodDisruptionBudget covers a pod."""
    return bool(_covering(cluster, pod))


def _covering(cluster: Cluster, pod: PodRecord) -> list[PodDisruptionBudget]:
    return [
        budget
        for budget in cluster.scenario.cluster.disruption_budgets
        if budget.namespace == pod.scheduling.namespace and matches_selector(pod.scheduling.labels, budget.selector)
    ]


def disruptions_allowed(cluster: Cluster) -> list[Budget]:
    """Return every PodDisruptionBudget with the number of pods that may be disrupted now."""
    return [
        Budget(budget.namespace, budget.selector, _allowed(cluster, budget))
        for budget in cluster.scenario.cluster.disruption_budgets
    ]


def _allowed(cluster: Cluster, budget: PodDisruptionBudget) -> int:
    covered = [
        workload
        for workload in cluster.state.workloads.values()
        if workload.spec.namespace == budget.namespace
        and matches_selector(workload.spec.template.labels, budget.selector)
    ]
    expected = sum(workload.desired for workload in covered)
    healthy = sum(1 for w in covered for p in w.pods.values() if p.ready and not p.deleting)
    allowed, _ = allowed_disruptions(budget.min_available, budget.max_unavailable, expected, healthy)
    return allowed
