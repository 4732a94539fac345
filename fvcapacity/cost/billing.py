"""The bill of a stretch of time: machines, disks, backups, load balancers, the control plane, traffic, logs.

Everything is prorated; a month has `MONTH_HOURS`. What has no price is a line without cost and with a note, so that a
reader sees what the total leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import pandas as pd

from fvcapacity.control.history import NodeLife
from fvcapacity.cost.calendar import HOUR_NS
from fvcapacity.cost.ledger import Ledger, Line, Thing, unpriced
from fvcapacity.cost.prices import MONTH_HOURS, PriceList
from fvcapacity.cost.volumes import GIB, Fill, Volume, volumes_of
from fvcapacity.frozen import Frozen, field, replace
from fvcapacity.results.money_columns import BILL
from fvcapacity.scenario.cluster import ClusterObjects, Service
from fvcapacity.scenario.costs import CostSettings
from fvcapacity.scenario.serving import selected_workload
from fvcapacity.tabular.frames import conform

PROVENANCE = ("basis", "source", "as_of", "note")
"""Columns of a bill beyond those of ``BILL``: where a price comes from."""
IDENTITY = ("kind", "resource", "namespace", "owner", "purchase", "region", "environment")
"""Further columns: what is paid for, and for whom (see `fvcapacity.cost.ledger.Line`)."""


class Saved(Frozen):
    """What the backups of one service weigh, all that are kept."""

    backup: str
    service: str
    owner: str
    namespace: str
    stored_bytes: int
    method: str
    """``snapshot`` or ``file-system``."""


class Stretch(Frozen):
    """What happened in a stretch of time that is billed.

    Attributes
    ----------
    start_ns, end_ns
        In nanoseconds since the start of the run, as the life times of the machines.
    egress_bytes, egress_before_bytes
        Sent to clients in the stretch, and before it in the same month: prices may depend on it.
    balanced_bytes
        Of these, what went through the load balancer of each Service, by ``namespace/name``.
    log_bytes
        Log lines of all services.
    fills
        Size and content of volumes, by their name; others have the size of their claim.
    saved
        Backups that are kept.
    """

    start_ns: int
    end_ns: int
    egress_bytes: int = 0
    egress_before_bytes: int = 0
    balanced_bytes: Mapping[str, int] = field(default_factory=dict)
    log_bytes: int = 0
    fills: Mapping[str, Fill] = field(default_factory=dict)
    saved: Sequence[Saved] = ()

    @property
    def hours(self) -> float:
        """Length of the stretch."""
        return max(self.end_ns - self.start_ns, 0) / HOUR_NS


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
    """Return the bill of machines and objects over a window.

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
        The columns of ``BILL``, `PROVENANCE` and `IDENTITY`. ``unit_price_usd`` and ``cost_usd`` are NaN where there is
        no price.
    """
    settings = CostSettings(prices=prices.name, region=region)
    stretch = Stretch(window_start_ns, window_end_ns, egress_bytes)
    return bill_table(lines_of(Ledger(prices, region, run_date), settings, nodes, cluster, stretch))


def lines_of(
    ledger: Ledger, settings: CostSettings, nodes: Sequence[NodeLife], cluster: ClusterObjects, stretch: Stretch
) -> list[Line]:
    """Return the lines of a stretch of time, in the order of the bill."""
    hours, region = stretch.hours, ledger.region
    plane = Thing("compute", "control_plane", "control plane", settings.control_plane or "control plane")
    return [
        *machine_lines(ledger, nodes, stretch.start_ns, stretch.end_ns),
        ledger.by_time(plane, hours, ledger.prices.control_plane(region, settings.control_plane)),
        *volume_lines(ledger, settings, cluster, stretch.fills, hours),
        *_backups(ledger, stretch.saved, hours),
        *load_balancer_lines(ledger, settings, cluster, stretch.balanced_bytes, hours),
        *_egress(ledger, stretch.egress_bytes / GIB, stretch.egress_before_bytes / GIB),
        *_logs(ledger, settings, stretch.log_bytes / GIB),
    ]


def bill_table(lines: Iterable[Line]) -> pd.DataFrame:
    """Return lines as a table: the columns of ``BILL``, `PROVENANCE` and `IDENTITY`."""
    rows = list(lines)
    names = [*(column.name for column in BILL.columns), *PROVENANCE, *IDENTITY]
    return conform(BILL, {name: [getattr(line, name) for line in rows] for name in names})


def machine_lines(ledger: Ledger, nodes: Sequence[NodeLife], start_ns: int, end_ns: int) -> list[Line]:
    """Return the machines, one line for each kind in a pool."""
    paid_ns: dict[tuple[str, str, bool], int] = {}
    for node in nodes:
        deleted = end_ns if node.deleted_ns is None else node.deleted_ns
        inside = min(deleted, end_ns) - max(node.created_ns, start_ns)
        if inside > 0:
            key = (node.pool, node.instance_type, node.spot)
            paid_ns[key] = paid_ns.get(key, 0) + inside
    return [
        machine_line(ledger, pool, instance_type, spot=spot, hours=total_ns / HOUR_NS)
        for (pool, instance_type, spot), total_ns in sorted(paid_ns.items())
    ]


def machine_line(ledger: Ledger, pool: str, instance_type: str, *, spot: bool, hours: float) -> Line:
    """Return the line of a kind of machine that ran for so many machine-hours."""
    item = f"nodes {pool} ({instance_type}{', spot' if spot else ''})"
    resource = f"{pool}/{instance_type}"
    thing = Thing("compute", "instance", item, resource, purchase="spot" if spot else "on_demand")
    return ledger.by_time(thing, hours, ledger.prices.instance(instance_type, ledger.region, spot=spot))


def volume_lines(
    ledger: Ledger, settings: CostSettings, cluster: ClusterObjects, filled: Mapping[str, Fill], hours: float
) -> list[Line]:
    """Return the volumes, each with the operations and throughput that are provisioned beyond what comes with it."""
    lines = []
    for volume in volumes_of(cluster):
        fill = filled.get(volume.name, Fill(volume.claim.storage_bytes, None))
        line = _volume(ledger, volume, fill.size_bytes, hours)
        lines.append(replace(line, used_ratio=fill.used_ratio))
        use = settings.volumes.get(volume.name)
        if use is not None:
            lines += _extras(ledger, volume, use.iops, use.throughput_mbps, hours)
    return lines


def _volume(ledger: Ledger, volume: Volume, size_bytes: int | None, hours: float) -> Line:
    months = volume.count * hours / MONTH_HOURS
    thing = _thing_of(volume, "volume", volume.item)
    if size_bytes is None:
        note = f"the claim of {volume.item} states no size: left out of the total"
        return unpriced(thing, float("nan"), "GiB-months", note)
    size = size_bytes / GIB
    family = ledger.prices.disk_family(volume.claim.storage_class)
    price = ledger.prices.volume(family, ledger.region, size) if family else None
    if price is None:
        return ledger.line(thing, months * size, "GiB-months", None, f"{size:g} GiB of {family or 'no family'}")
    if price.unit == "per_gib_month":
        return ledger.line(thing, months * size, "GiB-months", price)
    tier = price.tier or price.name
    note = f"billed as {tier} ({price.size_gib:g} GiB), the smallest disk that holds {size:g} GiB"
    return ledger.line(_thing_of(volume, "volume", f"{volume.item} ({tier})"), months, "months", price, note)


def _extras(ledger: Ledger, volume: Volume, iops: float | None, mbps: float | None, hours: float) -> list[Line]:
    months = volume.count * hours / MONTH_HOURS
    family = ledger.prices.disk_family(volume.claim.storage_class) or "no family"
    found = []
    if iops is not None:
        price = ledger.prices.volume_extra("volume_iops", family, ledger.region)
        beyond = iops if price is None else max(iops - price.included, 0.0)
        found.append(("volume_iops", f"operations of {volume.item}", beyond, "IOPS-months", price))
    if mbps is not None:
        price = ledger.prices.volume_extra("volume_throughput", family, ledger.region)
        beyond = mbps if price is None else max(mbps - price.included, 0.0)
        found.append(("volume_throughput", f"throughput of {volume.item}", beyond, "MBps-months", price))
    return [
        ledger.line(_thing_of(volume, kind, item), months * beyond, unit, price)
        for kind, item, beyond, unit, price in found
    ]


def _thing_of(volume: Volume, kind: str, item: str) -> Thing:
    namespace = volume.claim.namespace
    return Thing("storage", kind, item, f"{namespace}/{volume.name}", namespace, volume.owner)


def _backups(ledger: Ledger, saved: Sequence[Saved], hours: float) -> list[Line]:
    lines = []
    for item in saved:
        snapshot = item.method == "snapshot"
        price = ledger.prices.snapshot(ledger.region) if snapshot else ledger.prices.object_storage(ledger.region)
        thing = Thing(
            "backup",
            "snapshot" if snapshot else "object_storage",
            f"{'snapshots' if snapshot else 'copies'} {item.backup} of {item.service}",
            f"{item.namespace}/{item.service}/{item.backup}",
            item.namespace,
            item.owner,
        )
        amount = item.stored_bytes / GIB * hours / MONTH_HOURS
        note = f"{item.stored_bytes / GIB:.3g} GiB: what is kept when the schedule has run for as long as it keeps"
        lines.append(ledger.line(thing, amount, "GiB-months", price, note))
    return lines


def load_balancer_lines(
    ledger: Ledger, settings: CostSettings, cluster: ClusterObjects, balanced: Mapping[str, int], hours: float
) -> list[Line]:
    """Return the load balancers, and what went through them where that costs as well."""
    lines = []
    for service in cluster.services:
        if service.type == "LoadBalancer":
            gib = balanced.get(f"{service.namespace}/{service.name}", 0) / GIB
            owner = selected_workload(cluster, service)
            key = "" if owner is None else owner.key
            lines += _load_balancer(ledger, settings.load_balancer, service, key, hours, gib)
    return lines


def _load_balancer(
    ledger: Ledger, name: str | None, service: Service, owner: str, hours: float, gib: float
) -> list[Line]:
    def thing(kind: str, item: str) -> Thing:
        resource = f"{service.namespace}/{service.name}"
        return Thing("network", kind, item, resource, service.namespace, owner)

    prices, item = ledger.prices, f"load balancer {service.name}"
    lines = [ledger.by_time(thing("load_balancer", item), hours, prices.load_balancer(ledger.region, name))]
    data = prices.load_balancer_use("load_balancer_data", ledger.region, name)
    if data is not None and gib:
        lines.append(ledger.line(thing("load_balancer_data", f"data through {item}"), gib, "GiB", data))
    units = prices.load_balancer_use("load_balancer_capacity", ledger.region, name)
    if units is not None and gib:
        thing_ = thing("load_balancer_capacity", f"capacity units of {item}")
        lines.append(ledger.line(thing_, gib / units.gib_per_unit_hour, "unit-hours", units))
    return lines


def _egress(ledger: Ledger, gib: float, before: float) -> list[Line]:
    """Return what went out, by the amounts of a month that prices hold for; ``before`` is of the same month."""
    if gib <= 0:
        return []
    lines, begin, end = [], before, before + gib
    tiers = ledger.prices.egress_tiers(ledger.region)
    for price in tiers:
        inside = min(end, price.up_to_gib if price.up_to_gib is not None else end) - max(begin, price.from_gib)
        if inside > 0:
            item = "internet egress" + (f" beyond {price.from_gib:g} GiB" if price.from_gib else "")
            lines.append(ledger.line(_out(item), inside, "GiB", price))
    missing = gib - sum(line.quantity for line in lines)
    if not tiers:
        lines.append(ledger.line(_out("internet egress"), gib, "GiB", None))
    elif missing > 1e-9 * gib:
        limit = max(price.up_to_gib or 0.0 for price in tiers)
        lines.append(ledger.line(_out(f"internet egress beyond {limit:g} GiB"), missing, "GiB", None))
    return lines


def _out(item: str) -> Thing:
    return Thing("network", "egress", item, "internet")


def _logs(ledger: Ledger, settings: CostSettings, gib: float) -> list[Line]:
    """Return the service that takes log lines; where pods of the cluster keep them, these are billed instead."""
    if settings.logs == "cluster" or gib <= 0:
        return []
    return [ledger.line(Thing("logs", "logs", "log lines", "logs"), gib, "GiB", ledger.prices.logs(ledger.region))]
