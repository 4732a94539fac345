"""A system at rest: how many pods there are when nobody asks for more, and whether a loss is borne then."""

from __future__ import annotations

from fvcapacity.recommend.offers import Offer
from fvcapacity.recommend.pod_groups import pod_groups
from fvcapacity.recommend.pool_placement import loss_not_borne, machines, place
from fvcapacity.scenario.findings.view import View
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.recommendation import Policy

_PHASE = "rest"


def resting_pods(scenario: Scenario) -> dict[str, int]:
    """Return workload to the fewest pods that it has: its HPA's minimum, or what its manifest says."""
    view = View(scenario.cluster)
    return {item.key: view.replicas(item)[0] for item in scenario.cluster.workloads}


def no_room_at_rest(scenario: Scenario, policy: Policy, offers: list[Offer]) -> str:
    """Return which pod finds no place at rest after the loss that the policy names; empty when all do.

    Only the machines that are there at all times count. At the peak a lost machine's pods may wait for a new one (see
    ``costing.no_room``); at rest, which is most of the month, nothing would be there to take them.
    """
    if policy.headroom == "none":
        return ""
    groups, daemons = pod_groups(scenario, {_PHASE: resting_pods(scenario)})
    counts = [offer.pool.minimum for offer in offers]
    pods = [pod for group in groups for pod in group.pods(_PHASE)]
    nodes, homeless = place(machines(offers, counts, daemons), pods)
    if homeless:
        return f"the machines that are there at rest have no place for {homeless[0].name}"
    if loss := loss_not_borne(nodes, policy.headroom, daemons):
        return f"at rest, with {policy.headroom} {loss[0]} lost, {loss[1].name} finds no place"
    return ""
