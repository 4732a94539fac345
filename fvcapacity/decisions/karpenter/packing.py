"""Which machines are bought for pods (``pkg/controllers/provisioning/scheduling`` of Karpenter 1.x).

The largest pods come first. Each goes to a machine that is there or on its way, else to one that is about to be
bought, that with the fewest pods first, else to a new one of the pool with the largest weight. What is about to be
bought is not one machine but all that would still do; each pod leaves fewer of them, and the cheapest is bought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fvcapacity.decisions.karpenter.preferences import ever_humbler
from fvcapacity.decisions.scheduler import (
    HOSTNAME,
    Cycle,
    HostPort,
    NodeView,
    PlacedPod,
    SchedulingPod,
    Snapshot,
    begin,
)
from fvcapacity.decisions.scheduler.cycle import FILTERS
from fvcapacity.decisions.scheduler.placement import conflicts, ports_taken
from fvcapacity.decisions.scheduler.pod_affinity import terms
from fvcapacity.frozen import Frozen, field, replace


class Offer(Frozen, kw_only=True):
    """A machine that could be had: a type in a zone, on demand or spot."""

    instance_type: str
    zone: str
    spot: bool
    usd_per_hour: float
    view: NodeView
    """As a node, with the DaemonSet pods that it will get."""
    capacity: Mapping[str, int]
    """Of the whole machine, by resource: what counts against a pool's limits."""


class Pool(Frozen, kw_only=True):
    """A NodePool: what may be bought, and how much more of it."""

    name: str
    offers: tuple[Offer, ...]
    weight: int = 0
    left: Mapping[str, int] = field(default_factory=dict)
    """By resource, what is left of the limits; a resource that is absent has no limit."""


class Claim(Frozen):
    """A machine to be bought: the first of its offers, which are ordered by price."""

    name: str
    pool: str
    offers: tuple[Offer, ...]
    pods: tuple[SchedulingPod, ...]

    @property
    def view(self) -> NodeView:
        """As a node, with all its pods."""
        view = _named(self.offers[0].view, self.name)
        return view.holding((*view.pods, *(PlacedPod(pod) for pod in self.pods)))


class Packing(Frozen):
    """What became of the pods."""

    claims: tuple[Claim, ...]
    placed: Mapping[str, tuple[SchedulingPod, ...]]
    """Node, present or on its way, to the pods that go there."""
    failed: tuple[tuple[SchedulingPod, str], ...]
    """Pods for which nothing can be bought, and why."""


def pack(pods: Sequence[SchedulingPod], nodes: Sequence[NodeView], pools: Sequence[Pool]) -> Packing:
    """Return where pods go, and what has to be bought for them.

    Parameters
    ----------
    pods
        Pods without a place.
    nodes
        Nodes that may take them, in the order in which they are tried.
    pools
        What may be bought.
    """
    board = _Board(list(nodes), sorted(pools, key=lambda pool: (-pool.weight, pool.name)))
    waiting = sorted(pods, key=lambda pod: (-pod.cpu_milli, -pod.memory_bytes))
    reasons: dict[int, str] = {}
    while waiting:
        # Pods that found no place are tried again as long as others did: they may need their company.
        left = []
        for pod in waiting:
            reason = board.add(pod)
            if reason:
                left.append(pod)
                reasons[id(pod)] = reason
        if len(left) == len(waiting):
            break
        waiting = left
    return Packing(tuple(board.claims), board.placed, tuple((pod, reasons[id(pod)]) for pod in waiting))


class _Board:
    """Nodes and machines to be bought while pods are put on them."""

    def __init__(self, nodes: list[NodeView], pools: Sequence[Pool]) -> None:
        self.nodes = nodes
        self.pools = pools
        self.left = {pool.name: dict(pool.left) for pool in pools}
        self.claims: list[Claim] = []
        self.views: dict[str, NodeView] = {}
        """The claims as nodes."""
        self.placed: dict[str, tuple[SchedulingPod, ...]] = {}
        views = (*nodes, *(offer.view for pool in pools for offer in pool.offers))
        self.kinds = {name: group.pod for view in views for name, group in view.groups.items()}

    def add(self, pod: SchedulingPod) -> str:
        """Place a pod, and return ""; or why it has no place."""
        reason = ""
        for humbler in ever_humbler(pod):
            cycle = self._cycle(humbler)
            found = self._on_node(pod, cycle) or self._on_claim(pod, cycle)
            reason = "" if found else self._on_new_claim(pod, cycle)
            if not reason:
                self.kinds.setdefault(pod.group, pod)
                return ""
        return reason

    def _cycle(self, pod: SchedulingPod) -> Cycle:
        """Begin a cycle that knows of the zones, and of the machine, that are not there yet but could be."""
        cycle = begin(pod, Snapshot([*self.nodes, *self.views.values()], self.kinds))
        if not cycle.skews:
            return cycle
        unborn = [offer.view for pool in self.pools for offer in pool.offers]
        skews = []
        for skew in cycle.skews:
            if skew.key == HOSTNAME:
                empty = {"": 0}
            else:
                known = (view for view in unborn if skew.key in view.labels and skew.eligible(_named(view, "")))
                empty = {view.labels[skew.key]: 0 for view in known}
            skews.append(replace(skew, counts={**empty, **skew.counts}))
        return replace(cycle, skews=tuple(skews))

    def _on_node(self, pod: SchedulingPod, cycle: Cycle) -> bool:
        for i, node in enumerate(self.nodes):
            if cycle.refusal(node) is None:
                self.nodes[i] = node.with_pod(PlacedPod(pod))
                self.placed[node.name] = (*self.placed.get(node.name, ()), pod)
                return True
        return False

    def _on_claim(self, pod: SchedulingPod, cycle: Cycle) -> bool:
        self.claims.sort(key=lambda claim: len(claim.pods))
        for i, claim in enumerate(self.claims):
            offers = _still_good(claim, pod, cycle)
            if offers:
                self.claims[i] = replace(claim, offers=offers, pods=(*claim.pods, pod))
                self.views[claim.name] = self.claims[i].view
                return True
        return False

    def _on_new_claim(self, pod: SchedulingPod, cycle: Cycle) -> str:
        reason = "no node pool found"
        for pool in self.pools:
            left = self.left[pool.name]
            within = [o for o in pool.offers if all(o.capacity.get(name, 0) <= amount for name, amount in left.items())]
            if not within:
                reason = f'all available instance types exceed limits for nodepool: "{pool.name}"'
                continue
            name = f"{pool.name}-claim-{len(self.views)}"
            claim = Claim(name, pool.name, tuple(sorted(within, key=lambda offer: offer.usd_per_hour)), ())
            offers = _still_good(claim, pod, cycle)
            if not offers:
                reason = f'incompatible with nodepool "{pool.name}", no instance type satisfied its requirements'
                continue
            self.claims.append(replace(claim, offers=offers, pods=(pod,)))
            self.views[name] = self.claims[-1].view
            for resource in left:  # the largest of them may be what comes
                left[resource] -= max(offer.capacity.get(resource, 0) for offer in offers)
            return ""
        return reason


_OF_THE_WHOLE_NODE = (FILTERS["NodeResourcesFit"], FILTERS["NodePorts"])
"""Plugins that look at what stands on a node: for a claim that is checked for all its offers together."""


def _still_good(claim: Claim, pod: SchedulingPod, cycle: Cycle) -> tuple[Offer, ...]:
    """Return the offers of a claim that would take one more pod."""
    held = _Load.of(claim)
    if held.ports_taken(pod):
        return ()
    filters = [objects for objects in cycle.filters if objects not in _OF_THE_WHOLE_NODE]
    by_host = bool(cycle.skews) or cycle.near.concerned
    found = []
    for offer in claim.offers:
        if not held.leaves_room(pod, offer.view):
            continue
        view = _named(offer.view, claim.name) if by_host else offer.view
        named = cycle.named is None or view.name in cycle.named
        if named and all(objects(cycle, view) is None for objects in filters):
            found.append(offer)
    return _of_one_domain(found, cycle)


class _Load(Frozen):
    """What the pods of a claim ask for together."""

    cpu_milli: int
    memory_bytes: int
    others: Mapping[str, int]
    count: int
    host_ports: tuple[HostPort, ...]

    @classmethod
    def of(cls, claim: Claim) -> _Load:
        others: dict[str, int] = {}
        for pod in claim.pods:
            for name, amount in pod.others.items():
                others[name] = others.get(name, 0) + amount
        return cls(
            sum(pod.cpu_milli for pod in claim.pods),
            sum(pod.memory_bytes for pod in claim.pods),
            others,
            len(claim.pods),
            tuple(port for pod in claim.pods for port in pod.host_ports),
        )

    def ports_taken(self, pod: SchedulingPod) -> bool:
        return bool(pod.host_ports) and any(conflicts(one, two) for one in pod.host_ports for two in self.host_ports)

    def leaves_room(self, pod: SchedulingPod, view: NodeView) -> bool:
        return (
            self.cpu_milli + pod.cpu_milli <= view.cpu_milli - view.requested_cpu_milli
            and self.memory_bytes + pod.memory_bytes <= view.memory_bytes - view.requested_memory_bytes
            and self.count + 1 <= view.max_pods - len(view.pods)
            and all(
                self.others.get(name, 0) + amount <= view.others.get(name, 0) - view.requested_others.get(name, 0)
                for name, amount in pod.others.items()
            )
            and not ports_taken(pod, view)
        )


def _named(view: NodeView, name: str) -> NodeView:
    return replace(view, name=name, labels={**view.labels, HOSTNAME: name})


def _of_one_domain(offers: list[Offer], cycle: Cycle) -> tuple[Offer, ...]:
    """Leave one zone where the pod's rules count by zone: for a spread that with the fewest pods, else the cheapest."""
    for skew in cycle.skews:
        if offers and skew.key != HOSTNAME:
            fewest = min(offers, key=lambda offer: skew.counts.get(offer.view.labels.get(skew.key, ""), 0))
            domain = fewest.view.labels.get(skew.key)
            offers = [offer for offer in offers if offer.view.labels.get(skew.key) == domain]
    for kind in ("podAffinity", "podAntiAffinity"):
        for term in terms(cycle.pod, kind):
            if offers and term.key != HOSTNAME:
                domain = offers[0].view.labels.get(term.key)
                offers = [offer for offer in offers if offer.view.labels.get(term.key) == domain]
    return tuple(offers)
