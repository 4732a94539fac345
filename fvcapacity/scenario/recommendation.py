"""What a recommendation may change, and what it has to keep besides the objectives."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from fvcapacity.scenario.base import Bytes, Cores, DurationNs, Model


class Bound(Model):
    """Least and largest value of a field, written as its path takes them (``250m``, ``384Mi``, 70)."""

    minimum: str | int | float | None = None
    """None: no least value."""
    maximum: str | int | float | None = None
    """None: no largest value."""


class Policy(Model):
    """How ``fvcap recommend`` is to choose. Paths may be patterns: ``deployment/postgres*.limits.*``."""

    pins: tuple[str, ...] = ()
    """Fields that stay as they are."""
    bounds: dict[str, Bound] = Field(default_factory=dict)
    """Path to the values that a field may have."""
    also: tuple[str, ...] = ()
    """Workloads to size besides those that serve requests: ``deployment/grafana``."""
    cover_percent: float = Field(default=95.0, gt=0, le=100)
    """A CPU request that is lowered covers what is used in this share of a month's container-minutes."""
    least_cpu: Cores = Field(default=0.01, gt=0)
    """No container that is sized requests less CPU, nor less memory; KRR's own minimum is 10m too."""
    least_memory: Bytes = Field(default=16 * 2**20, gt=0)
    """No container that is sized requests less."""
    memory_margin_percent: float = Field(default=15.0, ge=0)
    """A memory request that is lowered keeps this above the largest working set."""
    cpu_limits: bool = True
    """False: containers get no CPU limit."""
    objective_margin_percent: float = Field(default=10.0, ge=0, lt=100)
    """The search keeps so much below the objectives, for customers whom it has not seen; the proof does not."""
    limit_margin_percent: float = Field(default=25.0, ge=0)
    """A limit that had to be raised stays this far above the least that holds: it reserves nothing."""
    throttled_percent: float | None = Field(default=None, ge=0, le=100)
    """Most CFS periods of a service that may be throttled; without a value as many as the objectives bear."""
    headroom: Literal["none", "node", "zone"] = "node"
    """What may be lost: its pods find a place on what stays, of the machines at rest and of the largest pools later."""
    surge: bool = True
    """Whether the largest pools must have room for a roll-out of each workload at the peak."""
    redundancy: bool = True
    """What has two pods or more keeps two, so that the loss of one is not the loss of all."""
    instances: str | None = None
    """List of instance types that machines may be chosen from (``data/instances``); None: today's pools alone."""
    burstable: bool = False
    """Whether types may be chosen whose CPU is their own for a while only. A replay knows nothing of their credits."""
    spot_percent: float = Field(default=0.0, ge=0, le=100)
    """Most of the CPU that may be on spot machines."""
    most_pools: int = Field(default=2, ge=1, le=10)
    """Most node pools that a recommendation may have."""
    target_minimum: int = Field(default=50, ge=1)
    """Lowest CPU target in per cent."""
    target_maximum: int = Field(default=90, ge=1)
    """Between these a CPU target in per cent may be moved."""
    quota_margin_percent: float = Field(default=10.0, ge=0)
    """Room that a ResourceQuota leaves beyond everything that may be there at once."""
    least_history: DurationNs = Field(default=3_600_000_000_000, ge=0)
    """So much of the history must have enough requests to be judged; with less nothing is recommended."""
    most_missing_percent: float = Field(default=50.0, ge=0, le=100)
    """Largest share of the history's traffic that may be filled in; with more nothing is recommended."""

    @model_validator(mode="after")
    def _targets_in_order(self) -> Policy:
        if self.target_minimum > self.target_maximum:
            raise ValueError(f"target_minimum {self.target_minimum} is above target_maximum {self.target_maximum}")
        return self
