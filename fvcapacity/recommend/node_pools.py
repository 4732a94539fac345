"""Which node pools are cheapest: an integer program, held to what the simulated scheduler places.

The program's answer is furnished with pods by the scheduler's own rules. What it cannot place, also after the loss
that the headroom is for, is cut off and the program solved again, until the scheduler places everything. Meanwhile
each failed answer is mended by adding machines; when the program's bound reaches the best mended one, or the rounds
are over, that is the answer, and the gap to the bound is told.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

import numpy as np
import numpy.typing as npt

from fvcapacity.decisions.scheduler import NodeView, SchedulingPod
from fvcapacity.recommend.offers import Offer
from fvcapacity.recommend.pod_groups import PodGroup
from fvcapacity.recommend.pool_placement import after_loss, machines, place
from fvcapacity.recommend.pool_program import Cut, PoolProgram, Rules, dominated, fit_of
from fvcapacity.recommend.pool_reasons import too_large, why_none
from fvcapacity.scenario.model import NodePool
from fvcapacity.scenario.prices import MONTH_HOURS

Ints = npt.NDArray[np.int64]

_SAME = 1e-9


@dataclass(frozen=True)
class ChosenPool:
    """A pool with its machines.

    Attributes
    ----------
    counts
        Phase to machines. The first phase's are the pool's minimum, the last one's its maximum.
    """

    name: str
    pool: NodePool
    usd_per_hour: float
    counts: Mapping[str, int]

    def as_node_pool(self, phase: str) -> NodePool:
        """Return it as a scenario writes it, with the machines of a phase at the start."""
        counts = list(self.counts.values())
        return self.pool.model_copy(
            update={"count": self.counts[phase], "minimum": min(counts), "maximum": max(counts)}
        )


@dataclass(frozen=True)
class NodePools:
    """What was chosen, or why nothing was.

    Attributes
    ----------
    pools
        Empty when nothing does; ``reason`` then says why, and what comes nearest.
    usd_per_hour
        On average over the phases, weighted by their hours.
    bound_usd_per_hour
        Below this no choice can be: the integer program's.
    rounds
        How often the program was solved.
    proven
        Whether nothing cheaper exists that the scheduler places.
    left_out
        Instance type to why it was not considered.
    """

    pools: tuple[ChosenPool, ...]
    reason: str
    usd_per_hour: float = math.inf
    bound_usd_per_hour: float = 0.0
    rounds: int = 0
    proven: bool = False
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def usd_per_month(self) -> float:
        """What a month costs, at 730 hours."""
        return self.usd_per_hour * MONTH_HOURS

    @property
    def gap_ratio(self) -> float:
        """How much above the bound the choice may be at most."""
        if not self.pools:
            return math.inf
        return max(self.usd_per_hour / self.bound_usd_per_hour - 1, 0.0) if self.bound_usd_per_hour > 0 else 0.0

    def as_nodes(self, phase: str) -> dict[str, NodePool]:
        """Return the ``nodes`` of a scenario that starts in a phase."""
        return {pool.name: pool.as_node_pool(phase) for pool in self.pools}


def choose_node_pools(
    offers: Sequence[Offer],
    groups: Sequence[PodGroup],
    daemons: Sequence[SchedulingPod],
    rules: Rules,
    *,
    left_out: Mapping[str, str] | None = None,
    max_rounds: int = 60,
    time_limit_s: float = 30.0,
) -> NodePools:
    """Return the cheapest node pools on which the scheduler places all pods in every phase.

    Parameters
    ----------
    offers
        What can be had; bounds of a pool are its ``minimum`` and ``maximum``.
    groups, daemons
        What has to be placed, in the order in which the scheduler comes to it.
    rules
        Phases, headroom, spot share, number of pools.
    left_out
        Handed on into the result.
    max_rounds, time_limit_s
        When to stop proving that nothing is cheaper. The answer is the same on every machine unless time runs out.
    """
    missing = dict(left_out or {})
    fit = fit_of(offers, groups, daemons)
    if why := too_large(offers, groups, fit):
        return NodePools((), why, left_out=missing)
    offers = [offer for offer, worse in zip(offers, dominated(offers, fit), strict=True) if not worse]
    fit = fit_of(offers, groups, daemons)
    program = PoolProgram(offers, groups, fit, rules)
    search = _Search(program, tuple(daemons), monotonic() + time_limit_s)
    best, bound, rounds = search.run(max_rounds)
    if best is None:
        return NodePools(
            (), why_none(program, search.seconds_left), bound_usd_per_hour=bound, rounds=rounds, left_out=missing
        )
    cost = program.cost(best)
    proven = bound >= cost - _SAME * max(cost, 1)
    pools = tuple(
        ChosenPool(offer.name, offer.pool, offer.usd_per_hour, dict(zip(program.phases, map(int, column), strict=True)))
        for offer, column in zip(offers, best.T, strict=True)
        if column.any()
    )
    reason = _sentence(pools, program, cost, min(bound, cost), proven)
    return NodePools(pools, reason, cost, min(bound, cost), rounds, proven, missing)


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
    parts = []
    for kind, mine in kinds.items():
        name = "data" if kind else "services"
        theirs = [_reserved(offer, name) for offer in offers]
        tolerant = [replace(pod, tolerations=(*pod.tolerations, {"operator": "Exists"})) for pod in daemons]
        confined = [replace(g, pod=_confined(g.pod, name)) for g in mine]
        parts.append(choose_node_pools(theirs, confined, tolerant, rules, **limits))  # type: ignore[arg-type]
    if not all(part.pools for part in parts):
        return common
    cost = sum(part.usd_per_hour for part in parts)
    if common.pools and common.usd_per_hour <= cost + _SAME:
        return replace(common, reason=f"{common.reason} Pools of their own for pods that keep data would cost more.")
    return NodePools(
        pools=tuple(pool for part in parts for pool in part.pools),
        reason=" ".join(part.reason for part in parts),
        usd_per_hour=cost,
        bound_usd_per_hour=sum(part.bound_usd_per_hour for part in parts),
        rounds=sum(part.rounds for part in parts),
        proven=all(part.proven for part in parts),
        left_out=common.left_out,
    )


class _Search:
    """Solve, place, cut; mend what failed, and keep the cheapest that works."""

    def __init__(self, program: PoolProgram, daemons: tuple[SchedulingPod, ...], deadline: float) -> None:
        self.program, self.daemons, self.deadline = program, daemons, deadline
        self.best: Ints | None = None
        self.known: dict[tuple[int, tuple[int, ...]], list[SchedulingPod]] = {}

    @property
    def seconds_left(self) -> float:
        return self.deadline - monotonic()

    def run(self, max_rounds: int) -> tuple[Ints | None, float, int]:
        """Return the best counts, the bound, and the rounds."""
        program, bound = self.program, 0.0
        for number in range(1, max_rounds + 1):
            solution = program.solve(self.seconds_left / 3)
            if solution.counts is None and not math.isinf(solution.bound) and self.best is None:
                bound = max(bound, solution.bound)
                if (mended := self._mended(self._of_one_kind())) is not None:
                    self._better(mended)
                return self.best, bound, number
            if solution.counts is None:  # nothing is left that is not cut off
                proven = math.isinf(solution.bound) and self.best is not None
                return (
                    self.best,
                    self._best_cost() if proven else max(bound, min(solution.bound, self._best_cost())),
                    number,
                )
            bound = max(bound, solution.bound)
            if bound >= self._best_cost() - _SAME:
                return self.best, self._best_cost(), number
            failed = [p for p in range(len(program.phases)) if self.homeless(p, solution.counts[p])]
            if not failed:
                return self._better(solution.counts), bound, number
            program.cuts += [Cut(p, tuple(map(int, solution.counts[p]))) for p in failed]
            if (mended := self._mended(solution.counts)) is not None:
                self._better(mended)
            if self.seconds_left <= 0:
                return self.best, bound, number
        return self.best, bound, max_rounds

    def _best_cost(self) -> float:
        return math.inf if self.best is None else self.program.cost(self.best)

    def _better(self, counts: Ints) -> Ints | None:
        if self.program.cost(counts) < self._best_cost() - _SAME:
            self.best = counts
        return self.best

    def homeless(self, phase: int, counts: Ints) -> list[SchedulingPod]:
        """Return the pods that the scheduler does not place, first of all, then after each loss."""
        key = (phase, tuple(map(int, counts)))
        if key not in self.known:
            self.known[key] = self._placed(phase, counts)
        return self.known[key]

    def _placed(self, phase: int, counts: Ints) -> list[SchedulingPod]:
        program = self.program
        pods = [pod for group in program.groups for pod in group.pods(program.phases[phase])]
        nodes, homeless = place(machines(program.offers, counts.tolist(), self.daemons), pods)
        if homeless:
            return homeless
        for lost in _losses(nodes, program.rules.headroom):
            if homeless := after_loss(nodes, lost, self.daemons):
                return homeless
        return []

    def _mended(self, counts: Ints) -> Ints | None:
        """Add machines until the scheduler places all pods, then take away those that turn out to be spare."""
        program, counts = self.program, counts.copy()
        for phase in range(len(program.phases)):
            while homeless := self.homeless(phase, counts[phase]):
                pool = self._cheapest_for(homeless[0], counts)
                if pool is None or self.seconds_left <= 0:
                    return None
                counts[phase:, pool] += 1
        while self.seconds_left > 0:
            cheaper = next((c for c in self._cheaper_neighbours(counts) if self._all_placed(c)), None)
            if cheaper is None:
                break
            counts = cheaper
        return counts if self._allowed(counts) else None

    def _all_placed(self, counts: Ints) -> bool:
        return not any(self.homeless(phase, counts[phase]) for phase in range(len(counts)))

    def _cheaper_neighbours(self, counts: Ints) -> Iterator[Ints]:
        """Yield choices with one machine less, or a cheaper one in its place; the largest savings first.

        In the last phase alone, or in all phases where the machine stands in all of them.
        """
        program = self.program
        used = np.flatnonzero(counts[-1]).tolist()
        found: list[tuple[float, int, Ints]] = []
        for pool in used:
            for other in (None, *used):
                for first in range(len(counts)):
                    changed = counts.copy()
                    changed[first:, pool] -= 1
                    if other is not None:
                        changed[first:, other] += 1
                    saved = program.cost(counts) - program.cost(changed)
                    if saved > _SAME and self._keeps_bounds(changed):
                        found.append((saved, len(found), changed))
        yield from (changed for _, _, changed in sorted(found, key=lambda item: (-item[0], item[1])))

    def _keeps_bounds(self, counts: Ints) -> bool:
        within = (counts >= self.program.minimum).all() and (counts <= self.program.maximum).all()
        return bool(within and (np.diff(counts, axis=0) >= 0).all()) and self._allowed(counts)

    def _of_one_kind(self) -> Ints:
        """Return the cheapest choice of one pool by its room alone: where to begin when the program has no answer."""
        program, found = self.program, {}
        for pool, room in enumerate(program.fit.room):
            with np.errstate(divide="ignore"):
                needed = np.ceil((program.wanted @ program.fit.size / room).max(axis=1))
            counts = np.tile(program.minimum, (len(program.phases), 1))
            counts[:, pool] = np.maximum(counts[:, pool], np.maximum.accumulate(needed))
            if (program.fit.most[:, pool] > 0).all() and (counts <= program.maximum).all() and self._allowed(counts):
                found[program.cost(counts)] = counts
        return found[min(found)] if found else np.tile(program.minimum, (len(program.phases), 1))

    def _cheapest_for(self, pod: SchedulingPod, counts: Ints) -> int | None:
        """Return the cheapest pool with room for one more machine that takes a pod; those in use before new ones."""
        program = self.program
        group = next(i for i, g in enumerate(program.groups) if pod.name.rpartition("-")[0] == g.pod.name)
        used = int((counts[-1] > 0).sum())
        best: tuple[float, int] | None = None
        for pool, price in enumerate(program.fit.price):
            if program.fit.most[group, pool] == 0 or counts[-1, pool] >= program.maximum[pool]:
                continue
            if counts[-1, pool] == 0 and used >= program.rules.max_pools:
                continue
            more = counts.copy()
            more[:, pool] += 1
            if self._spot_allowed(more) and (best is None or price < best[0]):
                best = (float(price), pool)
        return None if best is None else best[1]

    def _allowed(self, counts: Ints) -> bool:
        return self._spot_allowed(counts) and int((counts[-1] > 0).sum()) <= self.program.rules.max_pools

    def _spot_allowed(self, counts: Ints) -> bool:
        offers, share = self.program.offers, self.program.rules.spot_share
        cpu = np.array([offer.pool.cpu for offer in offers])
        spot = np.array([offer.pool.spot for offer in offers])
        return bool(np.all(counts @ (cpu * spot) <= share * (counts @ cpu) + 1e-9))


def _losses(nodes: Sequence[NodeView], headroom: str) -> list[list[NodeView]]:
    if headroom == "node":
        return [[node] for node in nodes]
    if headroom == "zone":
        zones = sorted({node.zone for node in nodes})
        return [[node for node in nodes if node.zone == zone] for zone in zones]
    return []


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


def _sentence(pools: Sequence[ChosenPool], program: PoolProgram, cost: float, bound: float, proven: bool) -> str:
    last = program.phases[-1]
    parts = []
    for pool in pools:
        counts = list(pool.counts.values())
        number = f"{counts[0]}" if len(set(counts)) == 1 else f"{min(counts)} to {max(counts)}"
        parts.append(f"{number} x {pool.pool.instance_type}{' (spot)' if pool.pool.spot else ''}")
    wanted = program.wanted[-1] @ program.fit.size
    room = sum(pool.counts[last] * program.fit.room[program.offers.index(_offer(pool, program))] for pool in pools)
    tight = Counter({name: float(wanted[d] / room[d]) for d, name in enumerate(("CPU", "memory", "number of pods"))})
    name, share = tight.most_common(1)[0]
    proof = "nothing cheaper is placed" if proven else f"at most {100 * (cost / bound - 1):.1f} % above the bound"
    spare = {"none": "", "node": ", with any one machine lost", "zone": ", with any one zone lost"}
    return (
        f"{' and '.join(parts)} for {cost:.4f} USD an hour ({proof}); {name} binds: {100 * share:.0f} % of it is"
        f" requested in phase {last}{spare[program.rules.headroom]}."
    )


def _offer(pool: ChosenPool, program: PoolProgram) -> Offer:
    return next(offer for offer in program.offers if offer.name == pool.name)
