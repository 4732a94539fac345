"""Machines of every hour of a quarter at any multiple of what is expected, by closed forms.

Replicas rest where their HPA leaves them alone in the busiest minute of an hour (`fvcapacity.analytic`), and the
scheduler's rules say how many machines their requests take. A real autoscaler goes up a little more often and comes
down later; the ratio that replayed days show corrects for it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fvcapacity.analytic.analysis import Load, replicas_at_rest
from fvcapacity.analytic.sizing import sizing_of
from fvcapacity.errors import ScenarioError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.recommend.costing import Pools
from fvcapacity.recommend.offers import Offer
from fvcapacity.scenario.model import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_STEP = 1.07
"""Ratio of two multiples that are worked out; those between are as the nearer one."""


class Capacity(Frozen):
    """Machines by multiple of the expected traffic.

    Attributes
    ----------
    pools
        Names of the node pools.
    multiples
        float64, shape (multiples,): from the least to the most, each `_STEP` times the one before.
    nodes
        int64, shape (multiples, hours, pools).
    covered_h
        float64, shape (hours,): how much of each hour lies in the quarter.
    """

    pools: tuple[str, ...]
    multiples: Floats
    nodes: Ints
    covered_h: Floats

    def nodes_at(self, multiples: Floats) -> Ints:
        """Return the machines of every hour under a multiple for each, shapes (hours,) to (hours, pools)."""
        with np.errstate(divide="ignore"):
            at = np.rint(np.log(multiples / self.multiples[0]) / np.log(_STEP))
        rows = np.clip(at, 0, len(self.multiples) - 1).astype(np.int64)
        return np.asarray(self.nodes[rows, np.arange(len(rows))], np.int64)


def capacity_of(
    scenario: Scenario, load: Load, least: float, most: float, tell: Callable[[str], None] | None = None
) -> Capacity:
    """Return the machines of every hour between two multiples of a load.

    Raises
    ------
    ScenarioError
        When Karpenter buys the machines: it has no pools whose machines could be counted.
    """
    if scenario.file.provisioner == "karpenter":
        message = "a forecast counts machines of node pools; Karpenter chooses types one by one"
        raise ScenarioError(message, hint="forecast the traffic alone, or leave out --patch and use pools")
    count = max(int(np.ceil(np.log(most / least) / np.log(_STEP))), 0) + 1
    multiples = np.asarray(least * _STEP ** np.arange(count), np.float64)
    sizing = sizing_of(scenario, load.program)
    pools = Pools(scenario, offers_or_free(scenario))
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    nodes = np.zeros((count, len(load.rates.mean_rps), len(pools.offers)), np.int64)
    for number, multiple in enumerate(multiples):
        if tell is not None:
            tell(f"placing pods at {multiple:.2f} times the expected traffic")
        rates = replace(load.rates, mean_rps=load.rates.mean_rps * multiple, peak_rps=load.rates.peak_rps * multiple)
        _, replicas, _ = replicas_at_rest(replace(load, rates=rates), sizing)
        rows, which = np.unique(np.ceil(replicas - 1e-6).astype(np.int64), axis=0, return_inverse=True)
        for row in map(tuple, rows.tolist()):
            if row not in known:
                known[row] = pools.counts(dict(zip(load.program.workloads, row, strict=True)))
        nodes[number] = np.array([known[tuple(row)] for row in rows.tolist()])[which.ravel()]
    return Capacity(tuple(offer.name for offer in pools.offers), multiples, nodes, load.rates.covered_s / 3600)


def offers_or_free(scenario: Scenario) -> list[Offer]:
    """Return the pools of a scenario with the prices of their machines; infinite where there is none."""
    cost = scenario.file.cost
    found = []
    for name, pool in scenario.file.nodes.items():
        price = None
        if scenario.prices is not None and cost is not None:
            price = scenario.prices.instance(pool.instance_type, cost.region, spot=pool.spot)
        found.append(Offer(name, pool, np.inf if price is None else price.usd_per_hour))
    return found
