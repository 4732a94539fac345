"""Whether a change may pass: its cost against the budget, and the objectives that it keeps or breaks.

Pure: a comparison in, checks out. Both sides were replayed on common random numbers (`fvcapacity.study.compare`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from fvcapacity.results.summary import Part
from fvcapacity.study.comparison import Comparison

CheckName = Literal["cost", "p95", "errors", "risks"]
CheckStatus = Literal["kept", "broken", "not judged"]

_WORDS = {"p95": "p95", "errors": "The error ratio"}


class CheckPart(Part):
    """One thing that a change has to keep."""

    check: CheckName
    status: CheckStatus
    sentence: str
    value: float | None = Field(
        default=None,
        description="cost: increase in percent; objectives: percent of windows that fail, of the worst scope",
    )
    limit: float | None = Field(default=None, description="of the same; null without one")


def check_change(
    comparison: Comparison, *, max_cost_increase: float | None = None, enforce: bool = False
) -> list[CheckPart]:
    """Judge the second of two configurations against the first.

    Parameters
    ----------
    comparison
        Of the two, on common random numbers.
    max_cost_increase
        Largest increase of the window's cost that is let pass, as a share (0.05 is 5 %), by the mean of the pairs. What
        cannot be told (no prices, or something that lost its price) is broken, never passed over. None: no limit.
    enforce
        Count every objective that the second misses as broken, also those that the first missed no less.

    Returns
    -------
    list of CheckPart
        The cost, then every objective. An objective breaks where it held before, or where its failing windows have
        grown by more than the share that it allows.
    """
    return [_cost(comparison, max_cost_increase), *_objectives(comparison, enforce)]


def broken(checks: Sequence[CheckPart]) -> bool:
    """Tell whether any check is broken."""
    return any(check.status == "broken" for check in checks)


def _cost(comparison: Comparison, limit: float | None) -> CheckPart:
    percent = None if limit is None else 100 * limit
    allowed = "; no limit was given" if percent is None else f"; at most {percent:+g} % is let pass"
    part = next((item for item in comparison.summary["differences"] if item["measure"] == "cost"), None)
    lost = _lost_prices(comparison)

    def check(sentence: str, value: float | None = None, *, over: bool = True) -> CheckPart:
        status: CheckStatus = "not judged" if percent is None else "broken" if over else "kept"
        return CheckPart(check="cost", status=status, sentence=sentence + allowed, value=value, limit=percent)

    if part is None or part["difference"]["mean"] is None:
        return check("The cost is not known: not both sides have prices")
    if lost:
        return check(f"The cost cannot be compared: {', '.join(lost)} has a price on one side only")
    before, after, value = part["first"]["mean"], part["second"]["mean"], part["relative_percent"]
    course = f"The window costs {after:,.2f} USD, before {before:,.2f} USD"
    if value is None:
        return check(f"{course}: there is nothing to take a share of", over=after > before)
    return check(f"{course}: {value:+.1f} %{_interval(part)}", value, over=percent is not None and value > percent)


def _interval(part: Mapping[str, Any]) -> str:
    """Return the interval of a paired difference in percent of the first, in brackets; empty without one."""
    low, high, mean = part["difference"]["low_95"], part["difference"]["high_95"], part["first"]["mean"]
    if low is None or high is None or low == high:
        return ""
    return f" (95 % interval {100 * low / mean:+.1f} % to {100 * high / mean:+.1f} %)"


def _lost_prices(comparison: Comparison) -> list[str]:
    """Return what has no price on one side, where the other side has no such line without a price."""
    costs = [result.summary["cost"] for result in (comparison.first, comparison.second)]
    one, two = (set() if cost is None else set(cost["unpriced"]) for cost in costs)
    return sorted(one ^ two)


def _objectives(comparison: Comparison, enforce: bool) -> Iterator[CheckPart]:
    before = {item["objective"]: item for item in comparison.first.summary["verdict"]["objectives"]}
    for item in comparison.second.summary["verdict"]["objectives"]:
        yield _objective(before.get(item["objective"]), item, enforce)


def _objective(before: Mapping[str, Any] | None, after: Mapping[str, Any], enforce: bool) -> CheckPart:
    name, limit = after["objective"], after["allowed_failing_percent"]
    words = f"{_WORDS[name]} below {after['threshold']:g} {after['unit']}"
    value = max((scope["failing_percent"] for scope in after["scopes"]), default=None)
    said: dict[str, Any] = {"check": name, "value": value, "limit": limit}
    if after["status"] == "nothing to judge":
        return CheckPart(status="not judged", sentence=f"{words}: there is nothing to judge", **said)
    if after["status"] == "holds":
        return CheckPart(status="kept", sentence=_sentence(after["reason"]), **said)
    worse = list(_worse(before, after))
    if worse:
        return CheckPart(status="broken", sentence=f"{words} breaks: {'; '.join(worse)}", **said)
    status: CheckStatus = "broken" if enforce else "not judged"
    return CheckPart(status=status, sentence=f"{_sentence(after['reason'])}; it was missed before as well", **said)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") if not text.startswith("p95") else text.rstrip(".")


def _worse(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Iterator[str]:
    """Yield the scopes that were kept before, or fail more often by more than the objective allows."""
    old = {} if before is None else {scope["scope"]: scope for scope in before["scopes"]}
    for scope in after["scopes"]:
        if scope["status"] != "missed":
            continue
        was, now = old.get(scope["scope"]), scope["failing_percent"]
        where = "over all user requests" if scope["scope"] == "all" else f"on {scope['scope']}"
        if was is None or was["status"] != "missed":
            yield f"{where} {now:.1f} % of the windows fail, and it held before"
        elif now > was["failing_percent"] + after["allowed_failing_percent"]:
            yield f"{where} {now:.1f} % of the windows fail, before {was['failing_percent']:.1f} %"
