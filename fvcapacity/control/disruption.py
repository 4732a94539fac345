"""The disruption controller: whether a pod may be evicted now."""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.state import PodRecord
from fvcapacity.decisions.disruption import allowed_disruptions
from fvcapacity.decisions.scheduler.placement import matches_selector


def may_evict(cluster: Cluster, pod: PodRecord) -> bool:
    """Tell whether every PodDisruptionBudget that covers the pod allows one more disruption."""
    for budget in cluster.scenario.cluster.disruption_budgets:
        if budget.namespace != pod.scheduling.namespace:
            continue
        if not matches_selector(pod.scheduling.labels, budget.selector):
            continue
        covered = [
            workload
            for workload in cluster.state.workloads.values()
            if workload.spec.namespace == budget.namespace
            and matches_selector(workload.spec.template.labels, budget.selector)
        ]
        expected = sum(workload.desired for workload in covered)
        healthy = sum(1 for w in covered for p in w.pods.values() if p.ready and not p.deleting)
        allowed, _ = allowed_disruptions(budget.min_available, budget.max_unavailable, expected, healthy)
        if allowed <= 0:
            return False
    return True
