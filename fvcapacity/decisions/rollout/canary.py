"""Canary and blue/green as Argo Rollouts does them with a traffic router (``rollout/canary.go``, ``bluegreen.go``).

The old version keeps all its pods until the new one is promoted, so that an abort moves traffic back at once. The new
version has as many pods as its share of the traffic asks for, and gets that share when they are available.
"""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.frozen import Frozen

SCALE_DOWN_DELAY_NS = 30 * 10**9
"""``scaleDownDelaySeconds`` and ``abortScaleDownDelaySeconds`` by default: routers need time to learn of a switch."""


class CanaryStep(Frozen):
    """A share of the traffic in percent (``setWeight``), and how long it is kept (``pause``)."""

    weight: int
    pause_ns: int


class CanaryPlan(Frozen):
    """Where a canary stands.

    Attributes
    ----------
    step
        Index of the step; one beyond the last: promotion.
    since_ns
        When its share took effect; None while its pods are not there.
    weight
        Percent of the traffic that the new version gets now.
    replicas
        Pods that it is to have.
    due_ns
        When the pause ends; None when pods are waited for, or nothing is.
    """

    step: int
    since_ns: int | None
    weight: int
    replicas: int
    due_ns: int | None = None


def canary_replicas(weight: int, desired: int) -> int:
    """Return the pods of a new version with a share of the traffic (``utils/replicaset/canary.go``): rounded up."""
    return -(-weight * desired // 100)


def advance_canary(
    steps: Sequence[CanaryStep], step: int, since_ns: int | None, available: int, desired: int, now_ns: int
) -> tuple[CanaryPlan, str]:
    """Return where a canary stands at an instant, and why it is not further.

    Parameters
    ----------
    step, since_ns
        Where it stood before (see `CanaryPlan`).
    available
        Pods of the new version that are available.
    desired
        Size of the whole, as the autoscaler wants it.
    """
    while True:
        promoting = step >= len(steps)
        weight = 100 if promoting else steps[step].weight
        replicas = canary_replicas(weight, desired)
        if since_ns is None:
            if available < replicas:
                before = steps[step - 1].weight if step else 0
                return CanaryPlan(step, None, before, replicas), "WaitsForPods"
            since_ns = now_ns
        if promoting:
            return CanaryPlan(step, since_ns, 100, replicas), "Promoted"
        due_ns = since_ns + steps[step].pause_ns
        if now_ns < due_ns:
            return CanaryPlan(step, since_ns, weight, replicas, due_ns), "Paused"
        step, since_ns = step + 1, None


class AbortRule(Frozen):
    """What the new version may not exceed; None: not looked at.

    ``slow_percent`` is of the answers that took longer than a threshold: 5 says that the 95th percentile is above it.
    """

    error_percent: float | None = None
    slow_percent: float | None = None
    minimum_requests: int = 50
    failure_limit: int = 0
    """So many failed looks are forgiven (``failureLimit`` of an AnalysisTemplate's metric)."""


class Answers(Frozen):
    """What the new version answered in a stretch of time: all, those with an error, those that took too long."""

    answered: int = 0
    failed: int = 0
    slow: int = 0

    def __add__(self, other: Answers) -> Answers:
        return Answers(self.answered + other.answered, self.failed + other.failed, self.slow + other.slow)

    def __sub__(self, other: Answers) -> Answers:
        return Answers(self.answered - other.answered, self.failed - other.failed, self.slow - other.slow)


NO_ANSWERS = Answers()


def measure_fails(rule: AbortRule, seen: Answers) -> tuple[bool, str]:
    """Tell whether one look at the new version finds it worse than the rule allows."""
    if seen.answered < max(1, rule.minimum_requests):
        return False, "TooFewRequests"
    if rule.error_percent is not None and 100 * seen.failed > rule.error_percent * seen.answered:
        return True, "ErrorRate"
    if rule.slow_percent is not None and 100 * seen.slow > rule.slow_percent * seen.answered:
        return True, "TooSlow"
    return False, "Successful"


def aborts(rule: AbortRule, failures: int) -> bool:
    """Tell whether so many failed looks end the roll-out (``analysis.go``: more than the limit)."""
    return failures > rule.failure_limit


def promotes_blue_green(
    available: int, desired: int, ready_since_ns: int | None, wait_ns: int, now_ns: int
) -> tuple[int | None, str]:
    """Return when the traffic switches to the new version, or None while its pods are not all available.

    ``ready_since_ns`` is since when they are, None when they were not yet (``autoPromotionSeconds`` counts from there).
    """
    if available < desired:
        return None, "WaitsForPods"
    due_ns = (now_ns if ready_since_ns is None else ready_since_ns) + wait_ns
    return due_ns, "Promoted" if now_ns >= due_ns else "Paused"
