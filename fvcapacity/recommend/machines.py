"""Machines for a candidate: the cheapest node pools for what its pods request, as something that can be tried.

The integer program of ``node_pools`` says which types and how many, at rest and at the peak; the pools are then as
small as at rest and as large as the peak, a roll-out and a loss need. Whether that holds is for the replay to say:
machines of another size share their CPU among other pods.
"""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.costing import no_room
from fvcapacity.recommend.node_pools import NodePools, choose_node_pools
from fvcapacity.recommend.offers import Offers, offers_of
from fvcapacity.recommend.pod_groups import pod_groups
from fvcapacity.recommend.pool_program import Rules
from fvcapacity.recommend.rest import resting_pods
from fvcapacity.scenario.model import NodePool, Scenario
from fvcapacity.scenario.recommendation import Policy

_MOST_MORE = 8
"""Machines that the largest pool may get beyond the program's, so that a roll-out at the peak finds room."""


class Machines(Frozen):
    """A choice of node pools.

    Attributes
    ----------
    name
        In words, and different for every choice: ``2 to 4 x Standard_D2s_v5``.
    pools
        New pools by name, and None for those that go.
    why
        What was chosen and how far from the least cost it can be.
    """

    name: str
    pools: Mapping[str, NodePool | None]
    why: str


def machine_offers(base: Scenario) -> Offers:
    """Return what can be had in place of a scenario's pools: its own types, and those of its list."""
    assert base.prices is not None
    assert base.file.cost is not None
    assert base.instances is not None
    policy, nodes = base.file.recommend, base.file.nodes
    zones = tuple(dict.fromkeys(zone for pool in nodes.values() for zone in pool.zones))
    return offers_of(
        base.instances,
        base.prices,
        base.file.cost.region,
        zones=zones,
        spot=policy.spot_percent > 0,
        burstable=policy.burstable,
        own=nodes,
    )


def choose_machines(
    base: Scenario, candidate: Scenario, policy: Policy, peaks: Mapping[str, int], busy_share: float
) -> Machines | None:
    """Return the cheapest pools for a candidate's pods; None when the list has nothing that does.

    Parameters
    ----------
    base
        With the list of instance types.
    candidate
        Its requests count.
    peaks
        Workload to the most pods that a replay wanted.
    busy_share
        Share of the hours (0 to 1) in which more pods run than at rest.
    """
    share = min(max(busy_share, 1e-3), 1 - 1e-3)
    groups, daemons = pod_groups(candidate, {"rest": resting_pods(candidate), "peak": peaks})
    offers = machine_offers(base)
    rules = Rules(
        {"rest": 1 - share, "peak": share}, policy.headroom, policy.spot_percent / 100, max_pools=policy.most_pools
    )
    chosen = choose_node_pools(offers.offers, groups, daemons, rules, left_out=offers.left_out)
    if not chosen.pools:
        return None
    for more in range(_MOST_MORE + 1):
        pools = _with_room(base, chosen, more)
        if not no_room(candidate.with_values({}, pools=pools), policy, peaks):
            return Machines(_words(pools), pools, chosen.reason)
    return None


def _with_room(base: Scenario, chosen: NodePools, more: int) -> dict[str, NodePool | None]:
    """Return the pools with some machines more for the largest of them, and without those that are not chosen."""
    boot = max(pool.boot for pool in base.file.nodes.values())
    largest = max(chosen.pools, key=lambda item: item.counts["peak"])
    pools: dict[str, NodePool | None] = dict.fromkeys(base.file.nodes)
    for item in chosen.pools:
        pool = item.as_node_pool("rest")
        changed = {"maximum": pool.maximum + (more if item is largest else 0)}
        if item.name not in base.file.nodes:
            changed["boot"] = boot
        pools[item.name] = pool.model_copy(update=changed)
    return pools


def _words(pools: Mapping[str, NodePool | None]) -> str:
    parts = [
        f"{pool.minimum} to {pool.maximum} x {pool.instance_type}{' (spot)' if pool.spot else ''}"
        for pool in pools.values()
        if pool is not None
    ]
    return " and ".join(parts)
