"""How fast an HPA may change the replica count: scaling policies, their events, and the legacy cap."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Literal

from fvcapacity.frozen import Frozen

PolicyType = Literal["Pods", "Percent"]
Select = Literal["Max", "Min", "Disabled"]
NS = 10**9


class Policy(Frozen):
    """At most ``value`` pods or percent within ``period_s``."""

    type: PolicyType
    value: int
    period_s: int


class Rules(Frozen):
    """One direction of a behaviour; None means "not given"."""

    stabilization_window_s: int | None = None
    select_policy: Select | None = None
    policies: tuple[Policy, ...] | None = None
    tolerance: float | None = None


class Behavior(Frozen):
    """Both directions, after defaulting."""

    up: Rules
    down: Rules


class ScaleEvent(Frozen):
    """A change of the replica count that the rate limits remember; ``change`` is positive."""

    time_ns: int
    change: int
    outdated: bool = False


DEFAULT_UP = Rules(0, "Max", (Policy("Pods", 4, 15), Policy("Percent", 100, 15)))
DEFAULT_DOWN = Rules(None, "Max", (Policy("Percent", 100, 15),))
"""``pkg/apis/autoscaling/v2/defaults.go``; the window of scaling down is the controller's own."""


def default_behavior(up: Rules | None, down: Rules | None) -> Behavior:
    """Fill in the API's defaults, field by field; a given policy list replaces the default list."""
    return Behavior(_filled(up, DEFAULT_UP), _filled(down, DEFAULT_DOWN))


def _filled(rules: Rules | None, default: Rules) -> Rules:
    if rules is None:
        return default
    window = rules.stabilization_window_s
    return Rules(
        default.stabilization_window_s if window is None else window,
        rules.select_policy or default.select_policy,
        default.policies if rules.policies is None else rules.policies,
        rules.tolerance,
    )


_PLAIN = re.compile(r"([0-9]*)(?:\.([0-9]*))?(m?)")


def tolerance_from_quantity(text: str) -> float:
    """Return a quantity as the double that the controller gets (``Quantity.AsApproximateFloat64``).

    Its digits as an integer times a power of ten: "0.3" is 3 * 0.1 = 0.30000000000000004.

    Raises
    ------
    ValueError
        When the text is no plain or milli quantity.
    """
    match = _PLAIN.fullmatch(text)
    if match is None or not (match[1] or match[2]):
        raise ValueError(f"{text!r} is no tolerance (like 0.05 or 75m)")
    decimals = match[2] or ""
    exponent = len(decimals) + (3 if match[3] else 0)
    return float(int(match[1] + decimals)) * float(f"1e-{exponent}")


def legacy_limits(current: int, desired: int, minimum: int, maximum: int) -> tuple[int, str]:
    """Return the count and reason without a behaviour: at most double, at least 4 at once."""
    up_limit = max(2 * current, 4)
    cap, reason = (up_limit, "ScaleUpLimit") if maximum > up_limit else (maximum, "TooManyReplicas")
    if desired < minimum:
        return minimum, "TooFewReplicas"
    if desired > cap:
        return cap, reason
    return desired, "DesiredWithinRange"


def scale_up_limit(
    current: int, up: Sequence[ScaleEvent], down: Sequence[ScaleEvent], rules: Rules, now_ns: int
) -> int:
    """Return the largest count that the scale-up policies allow now."""
    limits = []
    for policy in rules.policies or ():
        start = _start_of_period(current, up, down, policy, now_ns)
        if policy.type == "Pods":
            limits.append(start + policy.value)
        else:  # literally in doubles: 100 pods + 10 % are 111, because 1.1 * 100 is just above 110
            limits.append(math.ceil(start * (1 + policy.value / 100)))
    return _selected(limits, rules.select_policy, current, largest=max, smallest=min)


def scale_down_limit(
    current: int, up: Sequence[ScaleEvent], down: Sequence[ScaleEvent], rules: Rules, now_ns: int
) -> int:
    """Return the smallest count that the scale-down policies allow now."""
    limits = []
    for policy in rules.policies or ():
        start = _start_of_period(current, up, down, policy, now_ns)
        if policy.type == "Pods":
            limits.append(start - policy.value)
        else:
            limits.append(math.trunc(start * (1 - policy.value / 100)))
    return _selected(limits, rules.select_policy, current, largest=min, smallest=max)


def behavior_rate(
    current: int,
    desired: int,
    bounds: tuple[int, int],
    events: tuple[Sequence[ScaleEvent], Sequence[ScaleEvent]],
    behavior: Behavior,
    now_ns: int,
) -> tuple[int, str]:
    """Return the count and reason after rate limits and bounds (``convertDesiredReplicasWithBehaviorRate``).

    ``bounds`` are (min, max) replicas, ``events`` the scale-up and the scale-down events.
    """
    minimum, maximum = bounds
    up, down = events
    if desired > current:
        limit = max(current, scale_up_limit(current, up, down, behavior.up, now_ns))
        cap, reason = (limit, "ScaleUpLimit") if maximum > limit else (maximum, "TooManyReplicas")
        return (cap, reason) if desired > cap else (desired, "DesiredWithinRange")
    if desired < current:
        limit = min(current, scale_down_limit(current, up, down, behavior.down, now_ns))
        floor, reason = (limit, "ScaleDownLimit") if minimum < limit else (minimum, "TooFewReplicas")
        return (floor, reason) if desired < floor else (desired, "DesiredWithinRange")
    return desired, "DesiredWithinRange"


def store_scale_event(events: tuple[ScaleEvent, ...], change: int, rules: Rules, now_ns: int) -> tuple[ScaleEvent, ...]:
    """Return the events of one direction with a new one in the place of the last outdated one."""
    longest = max((policy.period_s for policy in rules.policies or ()), default=0) * NS
    kept = [
        ScaleEvent(event.time_ns, event.change, True) if event.time_ns < now_ns - longest else event for event in events
    ]
    slot = max((i for i, event in enumerate(kept) if event.outdated), default=len(kept))
    kept[slot : slot + 1] = [ScaleEvent(now_ns, change)]
    return tuple(kept)


def _start_of_period(
    current: int, up: Sequence[ScaleEvent], down: Sequence[ScaleEvent], policy: Policy, now_ns: int
) -> int:
    since = now_ns - policy.period_s * NS
    added = sum(event.change for event in up if event.time_ns > since)
    removed = sum(event.change for event in down if event.time_ns > since)
    return current - added + removed


def _selected(
    limits: list[int],
    select: Select | None,
    current: int,
    *,
    largest: Callable[..., int],
    smallest: Callable[..., int],
) -> int:
    if select == "Disabled":
        return current
    return (smallest if select == "Min" else largest)(limits, default=current)
