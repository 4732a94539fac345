"""Checks of what a scenario says of money: do the names exist, and is there a rate for the currency."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.costs import CostSettings
from fvcapacity.scenario.finding import Finding, did_you_mean
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.prices import PriceList
from fvcapacity.scenario.topology import Topology

_RULE = "cost"


def check_cost(
    file: ScenarioFile, topology: Topology | None, cluster: ClusterObjects | None, prices: PriceList | None
) -> Iterator[Finding]:
    """Yield what is wrong with ``cost``, as far as the parts are there."""
    cost = file.cost
    if cost is None:
        return
    if cost.currency != "USD" and cost.currency not in [rate.currency for rate in cost.rates]:
        message = f"there is no rate for {cost.currency}"
        hint = "write it below `cost: rates:` with currency, per_usd, as_of and source, or show amounts in USD"
        yield Finding("scenario", ("cost", "currency"), message, hint, rule=_RULE)
    if topology is not None and cost.orders is not None and cost.orders not in topology.routes:
        hint = did_you_mean(cost.orders, topology.routes)
        yield Finding("scenario", ("cost", "orders"), f"the topology has no route {cost.orders!r}", hint, rule=_RULE)
    if cost.staging is not None and cost.staging.pool not in file.nodes:
        hint = did_you_mean(cost.staging.pool, file.nodes)
        message = f"there is no node pool {cost.staging.pool!r}"
        yield Finding("scenario", ("cost", "staging", "pool"), message, hint, rule=_RULE)
    if cluster is not None:
        yield from _volumes(cost, cluster)
    if prices is not None:
        yield from _names(cost, prices)


def _volumes(cost: CostSettings, cluster: ClusterObjects) -> Iterator[Finding]:
    claims = {claim.name: claim.storage_bytes for claim in cluster.claims}
    claims |= {f"{w.name}/{claim.name}": claim.storage_bytes for w in cluster.workloads for claim in w.claim_templates}
    for name, use in cost.volumes.items():
        path = ("cost", "volumes", name)
        if name not in claims:
            message, hint = f"there is no volume {name!r}", did_you_mean(name, claims)
            yield Finding("scenario", path, message, hint, rule=_RULE, at_key=True)
            continue
        size = claims[name]
        if use.used is not None and size is not None and use.used > size:
            message = f"{use.used} bytes are more than the {size} of its claim"
            yield Finding("scenario", (*path, "used"), message, "write what is on it now", rule=_RULE)


def _names(cost: CostSettings, prices: PriceList) -> Iterator[Finding]:
    for field, name in (("load_balancer", cost.load_balancer), ("control_plane", cost.control_plane)):
        known = sorted({price.name for price in prices.prices if price.kind == field})
        if name is not None and name not in known:
            message = f"the price list {prices.name} has no {field} named {name!r}"
            yield Finding("scenario", ("cost", field), message, did_you_mean(name, known), rule=_RULE)
