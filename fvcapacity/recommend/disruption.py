"""PodDisruptionBudgets that let machines be drained and keep a service up meanwhile.

``maxUnavailable`` rather than ``minAvailable``: it goes on meaning the same while an HPA changes the number of pods,
and never comes to forbid every eviction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.decisions.disruption import allowed_disruptions
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.cluster import Workload
from fvcapacity.scenario.findings.view import SCALABLE, View
from fvcapacity.scenario.model import Scenario


class BudgetAdvice(Frozen):
    """A budget for a workload.

    Attributes
    ----------
    path
        Field of the budget that is there (``pdb/web.maxUnavailable``); empty when there is none.
    drop
        Field of that budget that has to go, because a budget has only one of the two; empty when it has none.
    object
        The budget as the API takes it, for a workload without one; else empty.
    """

    workload: str
    max_unavailable: int
    path: str
    drop: str
    object: Mapping[str, Any]
    why: str


def advise_budgets(scenario: Scenario, needed: Mapping[str, int] | None = None) -> tuple[BudgetAdvice, ...]:
    """Return a budget for every workload that an eviction can take pods of.

    Parameters
    ----------
    needed
        Workload to the pods that it cannot do without when it has its fewest; default: one less than the fewest.
    """
    view = View(scenario.cluster)
    found = []
    for workload in scenario.cluster.workloads:
        fewest = view.replicas(workload)[0]
        if workload.kind in SCALABLE and fewest > 0:
            found.append(_advice(view, workload, fewest, (needed or {}).get(workload.key, max(fewest - 1, 1))))
    return tuple(found)


def _advice(view: View, workload: Workload, fewest: int, needed: int) -> BudgetAdvice:
    spare = max(1, fewest - needed)
    allowed, _ = allowed_disruptions(None, spare, fewest, fewest)
    if fewest == 1:
        why = (
            f"maxUnavailable 1: {workload.key} has one pod, so that a drain either waits for ever or takes it away for "
            "as long as a new one needs; two pods at least would keep it up"
        )
    else:
        why = (
            f"maxUnavailable {spare}: of at least {fewest} pods {allowed} may go at a time, and {fewest - allowed} stay"
        )
    budgets = [
        item
        for item in view.objects.disruption_budgets
        if any(selected is workload for selected in view.selected(item.selector, item.namespace))
    ]
    if budgets:
        drop = f"pdb/{budgets[0].name}.minAvailable" if budgets[0].min_available is not None else ""
        return BudgetAdvice(workload.key, spare, f"pdb/{budgets[0].name}.maxUnavailable", drop, {}, why)
    selector = dict(workload.selector) or {"matchLabels": dict(workload.template.labels)}
    manifest = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": workload.name, "namespace": workload.namespace},
        "spec": {"maxUnavailable": spare, "selector": selector},
    }
    return BudgetAdvice(workload.key, spare, "", "", manifest, why)
