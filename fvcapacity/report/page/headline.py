"""The head of the page: the verdict in plain sentences, and the figures that stand beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from fvcapacity.report.blocks import Key
from fvcapacity.report.page.clock import Clock
from fvcapacity.report.page.diagram import milliseconds
from fvcapacity.report.page.facts import Cause, Facts, Objective
from fvcapacity.report.tongue import NOTHING, Tongue, plain
from fvcapacity.results.route_tables import ALL
from fvcapacity.units import format_cpu

Style = Literal["", "good", "bad"]


def verdict_sentence(facts: Facts, tongue: Tongue) -> str:
    """Return the one sentence that everything else explains."""
    if facts.status == "holds":
        return tongue("v.holds")
    if facts.status != "missed":
        return tongue("v.nothing")
    routes = dict.fromkeys(item.route for objective in facts.objectives for item in objective.missed)
    named = [plain(name, 40) for name in routes if name != ALL]
    if not named or len(named) > 4:
        return tongue("v.missed.all")
    return tongue("v.missed", routes=tongue.listed(named))


def sentences(facts: Facts, clock: Clock, tongue: Tongue) -> tuple[str, ...]:
    """Return what is to be said of each objective."""
    said = []
    for objective in facts.objectives:
        if objective.worst is None or objective.worst_s is None:
            continue
        values = {
            "threshold": value_of(objective, objective.threshold, tongue),
            "worst": value_of(objective, objective.worst, tongue),
            "worst_route": route_name(objective.worst_route, tongue),
            "when": clock.words(objective.worst_s, tongue),
        }
        if objective.missed:
            top = objective.missed[0]
            values |= {
                "route": route_name(top.route, tongue),
                "failing": tongue.number(top.failing),
                "judged": tongue.number(top.judged),
            }
            said.append(tongue(f"v.{objective.name}.missed", **values))
            if objective.name == "p95" and objective.whole is not None and objective.whole < objective.threshold:
                said.append(tongue("v.whole", worst=value_of(objective, objective.whole, tongue)))
        elif objective.status == "holds":
            said.append(tongue(f"v.{objective.name}.holds", **values))
    return tuple(said)


def cause_sentence(cause: Cause | None, facts: Facts, clock: Clock, tongue: Tongue) -> str:
    """Return what holds the system back."""
    if cause is None:
        return tongue("cause.none")
    subject = plain(cause.subject)
    if facts.status == "holds":
        return tongue("cause.small", subject=subject)
    share = tongue.percent(cause.share_percent)
    if cause.kind == "throttling" and cause.limit_cores is not None and cause.worst_s is not None:
        return tongue(
            "cause.throttling",
            subject=subject,
            limit=format_cpu(cause.limit_cores),
            share=share,
            percent=tongue.percent(cause.worst_percent),
            when=clock.words(cause.worst_s, tongue),
        )
    return tongue(f"cause.{'queueing' if cause.kind == 'throttling' else cause.kind}", subject=subject, share=share)


def keys_of(facts: Facts, clock: Clock, tongue: Tongue) -> tuple[Key, ...]:
    """Return the figures at the top."""
    by_name: Mapping[str, Objective] = {item.name: item for item in facts.objectives}
    return (
        _slowest(by_name["p95"], tongue),
        Key(
            tongue("key.errors"),
            percent_of(facts.error_percent, tongue),
            tongue("key.errors.remark", failed=tongue.number(facts.failed), requests=tongue.number(facts.requests)),
            _style(by_name["errors"].status),
        ),
        _windows(by_name["p95"], tongue),
        _first(facts, clock, tongue),
        Key(
            tongue("key.cost"),
            tongue.usd(facts.usd),
            tongue("key.cost.none")
            if facts.usd is None
            else tongue("key.cost.remark", month=tongue.usd(facts.month_usd, 0)),
        ),
        _peak(facts, clock, tongue),
    )


def value_of(objective: Objective, value: float, tongue: Tongue) -> str:
    """Return a value of an objective in its unit."""
    return milliseconds(value, tongue) if objective.name == "p95" else percent_of(value, tongue)


def percent_of(value: float | None, tongue: Tongue) -> str:
    """Return a percentage with as many digits as it needs: ``12 %``, ``8.3 %``, ``1 %``, ``0.005 %``."""
    if value is None:
        return NOTHING
    digits = 0 if value >= 10 or value == round(value) else 1 if value >= 1 else 2 if value >= 0.1 else 3
    return tongue.percent(value, digits)


def route_name(route: str, tongue: Tongue) -> str:
    """Return a route's name, or the word for all of them."""
    return tongue("route.all") if route == ALL else plain(route, 60)


def incident_words(incident: Any, tongue: Tongue) -> str:
    """Return an incident in a few words."""
    name = route_name(incident.subject.partition("/")[2], tongue)
    return tongue(f"incident.{incident.kind}", subject=name)


def _slowest(objective: Objective, tongue: Tongue) -> Key:
    if objective.worst is None:
        return Key(tongue("key.p95"), NOTHING)
    remark = tongue(
        "key.p95.remark",
        route=route_name(objective.worst_route, tongue),
        threshold=value_of(objective, objective.threshold, tongue),
    )
    return Key(tongue("key.p95"), value_of(objective, objective.worst, tongue), remark, _style(objective.status))


def _windows(objective: Objective, tongue: Tongue) -> Key:
    if not objective.missed:
        return Key(tongue("key.windows"), tongue("key.windows.none"), "", _style(objective.status))
    top = objective.missed[0]
    value = tongue("key.windows.value", failing=tongue.number(top.failing), judged=tongue.number(top.judged))
    remark = tongue(
        "key.windows.remark", route=route_name(top.route, tongue), allowed=tongue.percent(objective.allowed_percent)
    )
    return Key(tongue("key.windows"), value, remark, "bad")


def _first(facts: Facts, clock: Clock, tongue: Tongue) -> Key:
    if facts.first is None:
        return Key(tongue("key.first"), tongue("key.first.none"))
    when = clock.words(max(facts.first.start_s, 0.0), tongue)
    return Key(tongue("key.first"), when, incident_words(facts.first, tongue))


def _peak(facts: Facts, clock: Clock, tongue: Tongue) -> Key:
    low, high = facts.nodes
    when = clock.words(facts.peak_s, tongue)
    remark = (
        tongue("key.peak.remark.same", when=when, n=low)
        if low == high
        else tongue("key.peak.remark", when=when, low=low, high=high)
    )
    digits = 0 if facts.peak_rps >= 10 else 1
    return Key(tongue("key.peak"), tongue("key.peak.value", rps=tongue.number(facts.peak_rps, digits)), remark)


def _style(status: str) -> Style:
    return "bad" if status == "missed" else "good" if status == "holds" else ""
