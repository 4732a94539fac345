"""What a candidate costs a month, hour by hour of the calendar, before it is replayed: machines, and shares of them.

Closed forms say where replicas rest, and the scheduler's rules how many machines their requests take. It puts
candidates in an order and is never printed: what is printed is the bill of a replay.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fvcapacity.analytic.analysis import Load, evaluate, load_of
from fvcapacity.analytic.sizing import sizing_of
from fvcapacity.errors import ScenarioError
from fvcapacity.recommend.candidates import Candidates, Values
from fvcapacity.recommend.offers import Offer
from fvcapacity.recommend.pod_groups import PodGroup, pod_groups
from fvcapacity.recommend.pool_placement import loss_not_borne, machines, place
from fvcapacity.scenario.findings.quota import surge
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.recommendation import Policy

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_PHASE = "now"
_DAY_HOURS = 24


class Cost(NamedTuple):
    """What a candidate costs; the first figure decides, then the next.

    Attributes
    ----------
    machines_usd
        Of the machines, a month.
    requests_usd
        Of the machines' shares that are requested, a month: what would be saved were machines divisible.
    """

    machines_usd: float
    requests_usd: float

    def below(self, other: Cost) -> bool:
        """Tell whether it is less than another by more than rounding."""
        if not math.isclose(self.machines_usd, other.machines_usd, rel_tol=1e-9):
            return self.machines_usd < other.machines_usd
        return self.requests_usd < other.requests_usd * (1 - 1e-9)


@dataclass
class Costing:
    """Costs of candidates of one system; loads are worked out once for each stretch."""

    candidates: Candidates
    _loads: dict[str, Load] = field(default_factory=dict)
    _known: dict[tuple[object, ...], Cost] = field(default_factory=dict)

    def cost(self, values: Values) -> Cost:
        """Return what a candidate that can be costs a month."""
        key = tuple(sorted(values.items()))
        if key not in self._known:
            parts = [self._part(values, name, days) for name, days in self.candidates.month.items()]
            self._known[key] = Cost(sum(p.machines_usd for p in parts), sum(p.requests_usd for p in parts))
        return self._known[key]

    def busy_share(self, values: Values) -> float:
        """Return the share of a month's hours (0 to 1) in which a candidate has more pods than at its calmest."""
        busy = total = 0.0
        for name, days in self.candidates.month.items():
            _, counts, hours = self._replicas(values, name, days)
            more = (counts > counts.min(axis=0)).any(axis=1)
            busy, total = busy + float(hours[more].sum()), total + float(hours.sum())
        return busy / total

    def _part(self, values: Values, stretch: str, days: float) -> Cost:
        keys, counts, hours = self._replicas(values, stretch, days)
        rows, which = np.unique(counts, axis=0, return_inverse=True)
        pools = Pools(self.candidates.over(values, stretch))
        found = [pools.cost(dict(zip(keys, map(int, row), strict=True))) for row in rows]
        by_row = np.bincount(which.ravel(), weights=hours, minlength=len(rows))
        return Cost(*(float(by_row @ np.array([item[i] for item in found])) for i in (0, 1)))

    def _replicas(self, values: Values, stretch: str, days: float) -> tuple[Sequence[str], Ints, Floats]:
        """Return workloads, their pods in each hour of a stretch, and how many hours of a month are like it."""
        scenario = self.candidates.over(values, stretch)
        if stretch not in self._loads:
            self._loads[stretch] = load_of(self.candidates.stretch(stretch))
        load = self._loads[stretch]
        with np.errstate(invalid="ignore"):  # what is overloaded has infinite times; its replicas are told all the same
            analysis = evaluate(load, sizing_of(scenario, load.program))
        counts: Ints = np.ceil(analysis.replicas - 1e-6).astype(np.int64)
        hours: Floats = load.rates.covered_s / load.rates.covered_s.sum() * days * _DAY_HOURS
        return load.program.workloads, counts, hours


class Pools:
    """Machines of a candidate, and how many of each pool its pods take.

    Parameters
    ----------
    scenario
        The candidate.
    offers
        Its pools with their prices; default: those of its own price list.
    """

    def __init__(self, scenario: Scenario, offers: Sequence[Offer] | None = None) -> None:
        self.scenario = scenario
        self.offers = offers_in(scenario) if offers is None else list(offers)
        self.groups, self.daemons = pod_groups(scenario, {_PHASE: {}})

    def counts(self, replicas: Mapping[str, int]) -> tuple[int, ...]:
        """Return the machines of each pool that the pods of a moment take, the minimum of the pool at least."""
        pods = [group.pod for group in self.groups for _ in range(self._count(group, replicas))]
        counts = [offer.pool.minimum for offer in self.offers]
        nodes, homeless = place(machines(self.offers, counts, self.daemons), pods)
        by_price = sorted(range(len(self.offers)), key=lambda i: (self.offers[i].usd_per_hour, i))
        while homeless:
            grown = next((i for i in by_price if counts[i] < self.offers[i].pool.maximum), None)
            if grown is None:
                break  # pods stay pending; whether that does is for the replay to say
            counts[grown] += 1
            there = {node.name for node in nodes}
            more = [node for node in machines(self.offers, counts, self.daemons) if node.name not in there]
            nodes, homeless = place([*nodes, *more], homeless)
        return tuple(counts)

    def cost(self, replicas: Mapping[str, int]) -> tuple[float, float]:
        """Return USD an hour of machines, and of their shares that are requested."""
        usd = sum(n * offer.usd_per_hour for n, offer in zip(self.counts(replicas), self.offers, strict=True))
        cheapest = min(
            self.offers,
            key=lambda o: (
                o.usd_per_hour / o.pool.allocatable_cpu + o.usd_per_hour / (o.pool.allocatable_memory / 2**32)
            ),
        )
        share = sum(
            self._count(group, replicas)
            * max(
                group.pod.cpu_milli / (1000 * cheapest.pool.allocatable_cpu),
                group.pod.memory_bytes / cheapest.pool.allocatable_memory,
            )
            for group in self.groups
        )
        return usd, share * cheapest.usd_per_hour

    def _count(self, group: PodGroup, replicas: Mapping[str, int]) -> int:
        return replicas.get(group.name, group.counts[_PHASE])


def offers_in(scenario: Scenario) -> list[Offer]:
    """Return the pools of a scenario with the prices of their machines.

    Raises
    ------
    ScenarioError
        When a pool has no price: then nothing can be said to be cheaper.
    """
    if scenario.prices is None or scenario.file.cost is None:
        hint = "add `cost: {prices: ..., region: ...}`"
        raise ScenarioError("the scenario has no prices, so that nothing can be called cheaper", hint=hint)
    found = []
    for name, pool in scenario.file.nodes.items():
        price = scenario.prices.instance(pool.instance_type, scenario.file.cost.region, spot=pool.spot)
        if price is None:
            message = f"{pool.instance_type} has no price in region {scenario.file.cost.region}"
            raise ScenarioError(message, hint=f"add it to {scenario.file.cost.prices}, or choose another type")
        found.append(Offer(name, pool, price.usd_per_hour))
    return found


def no_room(scenario: Scenario, policy: Policy, peaks: Mapping[str, int]) -> str:
    """Return which pods of the peak find no place on the largest pools, also after a loss; empty when all do.

    Parameters
    ----------
    peaks
        Workload to the most pods that a replay wanted.
    """
    if policy.headroom == "none" and not policy.surge:
        return ""
    groups, daemons = pod_groups(scenario, {_PHASE: dict(peaks)})
    offers = offers_in(scenario)
    nodes, homeless = place(
        machines(offers, [offer.pool.maximum for offer in offers], daemons),
        [pod for group in groups for pod in group.pods(_PHASE)],
    )
    if homeless:
        return f"the largest pools have no place for {homeless[0].name} at the peak"
    if loss := loss_not_borne(nodes, policy.headroom, daemons):
        return f"with {policy.headroom} {loss[0]} lost, {loss[1].name} finds no place"
    for group in groups if policy.surge else ():
        workload = scenario.cluster.workload(group.name)
        more = 0 if workload is None else surge(workload, group.counts[_PHASE])
        if homeless := place(nodes, [group.pod] * more)[1]:
            return f"a roll-out of {group.name} at the peak finds no place for {homeless[0].name}"
    return ""
