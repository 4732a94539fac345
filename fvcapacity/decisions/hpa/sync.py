"""One sync of an HPA object (``reconcileAutoscaler`` in ``horizontal.go``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from fvcapacity.decisions.hpa.limits import (
    Behavior,
    ScaleEvent,
    behavior_rate,
    legacy_limits,
    store_scale_event,
)
from fvcapacity.decisions.hpa.metrics import HpaPod, MetricReading, MetricSpec, ReadinessRule, Tolerance
from fvcapacity.decisions.hpa.replicas import Evaluation, ReplicaProposal, propose
from fvcapacity.decisions.hpa.stabilization import (
    Recommendation,
    Recommendations,
    stabilize_behavior,
    stabilize_legacy,
)

Condition = tuple[str, str]
"""Status ("True" or "False") and reason."""

_FAILED = {
    "Resource": "FailedGetResourceMetric",
    "ContainerResource": "FailedGetContainerResourceMetric",
    "Pods": "FailedGetPodsMetric",
    "Object": "FailedGetObjectMetric",
    "External": "FailedGetExternalMetric",
}


@dataclass(frozen=True, slots=True)
class HpaSettings:
    """Flags and gates of the controller manager."""

    tolerance: float = 0.1
    downscale_window_s: int = 300
    readiness: ReadinessRule = field(default_factory=ReadinessRule)
    scale_to_zero: bool = False


@dataclass(frozen=True, slots=True)
class HpaSpec:
    """What an HPA object says; ``behavior`` (defaulted) is None for the legacy path."""

    minimum: int
    maximum: int
    metrics: tuple[MetricSpec, ...]
    behavior: Behavior | None = None
    settings: HpaSettings = field(default_factory=HpaSettings)

    @property
    def tolerance(self) -> Tolerance:
        """Tolerances in force: the behaviour's own, else the controller's."""
        own = self.behavior
        down = own.down.tolerance if own else None
        up = own.up.tolerance if own else None
        default = self.settings.tolerance
        return Tolerance(default if down is None else down, default if up is None else up)


@dataclass(frozen=True, slots=True)
class HpaState:
    """What the controller remembers of an HPA between syncs."""

    recommendations: Recommendations | None = None
    up_events: tuple[ScaleEvent, ...] = ()
    down_events: tuple[ScaleEvent, ...] = ()
    conditions: Mapping[str, Condition] = field(default_factory=dict)

    def after(self, conditions: Mapping[str, Condition]) -> HpaState:
        """Return the same memory with other conditions."""
        return HpaState(self.recommendations, self.up_events, self.down_events, conditions)


class Observed(NamedTuple):
    """What a sync sees: the scale subresource, the pods, and an answer for each metric of the spec."""

    now_ns: int
    spec_replicas: int
    status_replicas: int
    pods: tuple[HpaPod, ...]
    readings: tuple[MetricReading, ...]


class SyncResult(NamedTuple):
    """The outcome of a sync.

    Attributes
    ----------
    replicas
        ``spec.replicas`` of the target afterwards.
    proposal
        What the metrics asked for; None when that was not computed or failed.
    stabilized
        After stabilization, before limits.
    failed
        The sync reported an error (it may have scaled all the same).
    state
        Memory and conditions for the next sync.
    metrics
        One answer per metric; empty when metrics were not looked at.
    """

    replicas: int
    scaled: bool
    proposal: int | None
    stabilized: int | None
    failed: bool
    state: HpaState
    metrics: tuple[ReplicaProposal, ...] = ()
    leading: int | None = None
    """Which metric asked for most."""


def reconcile(spec: HpaSpec, state: HpaState, seen: Observed) -> SyncResult:
    """Return what one sync does. The reasons stand in ``state.conditions`` of the result."""
    current = seen.spec_replicas
    conditions = {**state.conditions, "AbleToScale": ("True", "SucceededGetScale")}
    history = state.recommendations
    if history is None:
        history = (Recommendation(seen.now_ns, current),)
    state = HpaState(history, state.up_events, state.down_events, conditions)
    if current == 0 and not _may_leave_zero(spec, state):
        conditions["ScalingActive"] = ("False", "ScalingDisabled")
        return SyncResult(0, False, None, None, False, state)
    if current > spec.maximum:
        return _scaled(spec, state, seen, spec.maximum)
    if 0 < current < spec.minimum:
        return _scaled(spec, state, seen, spec.minimum)
    return _by_metrics(spec, state, seen)


def _by_metrics(spec: HpaSpec, state: HpaState, seen: Observed) -> SyncResult:
    current, conditions = seen.spec_replicas, dict(state.conditions)
    at = Evaluation(
        seen.now_ns,
        seen.pods,
        current,
        seen.status_replicas,
        spec.tolerance,
        spec.settings.readiness,
    )
    answers = tuple(propose(metric, reading, at) for metric, reading in zip(spec.metrics, seen.readings, strict=True))
    valid = [answer.replicas for answer in answers if answer.error is None]
    invalid = [i for i, answer in enumerate(answers) if answer.error is not None]
    proposal = max(valid, default=0)
    if (invalid or not answers) and (not valid or proposal < current):
        reason = _FAILED.get(spec.metrics[invalid[0]].type, "InvalidMetricSourceType") if invalid else ""
        conditions["ScalingActive"] = ("False", reason or "InvalidMetricSourceType")
        failed = state.after(conditions)
        return SyncResult(current, False, None, None, True, failed, answers)
    conditions["ScalingActive"] = ("True", "ValidMetricFound")
    state = state.after(conditions)
    proposal_leader = next((i for i, a in enumerate(answers) if a.error is None and a.replicas == proposal), None)
    stabilized, replicas, state = normalize(spec, state, current, proposal, seen.now_ns)
    if current == 0:
        replicas = max(replicas, spec.minimum)
    result = _scaled(spec, state, seen, replicas)
    return result._replace(
        proposal=proposal,
        stabilized=stabilized,
        failed=bool(invalid),
        metrics=answers,
        leading=proposal_leader,
    )


def normalize(spec: HpaSpec, state: HpaState, current: int, proposal: int, now_ns: int) -> tuple[int, int, HpaState]:
    """Return (stabilized, limited, state with the recommendation stored and two conditions set)."""
    history = state.recommendations or ()
    window, behavior = spec.settings.downscale_window_s, spec.behavior
    able = "ScaleDownStabilized"
    if behavior is None:
        stabilized, history = stabilize_legacy(proposal, history, window, now_ns)
        limited, reason = legacy_limits(current, stabilized, spec.minimum, spec.maximum)
    else:
        down = behavior.down.stabilization_window_s
        windows = (behavior.up.stabilization_window_s or 0, window if down is None else down)
        stabilized, able, history = stabilize_behavior(current, proposal, history, windows, now_ns)
        limited, reason = behavior_rate(
            current,
            stabilized,
            (spec.minimum, spec.maximum),
            (state.up_events, state.down_events),
            behavior,
            now_ns,
        )
    conditions = dict(state.conditions)
    conditions["AbleToScale"] = ("True", able if stabilized != proposal else "ReadyForNewScale")
    conditions["ScalingLimited"] = ("False" if limited == stabilized else "True", reason)
    return stabilized, limited, HpaState(history, state.up_events, state.down_events, conditions)


def _scaled(spec: HpaSpec, state: HpaState, seen: Observed, replicas: int) -> SyncResult:
    """Write the new count: condition, scale event and, with the gate, the mark of zero."""
    current = seen.spec_replicas
    if replicas == current:
        return SyncResult(current, False, None, None, False, state)
    conditions = {**state.conditions, "AbleToScale": ("True", "SucceededRescale")}
    if spec.settings.scale_to_zero:
        to_zero = current > 0 and replicas == 0 and spec.minimum == 0 and _has_total_metric(spec)
        conditions["ScaledToZero"] = ("True", "ScaledToZero") if to_zero else ("False", "NotScaledToZero")
    up, down = state.up_events, state.down_events
    if spec.behavior is not None and replicas > current:
        up = store_scale_event(up, replicas - current, spec.behavior.up, seen.now_ns)
    elif spec.behavior is not None:
        down = store_scale_event(down, current - replicas, spec.behavior.down, seen.now_ns)
    state = HpaState(state.recommendations, up, down, conditions)
    return SyncResult(replicas, True, None, None, False, state)


def _may_leave_zero(spec: HpaSpec, state: HpaState) -> bool:
    if not spec.settings.scale_to_zero or state.conditions.get("ScaledToZero", ("", ""))[0] != "True":
        return False
    return spec.minimum != 0 or _has_total_metric(spec)


def _has_total_metric(spec: HpaSpec) -> bool:
    return any(metric.type in ("Object", "External") for metric in spec.metrics)
