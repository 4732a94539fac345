"""New versions: what is deployed when, how it comes in, and how it behaves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from fvcapacity.decisions.rollout import SCALE_DOWN_DELAY_NS
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.base import Basis, DurationNs, Model
from fvcapacity.scenario.cluster import Workload
from fvcapacity.units import parse_duration_ns

Strategy = Literal["rolling", "recreate", "blue-green", "canary"]
DEPLOYABLE = ("deployment", "statefulset", "daemonset")
"""Kinds whose pods are replaced when their template changes."""


def _switch(value: Any) -> Any:
    if value == "when-ready" or value == 0:
        return 0
    if not isinstance(value, str):
        raise ValueError("write when-ready, or a time after that, like 5m")
    return parse_duration_ns(value)


SwitchDelay = Annotated[int, BeforeValidator(_switch, json_schema_input_type=str)]
"""Nanoseconds after readiness, written as a duration or as ``when-ready``."""


class CanaryStep(Model):
    """A share of the traffic for the new version, and how long it stays at it."""

    weight: int = Field(ge=0, le=100)
    """Percent (Argo Rollouts: ``setWeight``)."""
    pause: DurationNs = 0
    """From the moment at which the share takes effect."""


class AbortRule(Model):
    """When a canary is taken back: what its own pods answered since its present share took effect is looked at."""

    error_percent: float | None = Field(default=None, ge=0, le=100)
    """More errors than this are too many."""
    p95_ms: float | None = Field(default=None, gt=0)
    """A 95th percentile above this is too slow (time at the new version's pods, until the answer)."""
    minimum_requests: int = Field(default=50, ge=1)
    """With fewer answers no look says anything."""
    interval: DurationNs = Field(default=60_000_000_000, gt=0)
    """Time between two looks; there is one more at the end of each step."""
    failure_limit: int = Field(default=0, ge=0)
    """Failed looks that are forgiven (Argo Rollouts: ``failureLimit``)."""

    @model_validator(mode="after")
    def _says_something(self) -> AbortRule:
        if self.error_percent is None and self.p95_ms is None:
            raise ValueError("an abort rule needs error_percent, p95_ms or both")
        return self


class Canary(Model):
    """A canary with a traffic router: the old version keeps its pods until the new one has taken over."""

    steps: tuple[CanaryStep, ...] = Field(min_length=1)
    """Shares of the traffic, one after the other."""
    abort: AbortRule | None = None
    """None: it goes through whatever happens."""
    scale_down_delay: DurationNs = SCALE_DOWN_DELAY_NS
    """From promotion to the end of the old pods, and from an abort to the end of the new ones."""


class BlueGreen(Model):
    """A whole second set of pods; all traffic switches to it at once."""

    switch: SwitchDelay = 0
    """``when-ready``, or a duration after all new pods are available (Argo Rollouts: ``autoPromotionSeconds``)."""
    keep: DurationNs = SCALE_DOWN_DELAY_NS
    """How long the old pods stay after the switch (``scaleDownDelaySeconds``)."""


class Rollout(Model):
    """A new version of a workload: "deploy order-service at 19:00"."""

    deploy: str
    """The workload: ``deployment/order-service``; StatefulSets and DaemonSets as well."""
    at: datetime
    """Local time of the scenario's time zone, unless it carries an offset."""
    patch: str | dict[str, Any] | None = None
    """What changes in the pod template: a file with a strategic-merge patch, or the patch itself (what names the object
    may then be left out). None: nothing but the version."""
    demand: float = Field(default=1.0, ge=0.001, le=1000)
    """The new version's CPU for a request, as a multiple of what the topology says."""
    error_percent: float = Field(default=0.0, ge=0, le=100)
    """So many of the new version's answers are errors of its own."""
    strategy: Strategy | None = None
    """None: as the manifest says."""
    canary: Canary | None = None
    """For ``strategy: canary``."""
    blue_green: BlueGreen | None = None
    """For ``strategy: blue-green``."""
    basis: Basis | None = None
    source: str = ""

    @property
    def behaves_otherwise(self) -> bool:
        """Whether the new version is other software: then its image has to be pulled."""
        return self.demand != 1 or self.error_percent != 0


class NewVersion(Frozen):
    """A roll-out with what it rolls out, worked out by the loader.

    Attributes
    ----------
    rollout
        What the user wrote.
    at_ns
        Instant, in epoch nanoseconds (UTC).
    workload
        The workload as it is from then on.
    revision
        2 for the first new version of a workload.
    template_hash
        Stands in the names of its pods; the same version has the same one in every scenario.
    """

    rollout: Rollout
    at_ns: int
    workload: Workload
    revision: int
    template_hash: str
