"""When alerts are pending, fire and are over: words of an evaluation each, in order."""

from __future__ import annotations

import pytest

from fvcapacity.decisions.alerts import Alert, AlertPeriod, AlertRule, Labels, alert_periods, next_alert, next_alerts

S = 10**9
STEP_S = 30
A: Labels = (("pod", "a"),)
B: Labels = (("pod", "b"),)


def states(condition: str, rule: AlertRule) -> str:
    """Walk one alert through evaluations ``x`` (met) and ``-`` (not): ``.`` inactive, ``p`` pending, ``F`` firing."""
    alert: Alert | None = None
    seen = ""
    for number, met in enumerate(condition):
        alert, reason = next_alert(alert, 1.0 if met == "x" else None, number * STEP_S * S, rule)
        assert reason
        seen += {"pending": "p", "firing": "F"}[alert.state] if alert else "."
    return seen


@pytest.mark.parametrize(
    ("hold_s", "keep_s", "condition", "expected"),
    [
        (0, 0, "-xx-x-", ".FF.F."),  # without for, it fires at once
        (30, 0, "-xx-x-", ".pF.p."),
        (60, 0, "xxxxx-", "ppFFF."),  # the evaluation that is exactly `for` later fires
        (45, 0, "xxxx", "ppFF"),  # between two evaluations: at the later one
        (60, 0, "xx-xxx", "pp.ppF"),  # one gap, and the time begins anew
        (600, 0, "xxxxxx", "pppppp"),
        (0, 60, "x---x-", "FFF.FF"),  # 60 s of silence are counted from the first evaluation without
        (0, 60, "x--x---", "FFFFFF."),  # met again, and the silence begins anew
        (60, 60, "xxx----", "ppFFF.."),
        (60, 60, "xx-xx-", "pp.pp."),  # what is pending is not kept
        (0, 30, "x--", "FF."),
        (0, 10, "x--", "FF."),
        (60, 90, "xxx-x---x", "ppFFFFFF" + "F"),
        (60, 30, "xxx-xxx", "ppFFFFF"),  # still firing: it need not wait again
    ],
)
def test_states(hold_s: int, keep_s: int, condition: str, expected: str) -> None:
    assert states(condition, AlertRule(hold_s * S, keep_s * S)) == expected


def test_the_value_is_no_matter_and_is_kept() -> None:
    alert, reason = next_alert(None, 0.0, 0, AlertRule(hold_ns=S))
    assert (alert, reason) == (Alert("pending", 0, 0.0), "ConditionMet")
    alert, reason = next_alert(alert, float("-inf"), S, AlertRule(hold_ns=S))
    assert (alert, reason) == (Alert("firing", 0, float("-inf"), fired_at_ns=S), "ForElapsed")


@pytest.mark.parametrize(
    ("alert", "value", "reason"),
    [
        (None, None, "ConditionNotMet"),
        (Alert("pending", 0, 1.0), None, "ClearedBeforeFor"),
        (Alert("pending", 0, 1.0), 2.0, "ConditionStillMet"),
        (Alert("firing", 0, 1.0, 0), 2.0, "ConditionStillMet"),
        (Alert("firing", 0, 1.0, 0), None, "KeepFiringFor"),
        (Alert("firing", 0, 1.0, 0, keep_firing_since_ns=-60 * S), None, "Resolved"),
    ],
)
def test_reasons(alert: Alert | None, value: float | None, reason: str) -> None:
    assert next_alert(alert, value, S, AlertRule(hold_ns=5 * S, keep_firing_ns=60 * S))[1] == reason


def test_alerts_do_not_know_each_other() -> None:
    rule = AlertRule(hold_ns=30 * S)
    first, _ = next_alerts({}, {A: 1.0}, 0, rule)
    second, reasons = next_alerts(first, {A: 1.0, B: 3.0}, 30 * S, rule)
    assert {labels: alert.state for labels, alert in second.items()} == {A: "firing", B: "pending"}
    assert reasons == {A: "ForElapsed", B: "ConditionMet"}


def test_more_alerts_than_the_limit_are_none() -> None:
    rule = AlertRule(limit=1)
    first, _ = next_alerts({}, {A: 1.0}, 0, rule)
    assert list(first) == [A]
    second, reasons = next_alerts(first, {A: 1.0, B: 1.0}, 30 * S, rule)
    assert second == {}
    assert set(reasons.values()) == {"LimitExceeded"}


def test_periods() -> None:
    rule = AlertRule(hold_ns=60 * S)
    condition = {A: "xxxx--xx", B: "-xx-xxxx"}
    vectors = [
        (number * STEP_S * S, {labels: float(number) for labels, word in condition.items() if word[number] == "x"})
        for number in range(8)
    ]
    assert alert_periods(vectors, rule) == [
        AlertPeriod(A, 0, 60 * S, 120 * S, 2.0, "Resolved"),
        AlertPeriod(B, 30 * S, None, 90 * S, 1.0, "ClearedBeforeFor"),
        AlertPeriod(B, 120 * S, 180 * S, None, 6.0, "ConditionStillMet"),
        AlertPeriod(A, 180 * S, None, None, 6.0, "ConditionStillMet"),
    ]


def test_a_failed_evaluation_changes_nothing() -> None:
    vectors = [(0, {A: 1.0}), (30 * S, None), (60 * S, {A: 1.0})]
    assert alert_periods(vectors, AlertRule(hold_ns=60 * S)) == [AlertPeriod(A, 0, 60 * S, None, 1.0, "ForElapsed")]
    gap = [(0, {A: 1.0}), (30 * S, {}), (60 * S, {A: 1.0})]
    assert [period.fired_at_ns for period in alert_periods(gap, AlertRule(hold_ns=60 * S))] == [None, None]
