"""Node pools of their own for pods that keep data, where that is cheaper."""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.decisions.scheduler import SchedulingPod
from fvcapacity.frozen import replace
from fvcapacity.recommend.node_pools import NodePools, choose_node_pools
from fvcapacity.recommend.offers import Offer
from fvcapacity.recommend.pod_groups import PodGroup
from fvcapacity.recommend.pool_program import Rules

_SAME = 1e-9


def choose_with_separate_pools(
    offers: Sequence[Offer],
    groups: Sequence[PodGroup],
    daemons: Sequence[SchedulingPod],
    rules: Rules,
    **limits: float,
) -> NodePools:
    """Return the cheaper of common pools, and pools of their own for pods that keep data.

    Separate pools are labelled and tainted ``fvcapacity.dev/pool``; the pods' templates need the node selector and the
    toleration that go with it, which is why common ones are kept where both cost the same.
    """
    common = choose_node_pools(offers, groups, daemons, rules, **limits)  # type: ignore[arg-type]
    kinds = {kind: [g for g in groups if g.stateful is kind] for kind in (False, True)}
    if not all(kinds.values()):
        return common
    confined_to: dict[str, str] = {}
    parts = []
    for kind, mine in kinds.items():
        name = "data" if kind else "services"
        confined_to |= {group.name: name for group in mine}
        theirs = [_reserved(offer, name) for offer in offers]
        tolerant = [replace(pod, tolerations=(*pod.tolerations, {"operator": "Exists"})) for pod in daemons]
        confined = [replace(g, pod=_confined(g.pod, name)) for g in mine]
        parts.append(choose_node_pools(theirs, confined, tolerant, rules, **limits))  # type: ignore[arg-type]
    if not all(part.pools for part in parts):
        return common
    cost = sum(part.usd_per_hour for part in parts)
    if common.pools and common.usd_per_hour <= cost + _SAME:
        return replace(common, reason=f"{common.reason} Pools of their own for pods that keep data are not cheaper.")
    return NodePools(
        pools=tuple(pool for part in parts for pool in part.pools),
        reason=" ".join(["Pools of their own for pods that keep data.", *(part.reason for part in parts)]),
        usd_per_hour=cost,
        bound_usd_per_hour=sum(part.bound_usd_per_hour for part in parts),
        rounds=sum(part.rounds for part in parts),
        proven=all(part.proven for part in parts),
        left_out=common.left_out,
        confined=confined_to,
    )


def _reserved(offer: Offer, name: str) -> Offer:
    taint = {"key": "fvcapacity.dev/pool", "value": name, "effect": "NoSchedule"}
    pool = offer.pool.model_copy(
        update={
            "labels": {**offer.pool.labels, "fvcapacity.dev/pool": name},
            "taints": (*offer.pool.taints, taint),
        }
    )
    return Offer(f"{name}-{offer.name}", pool, offer.usd_per_hour)


def _confined(pod: SchedulingPod, name: str) -> SchedulingPod:
    toleration = {"key": "fvcapacity.dev/pool", "operator": "Equal", "value": name, "effect": "NoSchedule"}
    return replace(
        pod,
        node_selector={**pod.node_selector, "fvcapacity.dev/pool": name},
        tolerations=(*pod.tolerations, toleration),
    )
