"""What breaks at the gate: the budget, an objective; and what is not held against a change."""

from types import SimpleNamespace

import pytest

from fvcapacity.review.gate import broken, check_change


def cost(first, second, low=None, high=None):
    return {
        "measure": "cost",
        "first": {"mean": first},
        "second": {"mean": second},
        "difference": {"mean": None if None in (first, second) else second - first, "low_95": low, "high_95": high},
        "relative_percent": None if not first or second is None else 100 * (second - first) / first,
    }


def objective(status="holds", **failing):
    scopes = [
        {"scope": name, "status": "missed" if percent > 1 else "holds", "failing_percent": percent}
        for name, percent in failing.items()
    ]
    return {
        "objective": "p95",
        "threshold": 500.0,
        "unit": "ms",
        "allowed_failing_percent": 1.0,
        "status": status,
        "reason": "so it is",
        "scopes": scopes,
    }


def result(objectives, unpriced=()):
    return SimpleNamespace(summary={"verdict": {"objectives": objectives}, "cost": {"unpriced": list(unpriced)}})


def comparison(money=None, before=None, after=None, lost=((), ())):
    sides = [result([item or objective(all=0.0)], names) for item, names in zip((before, after), lost, strict=True)]
    return SimpleNamespace(summary={"differences": [money] if money else []}, first=sides[0], second=sides[1])


@pytest.mark.parametrize(
    ("money", "limit", "status", "words"),
    [
        (cost(100.0, 104.0), 0.05, "kept", "+4.0 %"),
        (cost(100.0, 106.0), 0.05, "broken", "+6.0 %"),
        (cost(100.0, 106.0), None, "not judged", "no limit was given"),
        (cost(100.0, 50.0), 0.0, "kept", "-50.0 %"),
        (cost(100.0, 100.0), 0.0, "kept", "+0.0 %"),
        (cost(100.0, 106.0, low=1.0, high=11.0), 0.05, "broken", "95 % interval +1.0 % to +11.0 %"),
        (cost(0.0, 1.0), 0.05, "broken", "nothing to take a share of"),
        (cost(0.0, 0.0), 0.05, "kept", "nothing to take a share of"),
        (cost(None, 1.0), 0.05, "broken", "not known"),
        (None, 0.05, "broken", "not known"),
        (None, None, "not judged", "not known"),
    ],
)
def test_the_budget(money, limit, status, words):
    check = check_change(comparison(money), max_cost_increase=limit)[0]
    assert (check.check, check.status) == ("cost", status)
    assert words in check.sentence


@pytest.mark.parametrize("lost", [((), ("nodes big",)), (("nodes big",), ())])
def test_what_lost_its_price_is_no_saving(lost):
    check = check_change(comparison(cost(100.0, 10.0), lost=lost), max_cost_increase=0.05)[0]
    assert check.status == "broken"
    assert "nodes big has a price on one side only" in check.sentence


def test_what_has_no_price_on_either_side_is_compared_without():
    check = check_change(comparison(cost(100.0, 101.0), lost=(("a",), ("a",))), max_cost_increase=0.05)[0]
    assert check.status == "kept"


@pytest.mark.parametrize(
    ("before", "after", "enforce", "status"),
    [
        (objective(all=0.0), objective(all=0.5), False, "kept"),
        (objective(all=0.5), objective("missed", all=1.5), False, "broken"),
        (objective("missed", all=5.0), objective("missed", all=5.0), False, "not judged"),
        (objective("missed", all=5.0), objective("missed", all=5.9), False, "not judged"),
        (objective("missed", all=5.0), objective("missed", all=6.1), False, "broken"),
        (objective("missed", all=5.0), objective("missed", all=4.0), False, "not judged"),
        (objective("missed", all=5.0), objective("missed", all=4.0), True, "broken"),
        (objective("missed", all=5.0, cart=0.0), objective("missed", all=5.0, cart=2.0), False, "broken"),
        (objective("missed", all=5.0), objective("missed", all=5.0, new=2.0), False, "broken"),
        (objective(all=0.0), objective("nothing to judge"), False, "not judged"),
        (objective(all=0.0), objective("nothing to judge"), True, "not judged"),
    ],
)
def test_the_objectives(before, after, enforce, status):
    checks = check_change(comparison(cost(1.0, 1.0), before, after), enforce=enforce)
    assert checks[1].status == status
    assert broken(checks) == (status == "broken")


def test_a_break_says_where():
    checks = check_change(comparison(None, objective(all=0.0), objective("missed", cart=12.5)))
    assert "on cart 12.5 % of the windows fail, and it held before" in checks[1].sentence
