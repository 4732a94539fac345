"""Karpenter's NodePools, as far as capacity and cost depend on them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fvcapacity.scenario.base import Basis, Bytes, Cores, DurationNs, Model

CapacityType = Literal["on-demand", "spot"]


class InstanceType(Model):
    """A kind of machine that may be bought."""

    name: str = Field(min_length=1)
    cpu: Cores = Field(gt=0)
    memory: Bytes = Field(gt=0)
    allocatable_cpu: Cores = Field(gt=0)
    allocatable_memory: Bytes = Field(gt=0)
    allocatable_others: dict[str, Bytes] = Field(default_factory=dict)
    """Further resources by name, such as ``nvidia.com/gpu: 1``. Without ``ephemeral-storage`` there is enough of it."""
    max_pods: int = Field(default=110, ge=1)
    zones: tuple[str, ...] = ("zone-1",)
    capacity_types: tuple[CapacityType, ...] = ("on-demand",)
    usd_per_hour: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """On demand. None: what the price list says."""
    spot_usd_per_hour: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """None: what the price list says."""
    labels: dict[str, str] = Field(default_factory=dict)


class Limits(Model):
    """What all machines of a NodePool may have together."""

    cpu: Cores | None = Field(default=None, gt=0)
    memory: Bytes | None = Field(default=None, gt=0)


class KarpenterPool(Model):
    """A NodePool: which machines may be bought, and when they go again."""

    instance_types: tuple[InstanceType, ...] = Field(min_length=1)
    weight: int = Field(default=0, ge=0, le=100)
    """The pool with the largest weight is tried first."""
    limits: Limits = Limits()
    labels: dict[str, str] = Field(default_factory=dict)
    taints: tuple[dict[str, str], ...] = ()
    consolidation: Literal["WhenEmpty", "WhenEmptyOrUnderutilized"] = "WhenEmptyOrUnderutilized"
    consolidate_after: DurationNs | Literal["Never"] = 0
    """Since the last pod came or went."""
    budget: int | str = "10%"
    """How many nodes may be disrupted at once: a number or a percentage, rounded up."""
    boot: DurationNs = 60_000_000_000
    """From the decision to a Ready node."""
    basis: Basis | None = None
    source: str = ""


class Karpenter(Model):
    """Karpenter and its NodePools. It runs on the nodes of the scenario's own pools, which it leaves alone."""

    node_pools: dict[str, KarpenterPool] = Field(min_length=1)
    batch_idle: DurationNs = Field(default=1_000_000_000, gt=0)
    """Pods without a place are waited for until none has come for so long..."""
    batch_max: DurationNs = Field(default=10_000_000_000, gt=0)
    """... but no longer than this (``BATCH_IDLE_DURATION``, ``BATCH_MAX_DURATION``)."""
