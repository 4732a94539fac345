"""Sizes of instance types: what a price list does not say and a node pool needs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fvcapacity.scenario.base import Bytes, Cores, Model


class InstanceSize(Model):
    """One instance type as its provider publishes it."""

    name: str = Field(min_length=1)
    """As the price list names it."""
    cpu: Cores = Field(gt=0)
    """Of one machine."""
    memory: Bytes = Field(gt=0)
    """Of one machine."""
    max_pods: int = Field(default=110, ge=1)
    """Pods that the provider's network allows on it."""
    burstable: bool = False
    """Its CPU is its own for a while only (credits); what it may use for long is less than ``cpu``."""
    architecture: Literal["amd64", "arm64"] = "amd64"
    """Of its processor."""
    source: str = Field(min_length=1)
    """Where that stands."""


class InstanceList(Model):
    """Instance types of one provider. What is absent is not known, and no size is ever guessed."""

    name: str = Field(min_length=1)
    """Of the provider."""
    provider: Literal["aks", "eks", "gke"]
    """Whose rule says what a machine leaves to the pods (``fvcapacity.cost.allocatable``)."""
    instances: tuple[InstanceSize, ...] = ()
    """The types."""

    def size(self, name: str) -> InstanceSize | None:
        """Return the size of a type, or None."""
        return next((item for item in self.instances if item.name == name), None)
