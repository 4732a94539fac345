"""A price list: dated figures with their source, and how they are looked up.

What nobody gave a source for is absent, and a lookup then returns None: no price is ever taken as zero, or
from another region unless the list says so with ``stand_in_for``.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from fvcapacity.scenario.base import Model

Kind = Literal["instance", "volume", "load_balancer", "control_plane", "egress", "snapshot", "logs"]
Unit = Literal["per_hour", "per_month", "per_gib_month", "per_gib"]

MONTH_HOURS = 730
"""Hours of a month, as the clouds' own price pages count (365 x 24 / 12)."""
ANY_REGION = "any"
"""Region of a figure that its source states without one, or of machines that stand in one place."""

_UNITS: dict[str, tuple[Unit, ...]] = {
    "instance": ("per_hour", "per_month"),
    "volume": ("per_gib_month", "per_month"),
    "load_balancer": ("per_hour", "per_month"),
    "control_plane": ("per_hour", "per_month"),
    "egress": ("per_gib",),
    "snapshot": ("per_gib_month",),
    "logs": ("per_gib",),
}


class Price(Model):
    """One figure of a price list.

    A volume priced ``per_month`` is a disk of a fixed size: it costs the same however little of ``size_gib``
    is used (Azure's P1, P4...). ``tier`` is then its name.
    """

    kind: Kind
    name: str = Field(min_length=1)
    """Instance type, disk family (gp3, Premium_LRS), or what the provider calls the thing."""
    region: str = Field(min_length=1)
    unit: Unit
    price: float = Field(ge=0, allow_inf_nan=False)
    """US dollars per unit. Zero is a price (a free control plane), not a gap."""
    source: str = Field(min_length=1)
    as_of: date | Literal["unknown"]
    purchase: Literal["on_demand", "spot"] = "on_demand"
    size_gib: float | None = Field(default=None, gt=0)
    tier: str = ""
    up_to_gib: float | None = Field(default=None, gt=0)
    """Egress: GiB that cost this much; what lies beyond has no price. None: all of it."""
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
        if self.up_to_gib is not None and self.kind != "egress":
            raise ValueError("up_to_gib belongs to egress, and to nothing else")
        if self.purchase == "spot" and self.kind != "instance":
            raise ValueError(f"only an instance has a spot price, not {self.kind}")
        return self

    @property
    def usd_per_hour(self) -> float:
        """What an hour costs of what is paid by the hour or by the month."""
        return self.price / MONTH_HOURS if self.unit == "per_month" else self.price

    @property
    def identity(self) -> tuple[str, str, str, str, float | None]:
        """What no two figures of a list may share."""
        return (self.kind, self.name, self.region, self.purchase, self.size_gib)


class Defaults(Model):
    """Which figure of several counts when a manifest does not say (each is a ``name`` of the list)."""

    volume: str | None = None
    load_balancer: str | None = None
    control_plane: str | None = None
    egress: str | None = None
    snapshot: str | None = None
    logs: str | None = None


class PriceList(Model):
    """Prices of one provider. Every lookup returns None when the list has no figure."""

    name: str = Field(min_length=1)
    description: str = ""
    currency: Literal["USD"]
    """The bill is in US dollars; convert other currencies and say so in ``source``."""
    defaults: Defaults = Defaults()
    storage_classes: dict[str, str] = Field(default_factory=dict)
    """Kubernetes storage class to disk family."""
    disk_sizes: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Disk family to all sizes (GiB) that are sold, priced here or not. Without it the priced sizes are all."""
    prices: tuple[Price, ...] = ()

    def instance(self, instance_type: str, region: str | None, *, spot: bool = False) -> Price | None:
        """Return the price of a machine; a spot machine has its own or none."""
        purchase = "spot" if spot else "on_demand"
        return self._first("instance", instance_type, region, purchase=purchase)

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

    def load_balancer(self, region: str | None, name: str | None = None) -> Price | None:
        """Return the price of one load balancer."""
        return self._first("load_balancer", name or self.defaults.load_balancer, region)

    def control_plane(self, region: str | None, name: str | None = None) -> Price | None:
        """Return the price of one managed control plane."""
        return self._first("control_plane", name or self.defaults.control_plane, region)

    def egress(self, region: str | None) -> Price | None:
        """Return the price of a GiB sent to the internet."""
        return self._first("egress", self.defaults.egress, region)

    def snapshot(self, region: str | None) -> Price | None:
        """Return the price of a GiB-month of snapshots."""
        return self._first("snapshot", self.defaults.snapshot, region)

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
