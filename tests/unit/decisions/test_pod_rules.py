"""Back-off, order of deletion, disruption budgets and HPA tables: one case a line."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.decisions.disruption import allowed_disruptions
from fvcapacity.decisions.hpa.limits import legacy_limits, tolerance_from_quantity
from fvcapacity.decisions.hpa.metrics import Tolerance
from fvcapacity.decisions.pod_lifecycle import (
    BackOff,
    VictimCandidate,
    deletion_order,
    next_backoff,
    restart_delay,
)

S = 10**9


@pytest.mark.parametrize(
    ("memory", "exit_s", "delay_s", "next_s"),
    [
        (None, 5, 0, 10),
        (BackOff(10 * S, 5 * S), 6, 10, 20),
        (BackOff(160 * S, 0), 100, 160, 300),
        (BackOff(300 * S, 0), 100, 300, 300),
        (BackOff(300 * S, 0), 600, 300, 300),
        (BackOff(300 * S, 0), 601, 0, 10),
    ],
    ids=["first", "second", "towards the cap", "at the cap", "10 min are not yet forgotten", "forgotten"],
)
def test_crash_loop_back_off(memory: BackOff | None, exit_s: int, delay_s: int, next_s: int) -> None:
    delay, reason = restart_delay(memory, exit_s * S)
    assert (delay, reason) == (delay_s * S, "CrashLoopBackOff" if delay_s else "")
    assert next_backoff(memory, exit_s * S, exit_s * S + delay).delay_ns == next_s * S


def victim(name: str, **changes: Any) -> VictimCandidate:
    given: dict[str, Any] = {"node": f"n-{name}", "running": True, "ready": True, "ready_since_ns": 1}
    return VictimCandidate(name=name, **{**given, **changes})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (victim("a", node="", running=False, ready=False), victim("b", ready=False)),
        (victim("a", running=False, ready=False), victim("b", ready=False)),
        (victim("a", ready=False), victim("b")),
        (victim("a", deletion_cost=-1), victim("b")),
        (victim("a", ready_since_ns=900 * S), victim("b", ready_since_ns=100 * S)),
        (victim("a", restarts=3), victim("b")),
        (victim("a", created_ns=900 * S), victim("b", created_ns=100 * S)),
        (victim("a", ready_since_ns=101 * S, identity=1), victim("b", ready_since_ns=100 * S, identity=2)),
    ],
    ids=[
        "unassigned",
        "not running",
        "not ready",
        "deletion cost",
        "ready for less time",
        "more restarts",
        "younger",
        "of one age: by identity",
    ],
)
def test_deletion_order(first: VictimCandidate, second: VictimCandidate) -> None:
    assert deletion_order([second, first], 1000 * S) == ["a", "b"]
    assert deletion_order([first, second], 1000 * S) == ["a", "b"]


def test_pods_that_share_a_node_go_first() -> None:
    pods = [victim("lone"), victim("one", node="n"), victim("two", node="n")]
    assert deletion_order(pods, 1000 * S)[-1] == "lone"


@pytest.mark.parametrize(
    ("minimum", "maximum", "expected", "healthy", "allowed"),
    [
        (1, None, 2, 2, 1),
        (1, None, 1, 1, 0),
        ("50%", None, 3, 3, 1),
        (None, 1, 3, 3, 1),
        (None, 1, 3, 2, 0),
        (None, "30%", 4, 4, 2),
        (None, None, 4, 4, 4),
    ],
)
def test_disruption_budgets(
    minimum: int | str | None, maximum: int | str | None, expected: int, healthy: int, allowed: int
) -> None:
    assert allowed_disruptions(minimum, maximum, expected, healthy)[0] == allowed


@pytest.mark.parametrize(
    ("current", "desired", "result"),
    [
        (1, 9, (4, "ScaleUpLimit")),
        (3, 9, (6, "ScaleUpLimit")),
        (6, 11, (10, "TooManyReplicas")),
        (6, 1, (2, "TooFewReplicas")),
        (6, 5, (5, "DesiredWithinRange")),
    ],
)
def test_legacy_limits(current: int, desired: int, result: tuple[int, str]) -> None:
    assert legacy_limits(current, desired, 2, 10) == result


@pytest.mark.parametrize(("ratio", "within"), [(1.1, True), (0.9, True), (1.1000000001, False), (0.89, False)])
def test_tolerance_is_literal(ratio: float, within: bool) -> None:
    assert Tolerance().within(ratio) is within


@pytest.mark.parametrize(("text", "value"), [("0.3", 0.30000000000000004), ("75m", 0.075), ("0", 0.0), ("0.05", 0.05)])
def test_tolerance_quantities(text: str, value: float) -> None:
    assert tolerance_from_quantity(text) == value


@pytest.mark.parametrize("text", ["", "m", "a", "-1", "1Gi"])
def test_what_is_no_tolerance(text: str) -> None:
    with pytest.raises(ValueError, match="is no tolerance"):
        tolerance_from_quantity(text)
