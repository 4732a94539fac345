"""A price list: dated figures with their source, and how they are looked up.

What nobody gave a source for is absent, and a lookup then returns None: no price is ever taken as zero, or
from another region unless the list says so with ``stand_in_for``.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from pydantic import Field, model_validator

from fvcapacity.scenario.base import Model

Kind = Literal[
    "instance",
    "volume",
    "volume_iops",
    "volume_throughput",
    "load_balancer",
    "load_balancer_data",
    "load_balancer_capacity",
    "control_plane",
    "egress",
    "snapshot",
    "object_storage",
    "logs",
]
Unit = Literal["per_hour", "per_month", "per_gib_month", "per_gib", "per_iops_month", "per_mbps_month"]
Purchase = Literal["on_demand", "spot", "reserved_1y", "reserved_3y"]

MONTH_HOURS: Final = 730
"""Hours of a month, as the clouds' own price pages count (365 x 24 / 12)."""
ANY_REGION = "any"
"""Region of a figure that its source states without one, or of machines that stand in one place."""

MAX_AGE_DAYS = 365
"""Older figures are flagged."""

_UNITS: dict[str, tuple[Unit, ...]] = {
    "instance": ("per_hour", "per_month"),
    "volume": ("per_gib_month", "per_month"),
    "volume_iops": ("per_iops_month",),
    "volume_throughput": ("per_mbps_month",),
    "load_balancer": ("per_hour", "per_month"),
    "load_balancer_data": ("per_gib",),
    "load_balancer_capacity": ("per_hour",),
    "control_plane": ("per_hour", "per_month"),
    "egress": ("per_gib",),
    "snapshot": ("per_gib_month",),
    "object_storage": ("per_gib_month",),
    "logs": ("per_gib",),
}
_BY_FAMILY = ("volume_iops", "volume_throughput")


class Price(Model):
    """One figure of a price list.

    A volume priced ``per_month`` is a disk of a fixed size: it costs the same however little of ``size_gib``
    is used (Azure's P1, P4...). ``tier`` is then its name.
    """

    kind: Kind
    """Of what."""
    name: str = Field(min_length=1)
    """Instance type, disk family (gp3, Premium_LRS), kind of traffic (internet, inter_zone), or what the provider calls
    the thing. Data and capacity of a load balancer carry the load balancer's name."""
    region: str = Field(min_length=1)
    """As the provider names it."""
    unit: Unit
    """What the price is for."""
    price: float = Field(ge=0, allow_inf_nan=False)
    """US dollars per unit. Zero is a price (a free control plane), not a gap."""
    source: str = Field(min_length=1)
    """Where the figure stands."""
    as_of: date | Literal["unknown"]
    """Day of the figure."""
    purchase: Purchase = "on_demand"
    """Of an instance. A reserved one is paid for all of its term, used or not; ``price`` is what an hour comes to."""
    size_gib: float | None = Field(default=None, gt=0)
    """Of a disk that is sold in sizes."""
    tier: str = ""
    """The provider's name for that size."""
    from_gib: float = Field(default=0.0, ge=0)
    """Egress: the figure holds for what lies beyond so much in a month."""
    up_to_gib: float | None = Field(default=None, gt=0)
    """Egress: the figure holds up to so much in a month; what no figure covers has no price. None: without end."""
    included: float = Field(default=0.0, ge=0)
    """Operations a second, or MB/s, that come with the volume; only what lies beyond is paid."""
    gib_per_unit_hour: float = Field(default=1.0, gt=0)
    """Of a load balancer's unit of capacity: GiB that one carries in an hour."""
    stand_in_for: tuple[str, ...] = ()
    """Regions without a figure of their own for which this one may be used; every such use is noted."""
    note: str = ""
    """What the figure leaves out; shown on the bill."""

    @model_validator(mode="after")
    def _fitting(self) -> Price:
        if self.unit not in _UNITS[self.kind]:
            raise ValueError(f"{self.kind} is priced {' or '.join(_UNITS[self.kind])}, not {self.unit}")
        if (self.size_gib is not None) != (self.kind == "volume" and self.unit == "per_month"):
            raise ValueError("size_gib belongs to a volume priced per_month, and to nothing else")
        if (self.up_to_gib is not None or self.from_gib) and self.kind != "egress":
            raise ValueError("from_gib and up_to_gib belong to egress, and to nothing else")
        if self.up_to_gib is not None and self.up_to_gib <= self.from_gib:
            raise ValueError(f"up_to_gib {self.up_to_gib:g} does not lie beyond from_gib {self.from_gib:g}")
        if self.included and self.kind not in _BY_FAMILY:
            raise ValueError(f"included belongs to {' and '.join(_BY_FAMILY)}, and to nothing else")
        if self.purchase != "on_demand" and self.kind != "instance":
            raise ValueError(f"only an instance has a {self.purchase} price, not {self.kind}")
        return self

    @property
    def usd_per_hour(self) -> float:
        """What an hour costs of what is paid by the hour or by the month."""
        return self.price / MONTH_HOURS if self.unit == "per_month" else self.price

    @property
    def identity(self) -> tuple[str, str, str, str, float | None, float]:
        """What no two figures of a list may share."""
        return (self.kind, self.name, self.region, self.purchase, self.size_gib, self.from_gib)


class Defaults(Model):
    """Which figure of several counts when a manifest does not say (each is a ``name`` of the list)."""

    volume: str | None = None
    """Disk family."""
    load_balancer: str | None = None
    """Load balancer."""
    control_plane: str | None = None
    """Control plane."""
    egress: str | None = None
    """Kind of traffic out."""
    snapshot: str | None = None
    """Snapshots."""
    object_storage: str | None = None
    """Object storage."""
    logs: str | None = None
    """Log service."""


class PriceList(Model):
    """Prices of one provider. Every lookup returns None when the list has no figure."""

    name: str = Field(min_length=1)
    """Of the provider."""
    description: str = ""
    """What the list is of."""
    currency: Literal["USD"]
    """The bill is in US dollars; convert other currencies and say so in ``source``."""
    defaults: Defaults = Defaults()
    """Which figure counts when a manifest does not say."""
    storage_classes: dict[str, str] = Field(default_factory=dict)
    """Kubernetes storage class to disk family."""
    disk_sizes: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Disk family to all sizes (GiB) that are sold, priced here or not. Without it the priced sizes are all."""
    prices: tuple[Price, ...] = ()
    """The figures."""

    def instance(
        self, instance_type: str, region: str | None, *, spot: bool = False, purchase: Purchase = "on_demand"
    ) -> Price | None:
        """Return the price of a machine; a spot or a reserved machine has its own or none."""
        return self._first("instance", instance_type, region, purchase="spot" if spot else purchase)

    def disk_family(self, storage_class: str) -> str | None:
        """Return the disk family behind a storage class; an unknown or empty class takes the default one."""
        return self.storage_classes.get(storage_class, self.defaults.volume)

    def volume(self, family: str, region: str | None, size_gib: float) -> Price | None:
        """Return the price of a disk: by GiB, or of the smallest size sold that holds it.

        A size that is sold but has no price here has none: the next larger one is not what would be paid.
        """
        found = self._in_region("volume", family, region)
        by_size = {price.size_gib: price for price in found}
        sold = self.disk_sizes.get(family) or [size for size in by_size if size is not None]
        fitting = min((size for size in sold if size >= size_gib), default=None)
        return by_size.get(fitting)

    def volume_extra(
        self, kind: Literal["volume_iops", "volume_throughput"], family: str, region: str | None
    ) -> Price | None:
        """Return what more operations a second, or more MB/s, cost of a disk family."""
        return self._first(kind, family, region)

    def load_balancer(self, region: str | None, name: str | None = None) -> Price | None:
        """Return the price of one load balancer."""
        return self._first("load_balancer", name or self.defaults.load_balancer, region)

    def control_plane(self, region: str | None, name: str | None = None) -> Price | None:
        """Return the price of one managed control plane."""
        return self._first("control_plane", name or self.defaults.control_plane, region)

    def load_balancer_use(
        self, kind: Literal["load_balancer_data", "load_balancer_capacity"], region: str | None, name: str | None = None
    ) -> Price | None:
        """Return what goes through a load balancer costs: by GiB, or by hours of a unit of capacity."""
        return self._first(kind, name or self.defaults.load_balancer, region)

    def egress(self, region: str | None, name: str | None = None) -> Price | None:
        """Return the price of the first GiB of a month that is sent out."""
        return next((price for price in self.egress_tiers(region, name) if not price.from_gib), None)

    def egress_tiers(self, region: str | None, name: str | None = None) -> tuple[Price, ...]:
        """Return the prices of a GiB sent out, in the order of the amounts in a month that they hold for."""
        found = self._in_region("egress", name or self.defaults.egress, region)
        return tuple(sorted(found, key=lambda price: price.from_gib))

    def snapshot(self, region: str | None) -> Price | None:
        """Return the price of a GiB-month of snapshots."""
        return self._first("snapshot", self.defaults.snapshot, region)

    def object_storage(self, region: str | None) -> Price | None:
        """Return the price of a GiB-month in a bucket, where file-system backups lie."""
        return self._first("object_storage", self.defaults.object_storage, region)

    def logs(self, region: str | None) -> Price | None:
        """Return the price of a GiB of logs taken in."""
        return self._first("logs", self.defaults.logs, region)

    def _first(self, kind: Kind, name: str | None, region: str | None, purchase: str = "on_demand") -> Price | None:
        return next((p for p in self._in_region(kind, name, region) if p.purchase == purchase), None)

    def _in_region(self, kind: Kind, name: str | None, region: str | None) -> list[Price]:
        """Return the figures of the region itself, else its stand-ins, else those that name no region.

        Without a name there must be one name only: with several, nothing says which is meant.
        """
        known = [price for price in self.prices if price.kind == kind and name in (None, price.name)]
        own = [price for price in known if region is not None and price.region == region]
        found = own or [p for p in known if region in p.stand_in_for] or [p for p in known if p.region == ANY_REGION]
        return found if len({price.name for price in found}) == 1 else []


def is_stale(as_of: str, on: date) -> bool:
    """Tell whether a figure of a day is too old to be quoted on another, or is of no known day.

    Parameters
    ----------
    as_of
        Day of the figure, ``unknown``, or empty where there is no figure.
    on
        Day that it is quoted for.
    """
    if not as_of:
        return False
    return as_of == "unknown" or (on - date.fromisoformat(as_of)).days > MAX_AGE_DAYS
