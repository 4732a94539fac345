"""What a recommendation may change, and what it has to keep besides the objectives."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from fvcapacity.scenario.base import DurationNs, Model


class Bound(Model):
    """Least and largest value of a field, written as its path takes them (``250m``, ``384Mi``, 70)."""

    minimum: str | int | float | None = None
    maximum: str | int | float | None = None


class Policy(Model):
    """How ``fvcap recommend`` is to choose. Paths may be patterns: ``deployment/postgres*.limits.*``."""

    pins: tuple[str, ...] = ()
    """Fields that stay as they are."""
    bounds: dict[str, Bound] = Field(default_factory=dict)
    """Path to the values that a field may have."""
    cover_percent: float = Field(default=95.0, gt=0, le=100)
    """A CPU request that is lowered covers what is used in this share of the container-minutes."""
    memory_margin_percent: float = Field(default=15.0, ge=0)
    """A memory request that is lowered keeps this above the largest working set."""
    cpu_limits: bool = True
    """False: containers get no CPU limit."""
    throttled_percent: float | None = Field(default=None, ge=0, le=100)
    """Most CFS periods of a service that may be throttled; without a value as many as the objectives bear."""
    headroom: Literal["none", "node", "zone"] = "node"
    """What may be lost with every pod of the peak still finding a place on the largest pools."""
    surge: bool = True
    """Whether the largest pools must have room for a roll-out of each workload at the peak."""
    target_minimum: int = Field(default=50, ge=1)
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
