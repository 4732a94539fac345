"""When an alert is pending, when it fires, and when it is over: the states of one alerting rule.

Source: ``AlertingRule.Eval`` of ``rules/alerting.go`` (Prometheus 2.42). An alert is identified by its
labels. At every evaluation of its group the expression gives a vector; an element that is new becomes pending, and
fires at the first evaluation that is ``for`` or more after that one, which with ``for: 0s`` is the same. One missing
evaluation ends what is pending. What fires ends as well, or only once the expression has given nothing for
``keep_firing_for``. Values and their signs mean nothing: an element with the value 0 or NaN is there.

Times are nanoseconds, labels sorted pairs of name and value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from fvcapacity.frozen import Frozen, replace

Labels = tuple[tuple[str, str], ...]
AlertState = Literal["inactive", "pending", "firing"]


class AlertRule(Frozen):
    """What of an alerting rule its states depend on.

    ``limit`` is that of the group: with more alerts at one evaluation than this, all of them are lost; 0 is no limit.
    """

    hold_ns: int = 0
    keep_firing_ns: int = 0
    limit: int = 0


class Alert(Frozen):
    """An alert that is pending or fires."""

    state: AlertState
    active_at_ns: int
    value: float
    fired_at_ns: int | None = None
    keep_firing_since_ns: int | None = None


def next_alert(alert: Alert | None, value: float | None, now_ns: int, rule: AlertRule) -> tuple[Alert | None, str]:
    """Return what becomes of one alert at an evaluation, and why.

    Parameters
    ----------
    alert
        What it was after the evaluation before; None when it was inactive.
    value
        Its element of the expression's vector; None when there is none.
    now_ns
        Time of this evaluation.

    Returns
    -------
    tuple
        The alert, None when it is inactive, and the reason.
    """
    if value is None:
        return _without_element(alert, now_ns, rule)
    if alert is None:
        alert, reason = Alert("pending", now_ns, value), "ConditionMet"
    else:
        alert, reason = replace(alert, value=value, keep_firing_since_ns=None), "ConditionStillMet"
    if alert.state == "pending" and now_ns - alert.active_at_ns >= rule.hold_ns:
        return replace(alert, state="firing", fired_at_ns=now_ns), "ForElapsed"
    return alert, reason


def _without_element(alert: Alert | None, now_ns: int, rule: AlertRule) -> tuple[Alert | None, str]:
    if alert is None:
        return None, "ConditionNotMet"
    if alert.state == "pending":
        return None, "ClearedBeforeFor"
    if rule.keep_firing_ns:
        since = now_ns if alert.keep_firing_since_ns is None else alert.keep_firing_since_ns
        if now_ns - since < rule.keep_firing_ns:
            return replace(alert, keep_firing_since_ns=since), "KeepFiringFor"
    return None, "Resolved"


def next_alerts(
    active: Mapping[Labels, Alert], vector: Mapping[Labels, float], now_ns: int, rule: AlertRule
) -> tuple[dict[Labels, Alert], dict[Labels, str]]:
    """Return the alerts of a rule after an evaluation, and a reason for each that was or is active.

    Parameters
    ----------
    active
        The alerts after the evaluation before.
    vector
        What the expression gives now, by the labels of the alert (the rule's own labels among them).
    """
    after: dict[Labels, Alert] = {}
    reasons: dict[Labels, str] = {}
    for labels in dict.fromkeys([*active, *vector]):
        alert, reasons[labels] = next_alert(active.get(labels), vector.get(labels), now_ns, rule)
        if alert is not None:
            after[labels] = alert
    if rule.limit and len(after) > rule.limit:
        return {}, dict.fromkeys(reasons, "LimitExceeded")
    return after, reasons


class AlertPeriod(Frozen):
    """One time that an alert was active.

    Attributes
    ----------
    active_at_ns
        First evaluation that met the condition.
    fired_at_ns
        First evaluation at which it fired; None when it never did.
    ended_at_ns
        First evaluation at which it was inactive again; None when it was active at the last one.
    value
        What the expression gave when it fired, or when it was first pending.
    reason
        Why it ended, or its last reason.
    """

    labels: Labels
    active_at_ns: int
    fired_at_ns: int | None
    ended_at_ns: int | None
    value: float
    reason: str


def alert_periods(
    evaluations: Iterable[tuple[int, Mapping[Labels, float] | None]], rule: AlertRule
) -> list[AlertPeriod]:
    """Return every time that an alert of the rule was active, in the order of their beginnings.

    Parameters
    ----------
    evaluations
        Time and vector of every evaluation, in order. None stands for one that failed: it changes nothing.
    """
    active: dict[Labels, Alert] = {}
    values: dict[Labels, float] = {}
    reasons: dict[Labels, str] = {}
    periods: list[AlertPeriod] = []

    def over(labels: Labels, ended_ns: int | None, reason: str) -> None:
        alert = active[labels]
        periods.append(AlertPeriod(labels, alert.active_at_ns, alert.fired_at_ns, ended_ns, values.pop(labels), reason))

    for now_ns, vector in evaluations:
        if vector is None:
            continue
        after, reasons = next_alerts(active, vector, now_ns, rule)
        for labels in active:
            if labels not in after:
                over(labels, now_ns, reasons[labels])
        for labels, alert in after.items():
            if labels not in active or reasons[labels] == "ForElapsed":
                values[labels] = alert.value
        active = after
    for labels in active:
        over(labels, None, reasons[labels])
    return sorted(periods, key=lambda period: (period.active_at_ns, period.labels))
