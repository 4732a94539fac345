"""What a scenario says of money: prices, currency, volumes, logs, staging, and how costs are told apart."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from fvcapacity.scenario.base import Basis, Bytes, DurationNs, Model

ReportCurrency = Literal["USD", "CLP", "EUR"]

MINOR_DIGITS: dict[str, int] = {"USD": 2, "EUR": 2, "CLP": 0}
"""Decimals of the smallest unit of a currency (ISO 4217)."""


class Rate(Model):
    """What a dollar is worth in another currency, on a day, as somebody said."""

    currency: ReportCurrency
    """Which."""
    per_usd: float = Field(gt=0, allow_inf_nan=False)
    """Units of the currency for one US dollar."""
    as_of: date
    """Of which day the rate is."""
    source: str = Field(min_length=1)
    """Who said so."""


def _one_a_currency(rates: tuple[Rate, ...]) -> tuple[Rate, ...]:
    names = [rate.currency for rate in rates]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"there are two rates of {', '.join(twice)}; keep one")
    return rates


Rates = Annotated[tuple[Rate, ...], AfterValidator(_one_a_currency)]


class RateList(Model):
    """A file of rates."""

    rates: Rates = ()


class VolumeUse(Model):
    """What is known of a volume beyond its claim."""

    used: Bytes | None = Field(default=None, ge=0)
    """What is on it at the start of the window. None: not known; it is then billed at the size of its claim."""
    kept_percent: float = Field(default=100.0, ge=0, le=100)
    """Of what the requests write to it, or log to it: what stays (rows that replace others, compression)."""
    logs: bool = False
    """It takes the log lines of all services, as the volume of an Elasticsearch does."""
    a_day: Bytes = Field(default=0, ge=0)
    """What comes besides, such as a Prometheus' samples."""
    retention: DurationNs | None = Field(default=None, gt=0)
    """What is older goes. None: everything stays."""
    full_percent: float = Field(default=80.0, gt=0, le=100)
    """How full it may be; before it is fuller, it grows."""
    grow_percent: float = Field(default=20.0, gt=0)
    """By how much it grows each time, rounded up to whole GiB."""
    iops: float | None = Field(default=None, gt=0)
    """Operations a second that are provisioned; None: those that come with it."""
    throughput_mbps: float | None = Field(default=None, gt=0)
    """MB/s that are provisioned; None: those that come with it."""
    basis: Basis | None = None
    source: str = ""


class Staging(Model):
    """A second environment that is paid for beside the simulated one. It is not simulated."""

    manifests: tuple[str, ...] = Field(min_length=1)
    """What runs there: a kustomization, or files. Paths are relative to the scenario's file."""
    pool: str
    """Node pool whose kind of machine it runs on."""
    nodes: int | None = Field(default=None, ge=0)
    """Machines. None: as many as the requests of its pods take, placed as the scheduler places them."""
    hours_a_month: float = Field(default=730.0, gt=0, le=730)
    """For which its machines run. Volumes, load balancers and the control plane cost all of the month."""
    own_control_plane: bool = True
    """A cluster of its own; false: a namespace beside production."""
    basis: Basis | None = None
    source: str = ""


class CostSettings(Model):
    """Which price list counts, in which currency, and what is needed to bill the rest."""

    prices: str
    """File with a price list."""
    region: str | None = None
    """Of the list's prices."""
    currency: ReportCurrency = "USD"
    """In which amounts are shown by `fvcap cost`. Bills are kept in US dollars, the currency of the price lists."""
    rates: Rates = ()
    """What a dollar is worth in other currencies."""
    load_balancer: str | None = None
    """Which of the list's load balancers; None: its default."""
    control_plane: str | None = None
    """Which of the list's control planes; None: its default."""
    volumes: dict[str, VolumeUse] = Field(default_factory=dict)
    """By the claim's name; ``postgres/data`` for the claim template ``data`` of the StatefulSet postgres."""
    logs: Literal["cluster", "managed"] = "cluster"
    """Who keeps log lines: pods and volumes of the cluster, billed as such, or a service that is paid by GiB."""
    staging: Staging | None = None
    """A second environment on the bill."""
    team_label: str = Field(default="team", min_length=1)
    """Label of workloads (or their pods) that says whose they are."""
    shared_namespaces: tuple[str, ...] = ("kube-system",)
    """Namespaces that work for everybody: their costs stand in rows of their own."""
    orders: str | None = None
    """Route whose served requests are orders; costs are then told by order as well."""
