"""What breaks while a scenario runs: when, where, and for how long."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fvcapacity.scenario.base import Basis, DurationNs, Model


class _Fault(Model):
    """Strikes once (``at``) or again and again (``every``)."""

    at: datetime | None = None
    """Local time of the scenario's time zone, unless it carries an offset."""
    every: DurationNs | None = Field(default=None, gt=0)
    """Mean time between two of them, whose distances are exponential; drawn from the scenario's seed."""
    basis: Basis | None = None
    source: str = ""

    @model_validator(mode="after")
    def _once_or_often(self) -> _Fault:
        if (self.at is None) == (self.every is None):
            raise ValueError("a fault needs exactly one of at (once) and every (the mean time between two)")
        return self


class PodKill(_Fault):
    """A pod is deleted without a grace period, as by ``kubectl delete pod --grace-period=0 --force``."""

    kind: Literal["pod-kill"]
    workload: str | None = None
    """``deployment/api-gateway``; None: any pod but those of DaemonSets. Which one is drawn."""


class NodeLoss(_Fault):
    """A machine stops without a word."""

    kind: Literal["node-loss"]
    node: str | None = None
    """Name of the node, such as ``general-2``; None: drawn from the ready ones."""
    pool: str | None = None
    """Draw from this pool alone."""
    duration: DurationNs | None = Field(default=None, gt=0)
    """The machine is back after so long, with its disk. None: it never comes back, and the cloud knows it no more."""
    replace: bool = True
    """The pool keeps its size: a machine is ordered for the one that was lost, as AWS Auto Scaling groups and Google's
    instance groups do. False: only the autoscaler brings machines, for pods without a place (Azure's scale sets)."""


class ZoneLoss(_Fault):
    """All machines of a zone stop, and none can be started there."""

    kind: Literal["zone-loss"]
    zone: str | None = None
    """None: drawn from those that have ready nodes."""
    duration: DurationNs | None = Field(default=None, gt=0)
    """None: until the end of the run."""


class _Lasting(_Fault):
    duration: DurationNs = Field(gt=0)
    """How long it lasts."""


class SlowDown(_Lasting):
    """A service needs more CPU for everything (a bad query plan, a cold cache, a neighbour)."""

    kind: Literal["slow-down"]
    service: str
    """Which one, by its name in the topology."""
    factor: float = Field(gt=0, le=1000, allow_inf_nan=False)
    """On the CPU demand of every operation of the service that begins meanwhile."""


class FailOver(_Lasting):
    """A service has no endpoint while its replacement takes over; open requests end as they would."""

    kind: Literal["fail-over"]
    service: str
    """Which one, by its name in the topology."""


class SaturatedVolume(_Lasting):
    """The volumes of a service give fewer operations a second."""

    kind: Literal["saturated-volume"]
    service: str
    """Which one, by its name in the topology."""
    iops_percent: float = Field(gt=0, le=100)
    """What is left of the topology's ``disk_iops``."""


class DnsLatency(_Lasting):
    """Names are slow to find: calls between services are sent later. Requests of users do not ask the cluster."""

    kind: Literal["dns-latency"]
    add: DurationNs = Field(gt=0)
    """What a look-up takes longer."""
    share: float = Field(default=1.0, gt=0, le=1)
    """Of the calls that have to look the name up (no cache, no connection kept alive)."""
    services: tuple[str, ...] = ()
    """Whose calls; none named: all."""


Fault = Annotated[
    PodKill | NodeLoss | ZoneLoss | SlowDown | FailOver | SaturatedVolume | DnsLatency, Field(discriminator="kind")
]
