"""Machines that can be had: a node pool of each instance type that has a size and a price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fvcapacity.cost.allocatable import allocatable
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.instances import InstanceList, InstanceSize
from fvcapacity.scenario.model import NodePool
from fvcapacity.scenario.prices import PriceList

SPOT_TAINT = {"key": "fvcapacity.dev/spot", "value": "true", "effect": "NoSchedule"}
"""Of spot machines: only pods that may be interrupted tolerate it."""
_MOST = 1000


class Offer(Frozen):
    """A pool that could be bought.

    Attributes
    ----------
    name
        Of the pool.
    pool
        Its machines; ``minimum`` and ``maximum`` bound how many may be chosen, ``count`` is not looked at.
    usd_per_hour
        Price of one machine.
    """

    name: str
    pool: NodePool
    usd_per_hour: float


class Offers(Frozen):
    """What can be had, and what was left out for which reason (by instance type)."""

    offers: tuple[Offer, ...]
    left_out: Mapping[str, str]


def offers_of(
    sizes: InstanceList,
    prices: PriceList,
    region: str | None,
    *,
    zones: tuple[str, ...] = ("zone-1",),
    spot: bool = False,
    burstable: bool = False,
    architectures: Iterable[str] = ("amd64",),
    maximum: int = _MOST,
    vm_overhead_ratio: float = 0.0,
    own: Mapping[str, NodePool] | None = None,
) -> Offers:
    """Return a pool for every instance type of a price list.

    Parameters
    ----------
    sizes, prices, region
        A type without a size, or without a price in the region, is left out and named.
    zones
        Over which the machines of a pool go round.
    spot
        Also offer spot machines where they have a price of their own.
    burstable
        Also offer types whose CPU is their own for a while only. A replay knows nothing of credits, so it cannot hold
        such a choice to the objectives.
    architectures
        Types of others are left out: images have to be built for them.
    maximum
        Most machines of a pool.
    vm_overhead_ratio
        Share of the memory that never reaches the node (see `allocatable`).
    own
        Pools of a scenario: they come first, with the size that stands there, and stand for their instance type.
    """
    wanted, left_out, found = set(architectures), {}, []
    for name, pool in (own or {}).items():
        price = prices.instance(pool.instance_type, region, spot=pool.spot)
        if price is None:
            left_out[pool.instance_type] = f"no price in region {region}"
            continue
        found.append(Offer(name, pool.model_copy(update={"minimum": 0, "maximum": maximum}), price.usd_per_hour))
    taken = {(offer.pool.instance_type, offer.pool.spot) for offer in found}
    priced = {price.name for price in prices.prices if price.kind == "instance"}
    for name in [*(item.name for item in sizes.instances), *sorted(priced)]:
        size = sizes.size(name)
        if size is None:
            left_out.setdefault(name, "its size is not known")
            continue
        if size.architecture not in wanted:
            left_out.setdefault(name, f"its architecture is {size.architecture}")
            continue
        if size.burstable and not burstable:
            left_out.setdefault(name, "its CPU is its own for a while only (burstable)")
            continue
        for is_spot in (False, True) if spot else (False,):
            price = prices.instance(name, region, spot=is_spot)
            if price is None and not is_spot:
                left_out.setdefault(name, f"no price in region {region}")
            elif price is not None and (name, is_spot) not in taken:
                taken.add((name, is_spot))
                pool = _pool(size, sizes, zones, maximum, is_spot, vm_overhead_ratio)
                found.append(Offer(_pool_name(name, is_spot), pool, price.usd_per_hour))
    chosen = {offer.pool.instance_type for offer in found}
    return Offers(tuple(found), {name: why for name, why in left_out.items() if name not in chosen})


def _pool(
    size: InstanceSize, sizes: InstanceList, zones: tuple[str, ...], maximum: int, spot: bool, overhead: float
) -> NodePool:
    left = allocatable(sizes.provider, size.cpu, size.memory, size.max_pods, vm_overhead_ratio=overhead)
    return NodePool(
        instance_type=size.name,
        cpu=size.cpu,
        memory=size.memory,
        allocatable_cpu=left.cpu_cores,
        allocatable_memory=left.memory_bytes,
        max_pods=size.max_pods,
        count=0,
        maximum=maximum,
        zones=zones,
        labels={"kubernetes.io/arch": size.architecture, **({SPOT_TAINT["key"]: "true"} if spot else {})},
        taints=(SPOT_TAINT,) if spot else (),
        spot=spot,
        source=size.source,
    )


def _pool_name(instance_type: str, spot: bool) -> str:
    """Return a name that Kubernetes takes as a label."""
    name = instance_type.removeprefix("Standard_").replace("_", "-").replace(".", "-").lower()
    return f"{name}-spot" if spot else name
