"""Karpenter's NodePools, as far as capacity and cost depend on them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fvcapacity.scenario.base import Basis, Bytes, Cores, DurationNs, Model

CapacityType = Literal["on-demand", "spot"]


class InstanceType(Model):
    """A kind of machine that may be bought."""

    name: str = Field(min_length=1)
    """As the price list names it."""
    cpu: Cores = Field(gt=0)
    """Of one machine."""
    memory: Bytes = Field(gt=0)
    """Of one machine."""
    allocatable_cpu: Cores = Field(gt=0)
    """What the kubelet leaves to pods."""
    allocatable_memory: Bytes = Field(gt=0)
    """What the kubelet leaves to pods."""
    allocatable_others: dict[str, Bytes] = Field(default_factory=dict)
    """Further resources by name, such as ``nvidia.com/gpu: 1``. Without ``ephemeral-storage`` there is enough of it."""
    max_pods: int = Field(default=110, ge=1)
    """Pods that one machine takes."""
    zones: tuple[str, ...] = ("zone-1",)
    """Where it can be had."""
    capacity_types: tuple[CapacityType, ...] = ("on-demand",)
    """How it can be bought."""
    usd_per_hour: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """On demand. None: what the price list says."""
    spot_usd_per_hour: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """None: what the price list says."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Of every such machine, besides the well-known ones."""


class Limits(Model):
    """What all machines of a NodePool may have together."""

    cpu: Cores | None = Field(default=None, gt=0)
    """All CPU; None: no limit."""
    memory: Bytes | None = Field(default=None, gt=0)
    """All memory; None: no limit."""


class KarpenterPool(Model):
    """A NodePool: which machines may be bought, and when they go again."""

    instance_types: tuple[InstanceType, ...] = Field(min_length=1)
    """What may be bought."""
    weight: int = Field(default=0, ge=0, le=100)
    """The pool with the largest weight is tried first."""
    limits: Limits = Limits()
    """What all of its machines may have together."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Of every machine."""
    taints: tuple[dict[str, str], ...] = ()
    """Of every machine: ``{key, value, effect}``."""
    consolidation: Literal["WhenEmpty", "WhenEmptyOrUnderutilized"] = "WhenEmptyOrUnderutilized"
    """When machines go: empty ones alone, or also those whose pods fit elsewhere."""
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
    """By name."""
    batch_idle: DurationNs = Field(default=1_000_000_000, gt=0)
    """Pods without a place are waited for until none has come for so long..."""
    batch_max: DurationNs = Field(default=10_000_000_000, gt=0)
    """... but no longer than this (``BATCH_IDLE_DURATION``, ``BATCH_MAX_DURATION``)."""
