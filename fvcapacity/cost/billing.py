"""The bill of a window: machines, disks, load balancers, the control plane, traffic out.

Everything is prorated to the window; a month has `MONTH_HOURS`. What has no price is a line without cost and
with a note, so that a reader sees what the total leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from fvcapacity.control.history import NodeLife
from fvcapacity.cost.prices import ANY_REGION, MONTH_HOURS, Price, PriceList, caveats
from fvcapacity.results.columns import BILL
from fvcapacity.scenario.cluster import ClusterObjects, VolumeClaim
from fvcapacity.tabular.frames import conform

HOUR_NS = 3600 * 10**9
GIB = 2**30

NO_PRICE = "no price"
PROVENANCE = ("basis", "source", "as_of", "note")
"""Columns of a bill beyond those of ``results.columns.BILL``."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill; a price that is not known is NaN."""

    category: str
    item: str
    quantity: float
    unit: str
    unit_price_usd: float
    basis: str
    """``list price``, ``stand-in`` (another region's), or ``no price``."""
    source: str
    as_of: str
    """Day of the price, or ``unknown``; empty without a price."""
    note: str

    @property
    def cost_usd(self) -> float:
        """Quantity times price; NaN without a price."""
        return self.quantity * self.unit_price_usd


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What every line needs: the prices, where, when, and how long."""

    prices: PriceList
    region: str | None
    hours: float
    run_date: date

    def line(self, category: str, item: str, amount: float, unit: str, price: Price | None, *notes: str) -> Line:
        """Return a line; ``amount`` counts in ``unit`` when the price is missing, else in the price's own."""
        if price is None:
            place = f"in region {self.region}" if self.region else "(no region is chosen)"
            missing = f"no price for {item} {place}: left out of the total"
            return Line(category, item, amount, unit, math.nan, NO_PRICE, "", "", "; ".join([missing, *notes]))
        basis = "list price" if price.region in (ANY_REGION, self.region) else "stand-in"
        remarks = "; ".join([*notes, *caveats(price, self.region, self.run_date)])
        return Line(category, item, amount, unit, price.price, basis, price.source, str(price.as_of), remarks)

    def by_time(self, category: str, item: str, count_hours: float, price: Price | None) -> Line:
        """Return the line of something that is paid by the hour or by the month."""
        if price is not None and price.unit == "per_month":
            return self.line(category, item, count_hours / MONTH_HOURS, "months", price)
        return self.line(category, item, count_hours, "hours", price)


def bill_run(
    prices: PriceList,
    region: str | None,
    nodes: Sequence[NodeLife],
    cluster: ClusterObjects,
    *,
    window_start_ns: int,
    window_end_ns: int,
    egress_bytes: int,
    run_date: date,
) -> pd.DataFrame:
    """Return the bill of one replication.

    Parameters
    ----------
    prices
        The list that counts.
    region
        Region whose figures are used; None takes those that hold for any.
    nodes
        Machines of the run; each is paid for from its order to its deletion, as far as that lies in the window.
    cluster
        Claims, StatefulSets and Services of type LoadBalancer, which cost as long as the window lasts.
    window_start_ns, window_end_ns
        The window, in nanoseconds since the start of the run.
    egress_bytes
        Bytes sent to clients in the window.
    run_date
        Day of the run; older figures are noted.

    Returns
    -------
    pandas.DataFrame
        The columns of ``results.columns.BILL`` and `PROVENANCE`. ``unit_price_usd`` and ``cost_usd`` are NaN where
        there is no price.
    """
    hours = max(window_end_ns - window_start_ns, 0) / HOUR_NS
    ledger = _Ledger(prices, region, hours, run_date)
    lines = [
        *_machines(ledger, nodes, window_start_ns, window_end_ns),
        ledger.by_time("compute", "control plane", hours, prices.control_plane(region)),
        *_volumes(ledger, cluster),
        *_load_balancers(ledger, cluster),
        *_egress(ledger, egress_bytes / GIB),
    ]
    names = [*(column.name for column in BILL.columns), *PROVENANCE]
    return conform(BILL, {name: [getattr(line, name) for line in lines] for name in names})


def _machines(ledger: _Ledger, nodes: Sequence[NodeLife], start_ns: int, end_ns: int) -> list[Line]:
    paid_ns: dict[tuple[str, str, bool], int] = {}
    for node in nodes:
        deleted = end_ns if node.deleted_ns is None else node.deleted_ns
        inside = min(deleted, end_ns) - max(node.created_ns, start_ns)
        if inside > 0:
            key = (node.pool, node.instance_type, node.spot)
            paid_ns[key] = paid_ns.get(key, 0) + inside
    lines = []
    for (pool, instance_type, spot), total_ns in sorted(paid_ns.items()):
        price = ledger.prices.instance(instance_type, ledger.region, spot=spot)
        item = f"nodes {pool} ({instance_type}{', spot' if spot else ''})"
        lines.append(ledger.by_time("compute", item, total_ns / HOUR_NS, price))
    return lines


def _volumes(ledger: _Ledger, cluster: ClusterObjects) -> list[Line]:
    lines = [_volume(ledger, f"volume {claim.name}", claim, 1) for claim in cluster.claims]
    for workload in cluster.workloads:
        replicas = 1 if workload.replicas is None else workload.replicas
        lines += [
            _volume(ledger, f"volume {claim.name} of {workload.name}", claim, replicas)
            for claim in workload.claim_templates
            if replicas
        ]
    return lines


def _volume(ledger: _Ledger, item: str, claim: VolumeClaim, count: int) -> Line:
    months = count * ledger.hours / MONTH_HOURS
    if claim.storage_bytes is None:
        note = f"the claim of {item} states no size: left out of the total"
        return Line("storage", item, math.nan, "GiB-months", math.nan, NO_PRICE, "", "", note)
    size = claim.storage_bytes / GIB
    family = ledger.prices.disk_family(claim.storage_class)
    price = ledger.prices.volume(family, ledger.region, size) if family else None
    if price is None:
        return ledger.line(
            "storage", item, months * size, "GiB-months", None, f"{size:g} GiB of {family or 'no family'}"
        )
    if price.unit == "per_gib_month":
        return ledger.line("storage", item, months * size, "GiB-months", price)
    tier = price.tier or price.name
    note = f"billed as {tier} ({price.size_gib:g} GiB), the smallest disk that holds {size:g} GiB"
    return ledger.line("storage", f"{item} ({tier})", months, "months", price, note)


def _load_balancers(ledger: _Ledger, cluster: ClusterObjects) -> list[Line]:
    price = ledger.prices.load_balancer(ledger.region)
    return [
        ledger.by_time("network", f"load balancer {service.name}", ledger.hours, price)
        for service in cluster.services
        if service.type == "LoadBalancer"
    ]


def _egress(ledger: _Ledger, gib: float) -> list[Line]:
    """Return what went out; the window is counted from the month's first byte, at the first price."""
    if gib <= 0:
        return []
    price = ledger.prices.egress(ledger.region)
    limit = price.up_to_gib if price is not None else None
    if limit is None or gib <= limit:
        return [ledger.line("network", "internet egress", gib, "GiB", price)]
    beyond = ledger.line("network", f"internet egress beyond {limit:g} GiB", gib - limit, "GiB", None)
    return [ledger.line("network", "internet egress", limit, "GiB", price), beyond]
