"""One sync of an HPA object (``reconcileAutoscaler`` in ``horizontal.go``)."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from fvcapacity.decisions.hpa.limits import (
    Behavior,
    ScaleEvent,
    behavior_rate,
    legacy_limits,
    store_scale_event,
)
from fvcapacity.decisions.hpa.metrics import MetricReading, MetricSpec, PodList, ReadinessRule, Tolerance
from fvcapacity.decisions.hpa.replicas import Evaluation, ReplicaProposal, propose
from fvcapacity.decisions.hpa.stabilization import (
    Recommendation,
    Recommendations,
    stabilize_behavior,
    stabilize_legacy,
)
from fvcapacity.frozen import Frozen, field

Condition = tuple[str, str]
"""Status ("True" or "False") and reason."""

_FAILED = {
    "Resource": "FailedGetResourceMetric",
    "ContainerResource": "FailedGetContainerResourceMetric",
    "Pods": "FailedGetPodsMetric",
    "Object": "FailedGetObjectMetric",
    "External": "FailedGetExternalMetric",
}


class HpaSettings(Frozen):
    """Flags and gates of the controller manager."""

    tolerance: float = 0.1
    downscale_window_s: int = 300
    readiness: ReadinessRule = field(default_factory=ReadinessRule)
    scale_to_zero: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class HpaSpec:
    """What an HPA object says; ``behavior`` (defaulted) is None for the legacy path."""

    minimum: int
    maximum: int
    metrics: tuple[MetricSpec, ...]
    behavior: Behavior | None = None
    settings: HpaSettings = dataclasses.field(default_factory=HpaSettings)
    tolerance: Tolerance = dataclasses.field(init=False)
    """Tolerances in force: the behaviour's own, else the controller's."""

    def __post_init__(self) -> None:
        """Settle what every sync asks for."""
        own = self.behavior
        down = own.down.tolerance if own else None
        up = own.up.tolerance if own else None
        default = self.settings.tolerance
        tolerance = Tolerance(default if down is None else down, default if up is None else up)
        object.__setattr__(self, "tolerance", tolerance)


Conditions = dict[str, Condition]
"""By type. A sync copies them once, and changes its own copy."""


class HpaState(NamedTuple):
    """What the controller remembers of an HPA between syncs."""

    recommendations: Recommendations | None = None
    up_events: tuple[ScaleEvent, ...] = ()
    down_events: tuple[ScaleEvent, ...] = ()
    conditions: Conditions = {}  # noqa: RUF012 - nobody changes it


class Observed(NamedTuple):
    """What a sync sees: the scale subresource, the pods, and an answer for each metric of the spec."""

    now_ns: int
    spec_replicas: int
    status_replicas: int
    pods: PodList
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
    history = state.recommendations
    if history is None:
        history = (Recommendation(seen.now_ns, current),)
    conditions = {**state.conditions, "AbleToScale": ("True", "SucceededGetScale")}
    state = HpaState(history, state.up_events, state.down_events, conditions)
    if current == 0 and not _may_leave_zero(spec, state):
        conditions["ScalingActive"] = ("False", "ScalingDisabled")
        return SyncResult(0, False, None, None, False, state)
    if current > spec.maximum:
        return SyncResult(spec.maximum, True, None, None, False, _rescaled(spec, state, seen, spec.maximum))
    if 0 < current < spec.minimum:
        return SyncResult(spec.minimum, True, None, None, False, _rescaled(spec, state, seen, spec.minimum))
    return _by_metrics(spec, state, seen)


def _by_metrics(spec: HpaSpec, state: HpaState, seen: Observed) -> SyncResult:
    current, conditions = seen.spec_replicas, state.conditions
    at = Evaluation(
        seen.now_ns,
        seen.pods,
        current,
        seen.status_replicas,
        spec.tolerance,
        spec.settings.readiness,
    )
    answers = tuple([propose(metric, reading, at) for metric, reading in zip(spec.metrics, seen.readings, strict=True)])
    proposal, leading, failing = 0, None, None
    for i, answer in enumerate(answers):
        if answer.error is not None:
            failing = i if failing is None else failing
        elif leading is None or answer.replicas > proposal:
            proposal, leading = answer.replicas, i
    failed = failing is not None
    if leading is None or (failed and proposal < current):
        kind = "" if failing is None else spec.metrics[failing].type
        conditions["ScalingActive"] = ("False", _FAILED.get(kind, "InvalidMetricSourceType"))
        return SyncResult(current, False, None, None, True, state, answers)
    conditions["ScalingActive"] = ("True", "ValidMetricFound")
    stabilized, replicas, state = normalize(spec, state, current, proposal, seen.now_ns)
    if current == 0:
        replicas = max(replicas, spec.minimum)
    scaled = replicas != current
    if scaled:
        state = _rescaled(spec, state, seen, replicas)
    return SyncResult(replicas, scaled, proposal, stabilized, failed, state, answers, leading)


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
    conditions = {
        **state.conditions,
        "AbleToScale": ("True", able if stabilized != proposal else "ReadyForNewScale"),
        "ScalingLimited": ("False" if limited == stabilized else "True", reason),
    }
    return stabilized, limited, HpaState(history, state.up_events, state.down_events, conditions)


def _rescaled(spec: HpaSpec, state: HpaState, seen: Observed, replicas: int) -> HpaState:
    """Return the memory after a new count was written: condition, scale event and, with the gate, the mark of zero."""
    current = seen.spec_replicas
    conditions = {**state.conditions, "AbleToScale": ("True", "SucceededRescale")}
    if spec.settings.scale_to_zero:
        to_zero = current > 0 and replicas == 0 and spec.minimum == 0 and _has_total_metric(spec)
        conditions["ScaledToZero"] = ("True", "ScaledToZero") if to_zero else ("False", "NotScaledToZero")
    up, down = state.up_events, state.down_events
    if spec.behavior is not None and replicas > current:
        up = store_scale_event(up, replicas - current, spec.behavior.up, seen.now_ns)
    elif spec.behavior is not None:
        down = store_scale_event(down, current - replicas, spec.behavior.down, seen.now_ns)
    return HpaState(state.recommendations, up, down, conditions)


def _may_leave_zero(spec: HpaSpec, state: HpaState) -> bool:
    if not spec.settings.scale_to_zero or state.conditions.get("ScaledToZero", ("", ""))[0] != "True":
        return False
    return spec.minimum != 0 or _has_total_metric(spec)


def _has_total_metric(spec: HpaSpec) -> bool:
    return any(metric.type in ("Object", "External") for metric in spec.metrics)
