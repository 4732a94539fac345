"""Canary and blue/green: what the controller of Argo Rollouts does with two ReplicaSets and a router.

Events carry its reasons. Looks at a canary stand for its AnalysisRuns.
"""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.replicaset import resize, sync_replicas
from fvcapacity.control.rollouts import available, deadline, endpoints_changed, finish_rollout, take_over, wake_up
from fvcapacity.control.state import RolloutRecord, WorkloadRecord
from fvcapacity.decisions.rollout import (
    AbortRule,
    Answers,
    CanaryStep,
    aborts,
    advance_canary,
    measure_fails,
    promotes_blue_green,
)
from fvcapacity.scenario.rollouts import BlueGreen, Canary

P95_SLOW_PERCENT = 5.0
"""The 95th percentile is above a threshold when more than this share took longer."""


def sync_rollout(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> None:
    """Go on with a roll-out: both versions get their pods, and what is due is done."""
    for revision in workload.revisions.values():
        if revision.number not in (rollout.stable, rollout.target):
            resize(cluster, workload, revision, 0)  # a version that was overtaken before it was promoted
        sync_replicas(cluster, workload, revision)
    if rollout.aborted_ns is not None:
        due = _leave(cluster, workload, rollout, rollout.target, rollout.aborted_ns)
    elif rollout.promoted_ns is not None:
        due = _leave(cluster, workload, rollout, rollout.stable, rollout.promoted_ns)
    else:
        _size(cluster, workload, rollout.stable, workload.desired)
        step = _canary if rollout.strategy == "canary" else _blue_green
        due = step(cluster, workload, rollout)
    if workload.rollout is rollout:
        wake_up(cluster, workload, [due, _deadline(cluster, workload, rollout)])


def _canary(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> int | None:
    canary, now = _canary_of(cluster, rollout), cluster.now
    steps = [CanaryStep(step.weight, step.pause) for step in canary.steps]
    pause_over = rollout.since_ns is not None and now >= rollout.since_ns + steps[rollout.step].pause_ns
    if _look_due(rollout, now) or (pause_over and rollout.look_ns is not None):
        _look(cluster, workload, rollout, canary)
        if rollout.aborted_ns is not None:
            return rollout.aborted_ns + canary.scale_down_delay
    there = available(cluster, workload, rollout.target)
    plan, reason = advance_canary(steps, rollout.step, rollout.since_ns, there, workload.desired, now)
    if pause_over:
        _step_completed(cluster, workload, rollout, canary)
    rollout.step, rollout.since_ns = plan.step, plan.since_ns
    _size(cluster, workload, rollout.target, plan.replicas)
    if reason == "Promoted":
        _promote(cluster, workload, rollout, f"Completed all {len(steps)} canary steps")
        return now + canary.scale_down_delay
    if plan.weight != rollout.weight:
        _set_weight(cluster, workload, rollout, plan.weight, canary)
    due = [time for time in (plan.due_ns, rollout.look_ns) if time is not None]
    return min(due, default=None)


def _blue_green(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> int | None:
    settings = _blue_green_of(cluster, rollout)
    _size(cluster, workload, rollout.target, workload.desired)
    there = available(cluster, workload, rollout.target)
    due, reason = promotes_blue_green(there, workload.desired, rollout.ready_since_ns, settings.switch, cluster.now)
    if due is None:
        rollout.ready_since_ns = None
        return None
    if rollout.ready_since_ns is None:
        rollout.ready_since_ns = cluster.now
    if reason == "Promoted":
        _promote(cluster, workload, rollout, f"Switched to {there} pods at once")
        return cluster.now + settings.keep
    return due


# -- weights, promotion, abort -------------------------------------------------------------------------


def _set_weight(
    cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord, weight: int, canary: Canary
) -> None:
    message = f"Traffic weight updated from {rollout.weight} to {weight}"
    cluster.event("Normal", "TrafficWeightUpdated", workload.key, message, workload.key)
    rollout.weight, rollout.weighted_ns = weight, cluster.now
    rollout.counted = _answers(cluster, workload, rollout)
    rollout.look_ns = cluster.now + canary.abort.interval if canary.abort is not None and weight else None
    endpoints_changed(cluster, workload)


def _promote(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord, why: str) -> None:
    revision = workload.revisions[rollout.target]
    rollout.promoted_ns, rollout.active, rollout.weight = cluster.now, rollout.target, 0
    rollout.look_ns = None
    take_over(workload, revision)
    message = f"Rollout completed update to revision {revision.number} ({revision.name}): {why}"
    cluster.event("Normal", "RolloutCompleted", workload.key, message, workload.key)
    endpoints_changed(cluster, workload)


def _abort(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord, why: str) -> None:
    rollout.aborted_ns, rollout.weight, rollout.look_ns = cluster.now, 0, None
    message = f"Rollout aborted update to revision {rollout.target}: {why}"
    cluster.event("Warning", "RolloutAborted", workload.key, message, workload.key)
    endpoints_changed(cluster, workload)


def _leave(
    cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord, leaving: int, since_ns: int
) -> int | None:
    """Keep the pods of the version that lost until routers have learned of it; then they go, and all is over."""
    _size(cluster, workload, workload.current, workload.desired)
    due = since_ns + _delay_ns(cluster, rollout)
    if cluster.now < due:
        return due
    _size(cluster, workload, leaving, 0)
    finish_rollout(cluster, workload)
    return None


def _delay_ns(cluster: Cluster, rollout: RolloutRecord) -> int:
    if rollout.strategy == "canary":
        return _canary_of(cluster, rollout).scale_down_delay
    return _blue_green_of(cluster, rollout).keep


def _size(cluster: Cluster, workload: WorkloadRecord, number: int, replicas: int) -> None:
    revision = workload.revisions[number]
    resize(cluster, workload, revision, replicas)
    sync_replicas(cluster, workload, revision)


def _deadline(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> int | None:
    """Watch the progress deadline while pods of the new version are missing; pauses do not count."""
    target = workload.revisions[rollout.target]
    if available(cluster, workload, target.number) < target.replicas:
        return deadline(cluster, workload, rollout)
    rollout.progressed_ns, rollout.timed_out = cluster.now, False
    return None


# -- looks ---------------------------------------------------------------------------------------------


def _look_due(rollout: RolloutRecord, now_ns: int) -> bool:
    return rollout.look_ns is not None and now_ns >= rollout.look_ns


def _look(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord, canary: Canary) -> None:
    """Judge what the new version answered since its present weight holds."""
    assert canary.abort is not None
    given = canary.abort
    rule = AbortRule(
        given.error_percent,
        None if given.p95_ms is None else P95_SLOW_PERCENT,
        given.minimum_requests,
        given.failure_limit,
    )
    if _look_due(rollout, cluster.now):
        rollout.look_ns = cluster.now + given.interval
    fails, reason = measure_fails(rule, _since_weight(cluster, workload, rollout))
    if not fails:
        return
    rollout.failures += 1
    told = f"{reason} at {rollout.weight} %: {_told(cluster, workload, rollout, canary)}"
    if aborts(rule, rollout.failures):
        limit = f"failed looks ({rollout.failures}) > failureLimit ({rule.failure_limit})"
        _abort(cluster, workload, rollout, f"{told}; {limit}")
    else:
        cluster.event("Warning", "MeasurementFailed", workload.key, told, workload.key)


def _step_completed(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord, canary: Canary) -> None:
    message = f"Rollout step {rollout.step + 1}/{len(canary.steps)} completed (setWeight: {rollout.weight})"
    if canary.abort is not None:
        message += f": {_told(cluster, workload, rollout, canary)}"
    cluster.event("Normal", "RolloutStepCompleted", workload.key, message, workload.key)


def _told(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord, canary: Canary) -> str:
    seen = _since_weight(cluster, workload, rollout)
    text = f"{seen.answered} answers, {_percent(seen.failed, seen.answered)} errors"
    if canary.abort is not None and canary.abort.p95_ms is not None:
        text += f", {_percent(seen.slow, seen.answered)} slower than {canary.abort.p95_ms:g} ms"
    return text


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "no"


def _since_weight(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> Answers:
    return _answers(cluster, workload, rollout) - rollout.counted


def _answers(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> Answers:
    """Return what all pods of the new version have answered so far, those that are gone included."""
    seen = cluster.observe().containers
    total = rollout.gone
    for pod in workload.pods.values():
        if pod.revision == rollout.target:
            if (usage := seen.get(pod.uid)) is not None:
                pod.answers = Answers(usage.answered, usage.failed, usage.slow)
            total += pod.answers
    return total


def _canary_of(cluster: Cluster, rollout: RolloutRecord) -> Canary:
    canary = cluster.scenario.versions[rollout.version].rollout.canary
    assert canary is not None, "checked when the scenario was loaded"
    return canary


def _blue_green_of(cluster: Cluster, rollout: RolloutRecord) -> BlueGreen:
    return cluster.scenario.versions[rollout.version].rollout.blue_green or BlueGreen()
