"""Which node pools are cheapest: an integer program, held to what the simulated scheduler places.

The program's answer is furnished with pods by the scheduler's own rules. What it cannot place, also after the loss
that the headroom is for, is cut off and the program solved again, until the scheduler places everything. Meanwhile
each failed answer is mended by adding machines; when the program's bound reaches the best mended one, or the rounds
are over, that is the answer, and the gap to the bound is told.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic

from fvcapacity.decisions.scheduler import SchedulingPod
from fvcapacity.frozen import Frozen, field
from fvcapacity.recommend.offers import Offer
from fvcapacity.recommend.pod_groups import PodGroup
from fvcapacity.recommend.pool_fit import dominated, fit_of
from fvcapacity.recommend.pool_program import PoolProgram, Rules
from fvcapacity.recommend.pool_reasons import too_large, why_none
from fvcapacity.recommend.pool_search import PoolSearch
from fvcapacity.scenario.model import NodePool
from fvcapacity.scenario.prices import MONTH_HOURS

_SAME = 1e-9


class ChosenPool(Frozen):
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


class NodePools(Frozen):
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
    confined
        Workload to the value of the label ``fvcapacity.dev/pool`` that its pods have to select, and whose taint they
        have to tolerate; empty when all pools are common.
    """

    pools: tuple[ChosenPool, ...]
    reason: str
    usd_per_hour: float = math.inf
    bound_usd_per_hour: float = 0.0
    rounds: int = 0
    proven: bool = False
    left_out: Mapping[str, str] = field(default_factory=dict)
    confined: Mapping[str, str] = field(default_factory=dict)

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
    search = PoolSearch(program, tuple(daemons), monotonic() + time_limit_s)
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
