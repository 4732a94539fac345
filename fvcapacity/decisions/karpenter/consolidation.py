"""Which machines Karpenter gives back, or replaces by cheaper ones.

Source: ``pkg/controllers/disruption`` of Karpenter 1.x.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from fvcapacity.decisions.disruption import scaled
from fvcapacity.decisions.karpenter.packing import Claim, Pool, pack
from fvcapacity.decisions.scheduler import NodeView, SchedulingPod
from fvcapacity.frozen import Frozen, replace

MAX_PARALLEL = 100
"""So many machines are looked at together."""


class Candidate(Frozen, kw_only=True):
    """A machine that might go."""

    name: str
    pool: str
    instance_type: str
    spot: bool
    usd_per_hour: float
    pods: tuple[SchedulingPod, ...]
    """Those that would need another place."""
    cost: float = 0.0
    """What it means to disturb its pods."""


class Command(Frozen):
    """Machines to give back, and the one that takes their place, if any."""

    nodes: tuple[str, ...]
    replacement: Claim | None
    reason: str
    """Empty or Underutilized."""


class Market(Frozen):
    """What consolidation looks at besides the candidates."""

    nodes: Sequence[NodeView]
    """Nodes that may take pods, candidates included, in the order in which they are tried."""
    pools: Sequence[Pool]
    pending: Sequence[SchedulingPod] = ()
    """Pods that wait for a place anyway."""
    uncertain: frozenset[str] = frozenset()
    """Nodes that are on their way: nothing is given back in the hope of them."""


def eviction_cost(priority: int = 0, deletion_cost: int = 0) -> float:
    """Return what it means to move a pod: 1, more or less by its priority and pod-deletion-cost, within -10 and 10."""
    cost = 1.0 + deletion_cost / 2.0**27 + priority / 2.0**25
    return min(max(cost, -10.0), 10.0)


def disruption_cost(pods: Iterable[tuple[int, int]]) -> float:
    """Return what it means to disturb a node: the sum over the (priority, pod-deletion-cost) of its pods."""
    return sum(eviction_cost(priority, deletion_cost) for priority, deletion_cost in pods)


def allowed_disruptions(budget: int | str, nodes: int, disrupting: int) -> int:
    """Return how many nodes of a pool may go now; a percentage is rounded up."""
    return max(0, scaled(budget, nodes) - disrupting)


def empty_nodes(candidates: Sequence[Candidate], allowed: Mapping[str, int]) -> Command | None:
    """Return all empty machines that the pools' budgets allow to go, or None (``emptiness.go``)."""
    left, found = dict(allowed), []
    for candidate in sorted(candidates, key=lambda c: c.cost):
        if not candidate.pods and left.get(candidate.pool, 0) > 0:
            left[candidate.pool] -= 1
            found.append(candidate.name)
    return Command(tuple(found), None, "Empty") if found else None


def consolidate(candidates: Sequence[Candidate], market: Market, allowed: Mapping[str, int]) -> Command | None:
    """Return the best way to do with fewer or cheaper machines, or None: several machines at once, else one.

    Parameters
    ----------
    candidates
        Machines that may be disturbed, in order.
    market
        What there is, and what could be bought.
    allowed
        How many machines of each pool may go.
    """
    ordered = sorted((c for c in candidates if c.pods), key=lambda c: c.cost)
    return _several(ordered, market, allowed) or _single(ordered, market, allowed)


def _several(ordered: Sequence[Candidate], market: Market, allowed: Mapping[str, int]) -> Command | None:
    """Search the longest row of candidates that can go together (``firstNConsolidationOption``)."""
    left, row = dict(allowed), []
    for candidate in ordered:
        if left.get(candidate.pool, 0) > 0:
            left[candidate.pool] -= 1
            row.append(candidate)
    row = row[:MAX_PARALLEL]
    best: Command | None = None
    low, high = 1, len(row) - 1
    while low <= high:
        middle = (low + high) // 2
        command = _cheaper(compute(row[: middle + 1], market), row[: middle + 1])
        if command is None:
            high = middle - 1
        else:
            best, low = command, middle + 1
    return best


def _single(ordered: Sequence[Candidate], market: Market, allowed: Mapping[str, int]) -> Command | None:
    for candidate in ordered:
        if allowed.get(candidate.pool, 0) > 0 and (command := compute([candidate], market)) is not None:
            return command
    return None


def compute(candidates: Sequence[Candidate], market: Market) -> Command | None:
    """Return how these machines could go: alone, or replaced by one that is cheaper than they are together.

    A spot machine is not replaced by a spot machine (SpotToSpotConsolidation is off).
    """
    names = {candidate.name for candidate in candidates}
    homeless = [pod for candidate in candidates for pod in candidate.pods]
    packing = pack(
        [*market.pending, *homeless], [node for node in market.nodes if node.name not in names], market.pools
    )
    moved = {id(pod) for pod in homeless}
    unsure = (pod for name in market.uncertain for pod in packing.placed.get(name, ()))
    if any(id(pod) in moved for pod in (*unsure, *(pod for pod, _ in packing.failed))):
        return None
    row = tuple(candidate.name for candidate in candidates)
    if not packing.claims:
        return Command(row, None, "Underutilized")
    if len(packing.claims) > 1:
        return None
    claim = packing.claims[0]
    if all(c.spot for c in candidates) and any(offer.spot for offer in claim.offers):
        return None
    paid = sum(candidate.usd_per_hour for candidate in candidates)
    offers = tuple(offer for offer in claim.offers if offer.usd_per_hour < paid)
    if any(offer.spot for offer in offers) and not all(offer.spot for offer in offers):
        offers = tuple(offer for offer in offers if offer.spot)  # else a dearer one might come
    return Command(row, replace(claim, offers=offers), "Underutilized") if offers else None


def _cheaper(command: Command | None, candidates: Sequence[Candidate]) -> Command | None:
    """Leave out a replacement of a kind that is among those that go, unless it is cheaper (``filterOutSameType``)."""
    if command is None or command.replacement is None:
        return command
    claim = command.replacement
    types = {offer.instance_type for offer in claim.offers}
    limit = min((c.usd_per_hour for c in candidates if c.instance_type in types), default=math.inf)
    offers = tuple(offer for offer in claim.offers if offer.usd_per_hour < limit)
    return replace(command, replacement=replace(claim, offers=offers)) if offers else None
